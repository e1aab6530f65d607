"""What the programs that search and simulate are to answer."""

from __future__ import annotations

import hashlib

import numpy as np
from corpus.case import Raises, case

P01 = [23, 31, 29, 44, 53, 38, 63, 85, 89, 82], [92, 57, 49, 68, 60, 43, 67, 84, 87, 72], 165
P06 = [41, 50, 49, 59, 55, 57, 60], [442, 525, 511, 593, 546, 564, 617], 170
"""Instances of Burkardt's collection, with the packings printed there."""

PENTOMINO = [(1, 0), (2, 0), (0, 1), (1, 1), (1, 2)]
GLIDER = [(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)]

PUZZLE = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
SOLUTION = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"


def life(cells: list[tuple[int, int]], generations: int) -> tuple[int, list[int], bytes]:
    """On numpy's array, large enough never to reach its edge."""
    middle = generations + 8
    board = np.zeros((2 * middle, 2 * middle), dtype=int)
    for x, y in cells:
        board[x + middle, y + middle] = 1
    for _ in range(generations):
        near = sum(np.roll(board, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)) - board
        board = ((near == 3) | ((near == 2) & (board == 1))).astype(int)
    alive = np.argwhere(board) - middle
    box = [*alive.min(axis=0), *alive.max(axis=0)]
    return len(alive), [int(side) for side in box], hashlib.sha256(alive.astype(">i4").tobytes()).digest()


CASES = (
    case("puzzles/knapsack", *P01, gives=(309, [True] * 4 + [False, True] + [False] * 4), by="Burkardt, P01"),
    case(
        *("puzzles/knapsack", *P06),
        gives=(1735, [False, True, False, True, False, False, True]),
        by="Burkardt, P06",
    ),
    case("puzzles/life", PENTOMINO, 40, gives=life(PENTOMINO, 40), by="numpy: roll"),
    case(
        "puzzles/life", GLIDER, 8, gives=life([(x + 2, y + 2) for x, y in GLIDER], 0), by="a glider's period"
    ),
    case("puzzles/life", [(0, 0)], 1, gives=(0, [0] * 4, hashlib.sha256().digest()), by="it dies alone"),
    case("puzzles/sudoku", PUZZLE, gives=(SOLUTION, 0), by="Wikipedia's example"),
    case("puzzles/sudoku", "55" + PUZZLE[2:], gives=Raises("LookupError"), by="two fives in a row"),
)
