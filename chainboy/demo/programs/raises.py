# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 dividend", "uint256 divisor"]
# outputs = ["uint256"]
# ///
"""A division: by zero it raises, on every node alike, and that is its result."""

from __future__ import annotations


def main(dividend: int, divisor: int) -> int:
    """The quotient, rounded down."""
    return dividend // divisor
