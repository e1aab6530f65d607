# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["string document"]
# outputs = ["bytes32", "uint256"]
# ///
"""The hash of a JSON document whatever its blanks and order: sha256 of its canonical form (RFC 8785).

Members are sorted by their UTF-16 code units. Numbers must be integers below 2**53, for everything else
reads them differently; floats, other constants and doubled members raise ``ValueError``. The number is the
form's length in bytes.
"""

from __future__ import annotations

import hashlib
import json

LARGEST = 2**53 - 1


def main(document: str) -> tuple[bytes, int]:
    value = json.loads(
        document,
        object_pairs_hook=members,
        parse_float=refused,
        parse_constant=refused,
        parse_int=integer,
    )
    form = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(form).digest(), len(form)


def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object with its members in order."""
    ordered = dict(sorted(pairs, key=lambda pair: pair[0].encode("utf-16-be")))
    if len(ordered) != len(pairs):
        raise ValueError
    return ordered


def integer(text: str) -> int:
    number = int(text)
    if abs(number) > LARGEST:
        raise ValueError
    return number


def refused(text: str) -> object:
    raise ValueError(text)
