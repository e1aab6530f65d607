# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint32 throws", "uint256 salt"]
# outputs = ["uint256", "uint256"]
# ///
"""Pi by throwing darts at a square: a simulation whose every throw is the same on every node.

The runtime seeds ``random`` from program and input; another ``salt`` is another sample. Answers are the
darts within the circle, and pi in millionths, rounded down.
"""

from __future__ import annotations

import random

FOUR = 4 * 10**6


def main(throws: int, salt: int) -> tuple[int, int]:
    print(f"sample {salt}")
    hits = 0
    for _ in range(throws):
        x, y = random.random(), random.random()
        hits += x * x + y * y < 1  # products and sums are the same everywhere
    return hits, hits * FOUR // throws
