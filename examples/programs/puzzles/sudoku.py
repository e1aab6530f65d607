# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["string puzzle"]
# outputs = ["string", "uint256"]
# ///
"""Solves a sudoku, and counts the guesses it took; a puzzle without a solution raises ``LookupError``.

The 81 cells are digits row by row, ``.`` or ``0`` where one is to be found. The cell with the fewest
possibilities is tried first, digits from low to high.
"""

from __future__ import annotations

CELLS = 81
ALL = 0b1111111110
PEERS = [
    [
        j
        for j in range(CELLS)
        if j != i and (j // 9 == i // 9 or j % 9 == i % 9 or (j // 27, j % 9 // 3) == (i // 27, i % 9 // 3))
    ]
    for i in range(CELLS)
]


def main(puzzle: str) -> tuple[str, int]:
    if len(puzzle) != CELLS:
        raise ValueError
    board, guesses = [int(cell.replace(".", "0")) for cell in puzzle], [0]
    if not consistent(board) or not solved(board, guesses):
        raise LookupError
    return "".join(map(str, board)), guesses[0]


def consistent(board: list[int]) -> bool:
    return not any(digit and any(board[peer] == digit for peer in PEERS[i]) for i, digit in enumerate(board))


def solved(board: list[int], guesses: list[int]) -> bool:
    """Fill the board in place; False, and the board as it was, when that cannot be."""
    choices = [(free(board, i), i) for i, digit in enumerate(board) if digit == 0]
    if not choices:
        return True
    digits, cell = min(choices, key=lambda choice: (choice[0].bit_count(), choice[1]))
    guesses[0] += digits.bit_count() > 1
    for digit in range(1, 10):
        if digits >> digit & 1:
            board[cell] = digit
            if solved(board, guesses):
                return True
    board[cell] = 0
    return False


def free(board: list[int], cell: int) -> int:
    """The digits that no peer has, one bit each."""
    taken = 0
    for peer in PEERS[cell]:
        taken |= 1 << board[peer]
    return ALL & ~taken
