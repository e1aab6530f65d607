# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint32[] weights", "uint64[] profits", "uint32 capacity"]
# outputs = ["uint256", "bool[]"]
# ///
"""Which things to pack for the most profit within a weight, by dynamic programming.

Of packings that are equally good the one that leaves out later things is chosen.
"""

from __future__ import annotations


def main(weights: list[int], profits: list[int], capacity: int) -> tuple[int, list[bool]]:
    # best[w]: the most profit of weight w at most, and a bit for each thing packed.
    best = [(0, 0)] * (capacity + 1)
    for i, (weight, profit) in enumerate(zip(weights, profits, strict=True)):
        for room in range(capacity, weight - 1, -1):
            before, packed = best[room - weight]
            if before + profit > best[room][0]:
                best[room] = before + profit, packed | 1 << i
    profit, packed = best[capacity]
    return profit, [bool(packed >> i & 1) for i in range(len(weights))]
