# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["int256[] readings", "uint16 tenths"]
# outputs = ["int256", "uint256", "int256[]"]
# ///
"""Readings that stand out: further from the median than some multiple of the median absolute deviation.

Answers are twice the median and twice the deviation, which are whole numbers then, and the outliers in
their order. ``tenths`` is the multiple: 30 means three deviations.
"""

from __future__ import annotations

TEN = 10


def main(readings: list[int], tenths: int) -> tuple[int, int, list[int]]:
    centre = twice_median(readings)
    deviation = twice_median([abs(2 * reading - centre) for reading in readings]) // 2
    outliers = [reading for reading in readings if abs(2 * reading - centre) * TEN > tenths * deviation]
    return centre, deviation, outliers


def twice_median(numbers: list[int]) -> int:
    """The sum of the two numbers in the middle, which may be one and the same."""
    ordered = sorted(numbers)
    return ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]
