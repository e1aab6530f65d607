# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["bytes32 seed", "address[] people"]
# outputs = ["address[]", "uint256"]
# ///
"""Puts people into an order that everybody can check, from a seed that nobody chose.

A place is drawn by hashing the seed with a counter; values that would favour some are drawn again. It does
not matter in which order the people were listed. Answers are at most 20 of the people, first come first,
and the number of draws.
"""

from __future__ import annotations

import hashlib

SHOWN = 20
WORD = 1 << 256


def main(seed: bytes, people: list[str]) -> tuple[list[str], int]:
    order = sorted(set(people))
    drawn = 0
    for last in range(len(order) - 1, 0, -1):
        fair = WORD - WORD % (last + 1)
        number = fair
        while number >= fair:
            number = int.from_bytes(hashlib.sha256(seed + drawn.to_bytes(32, "big")).digest(), "big")
            drawn += 1
        at = number % (last + 1)
        order[at], order[last] = order[last], order[at]
    return order[:SHOWN], drawn
