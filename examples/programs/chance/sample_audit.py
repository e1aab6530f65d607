# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256[] amounts", "uint16 size", "bool[] faulty"]
# outputs = ["uint16[]", "uint256"]
# ///
"""Audits the books by a sample: the entries to look at, and the whole error that the faulty ones suggest.

Entries are drawn without replacement, each as likely as the next, by shuffling with the seed of the task.
The estimate is rounded down.
"""

from __future__ import annotations

import random


def main(amounts: list[int], size: int, faulty: list[bool]) -> tuple[list[int], int]:
    if not 0 < size <= len(amounts) == len(faulty):
        raise ValueError
    entries = list(range(len(amounts)))
    random.shuffle(entries)
    drawn = sorted(entries[:size])
    wrong = sum(amounts[entry] for entry in drawn if faulty[entry])
    return drawn, wrong * len(amounts) // size
