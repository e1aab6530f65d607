# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["(int32,int32)[] cells", "uint16 generations"]
# outputs = ["uint256", "int32[4]", "bytes32"]
# ///
"""Conway's Game of Life on a plane without bounds.

Answers are the number of cells alive after some generations, the box around them (left, top, right,
bottom), and the sha256 of their coordinates, sorted, each in four bytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter

Cell = tuple[int, int]
AROUND = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y]
BORN = 3
KEPT = 2


def main(cells: list[Cell], generations: int) -> tuple[int, list[int], bytes]:
    alive = set(cells)
    for _ in range(generations):
        near = Counter((x + dx, y + dy) for x, y in sorted(alive) for dx, dy in AROUND)
        alive = {cell for cell, count in near.items() if count == BORN or (count == KEPT and cell in alive)}
    data = b"".join(axis.to_bytes(4, "big", signed=True) for cell in sorted(alive) for axis in cell)
    return len(alive), box(alive), hashlib.sha256(data).digest()


def box(alive: set[Cell]) -> list[int]:
    """The least and the greatest of both coordinates; zeros when nothing lives."""
    if not alive:
        return [0, 0, 0, 0]
    xs, ys = zip(*sorted(alive), strict=True)
    return [min(xs), min(ys), max(xs), max(ys)]
