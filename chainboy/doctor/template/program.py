# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256[] values"]
# outputs = ["uint256"]
# ///
"""The median of some numbers, rounded down: replace it with your own program.

Check it:  chainboy program check NAME.py --arg "values=[3, 1, 2]"
Run it:    chainboy program run NAME.py --arg "values=[3, 1, 2]"
Test it:   python -m pytest test_NAME.py
"""

from __future__ import annotations


def main(values: list[int]) -> int:
    """The number in the middle; of two, what lies halfway between them."""
    if not values:
        raise ValueError("there is no median of nothing")
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) // 2
