# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["int64[][] matrix"]
# outputs = ["int256", "uint8"]
# ///
"""The determinant and the rank of a square matrix of integers, by Bareiss, who needs no fractions."""

from __future__ import annotations


def main(matrix: list[list[int]]) -> tuple[int, int]:
    size = len(matrix)
    if any(len(row) != size for row in matrix):
        raise ValueError
    rows, sign, rank, divisor = [list(row) for row in matrix], 1, 0, 1
    for column in range(size):
        pivot = next((row for row in range(rank, size) if rows[row][column]), None)
        if pivot is None:
            continue
        if pivot != rank:
            rows[pivot], rows[rank] = rows[rank], rows[pivot]
            sign = -sign
        eliminate(rows, rank, column, divisor)
        divisor = rows[rank][column]
        rank += 1
    return (sign * divisor if rank == size else 0), rank


def eliminate(rows: list[list[int]], top: int, column: int, divisor: int) -> None:
    """Make zeros below the pivot; each quotient is a whole number."""
    pivot = rows[top][column]
    for row in rows[top + 1 :]:
        factor = row[column]
        for i, above in enumerate(rows[top]):
            row[i] = (row[i] * pivot - factor * above) // divisor
