# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["string word", "string[] known"]
# outputs = ["uint256", "string"]
# ///
"""The known word nearest to a misspelt one, by Levenshtein's distance; of equals the first listed."""

from __future__ import annotations


def main(word: str, known: list[str]) -> tuple[int, str]:
    return min(((distance(word, other), other) for other in known), key=lambda found: found[0])


def distance(one: str, other: str) -> int:
    """The fewest letters to insert, remove or replace to make one word of the other."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]
