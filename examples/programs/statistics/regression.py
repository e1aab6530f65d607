# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["(int128,int128)[] points"]
# outputs = ["int256", "int256", "uint256"]
# ///
"""The straight line through some points by least squares, exactly: slope, intercept and share explained.

Sums are integers and quotients fractions, so that no order of the points changes anything. Answers are in
units of 10**-9, halves rounded to even.
"""

from __future__ import annotations

from fractions import Fraction

NANO = 10**9


def main(points: list[tuple[int, int]]) -> tuple[int, int, int]:
    count = len(points)
    x, y = (sum(axis) for axis in zip(*points, strict=True))
    xx = count * sum(a * a for a, _ in points) - x * x
    xy = count * sum(a * b for a, b in points) - x * y
    yy = count * sum(b * b for _, b in points) - y * y
    slope = Fraction(xy, xx)
    intercept = (y - slope * x) / count
    explained = Fraction(xy * xy, xx * yy) if yy else Fraction(1)
    return round(slope * NANO), round(intercept * NANO), round(explained * NANO)
