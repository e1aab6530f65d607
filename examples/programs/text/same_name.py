# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["string one", "string other"]
# outputs = ["bool", "string", "bytes32"]
# ///
"""Whether two names are one to a reader: equal after Unicode normalisation, case folding and trimming.

Answers are the verdict, the normal form of the first name, and its sha256, which may serve as its key.
"""

from __future__ import annotations

import hashlib
import unicodedata


def main(one: str, other: str) -> tuple[bool, str, bytes]:
    normal = normal_form(one)
    return normal == normal_form(other), normal, hashlib.sha256(normal.encode()).digest()


def normal_form(name: str) -> str:
    """The one spelling that stands for all that look the same."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())
