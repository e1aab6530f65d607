# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["address[] players", "uint32[] tickets", "uint16 prizes", "bytes32 drawn"]
# outputs = ["address[]"]
# ///
"""Draws the winners of a lottery, each with a chance that grows with tickets, nobody twice.

``drawn`` is a number that nobody could foresee, the result of a task in RANDOM mode, say: it is part of the
input, and the runtime seeds ``random`` from the input.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from itertools import accumulate


def main(players: list[str], tickets: list[int], prizes: int, drawn: bytes) -> list[str]:
    if not any(drawn):
        raise ValueError
    left = list(zip(players, tickets, strict=True))
    winners = []
    for _ in range(min(prizes, len(left))):
        bounds = list(accumulate(count for _, count in left))
        at = bisect_right(bounds, random.randrange(bounds[-1]))
        winners.append(left.pop(at)[0])
    return winners
