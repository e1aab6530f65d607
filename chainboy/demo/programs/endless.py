# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 n"]
# outputs = ["uint256"]
# ///
"""Counts the steps of the Collatz sequence down to zero, which it never reaches: its fuel runs out."""

from __future__ import annotations


def main(n: int) -> int:
    """The number of steps, were there an end."""
    steps = 0
    while n != 0:
        n = 3 * n + 1 if n % 2 else n // 2
        steps += 1
    return steps
