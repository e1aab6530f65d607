# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint64[] observed", "uint64[] ratio"]
# outputs = ["uint256", "bool"]
# ///
"""Whether counts fit a ratio: Pearson's statistic, and the verdict at the 5 % level.

The statistic is in units of 10**-6, rounded down, computed as one exact fraction. The verdict compares it
with the table of critical values for one to ten degrees of freedom.
"""

from __future__ import annotations

from fractions import Fraction

MICRO = 10**6
CRITICAL = (3841, 5991, 7815, 9488, 11070, 12592, 14067, 15507, 16919, 18307)
"""In thousandths, for 1, 2, … degrees of freedom."""


def main(observed: list[int], ratio: list[int]) -> tuple[int, bool]:
    total, parts = sum(observed), sum(ratio)
    statistic = Fraction(0)
    for count, part in zip(observed, ratio, strict=True):
        expected = Fraction(total * part, parts)
        statistic += (count - expected) ** 2 / expected
    return int(statistic * MICRO), statistic * 1000 <= CRITICAL[len(observed) - 2]
