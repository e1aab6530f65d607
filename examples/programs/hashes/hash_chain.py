# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["bytes32 seed", "uint32 length", "uint32 shown"]
# outputs = ["bytes32", "bytes32", "bool"]
# ///
"""A chain of hashes, as for one-time passwords: its end, which is published, and the link to show next.

``shown`` links have been shown already, counted from the end. The last answer says whether the link leads
to the end.
"""

from __future__ import annotations

import hashlib


def main(seed: bytes, length: int, shown: int) -> tuple[bytes, bytes, bool]:
    if shown >= length:
        raise IndexError
    link = walked(seed, length - shown - 1)
    end = walked(seed, length)
    return end, link, walked(link, shown + 1) == end


def walked(link: bytes, steps: int) -> bytes:
    """The link that many steps further."""
    for _ in range(steps):
        link = hashlib.sha256(link).digest()
    return link
