"""What the programs on statistics are to answer."""

from __future__ import annotations

import numpy as np
from corpus.case import case

READINGS = [2100, 2105, 2098, 2110, 2103, 2101, 2950, 2099, 2104, 1207, 2102, -50]
POINTS = [(i * 37 % 101, 3 * (i * 37 % 101) - i * i % 17 - 40) for i in range(60)]
SHARES = [0, 1, 250, 333, 500, 750, 999, 1000]


def deviation(readings: list[int], tenths: int) -> tuple[int, int, list[int]]:
    """By numpy."""
    centre = np.median(readings)
    spread = np.median(np.abs(np.array(readings) - centre))
    outliers = [reading for reading in readings if abs(reading - centre) > tenths / 10 * spread]
    return int(2 * centre), int(2 * spread), outliers


def regression(points: list[tuple[int, int]]) -> tuple[int, int, int]:
    """By numpy."""
    x, y = np.array(points, dtype=float).T
    slope, intercept = np.polynomial.Polynomial.fit(x, y, 1).convert().coef[::-1]
    explained = np.corrcoef(x, y)[0, 1] ** 2
    return round(slope * 10**9), round(intercept * 10**9), round(explained * 10**9)


CASES = (
    case("statistics/deviation", READINGS, 30, gives=deviation(READINGS, 30), by="numpy: median"),
    case("statistics/deviation", READINGS[:7], 55, gives=deviation(READINGS[:7], 55), by="numpy: median"),
    case("statistics/regression", POINTS, gives=regression(POINTS), by="numpy: polynomial fit, corrcoef"),
    case(
        "statistics/regression",
        POINTS[:3],
        gives=regression(POINTS[:3]),
        by="numpy: polynomial fit, corrcoef",
    ),
    *(
        case(
            *("statistics/percentile", numbers, SHARES),
            gives=[round(1000 * part) for part in np.percentile(numbers, [s / 10 for s in SHARES])],
            by="numpy: percentile",
        )
        for numbers in (READINGS, [7], [-5, 11])
    ),
    case(
        *("statistics/chi_square", [315, 101, 108, 32], [9, 3, 3, 1]),
        gives=(470_023, True),
        by="Mendel's peas, as textbooks print it: 0.47, three degrees of freedom",
    ),
    case(
        *("statistics/chi_square", [44, 56], [1, 1]),
        gives=(1_440_000, True),
        by="by hand: 2 * 36 / 50, below NIST's 3.841",
    ),
    case(
        *("statistics/chi_square", [5, 8, 9, 8, 10, 20], [1] * 6),
        gives=(13_400_000, False),
        by="Wikipedia's die, thrown 60 times: 13.4, above NIST's 11.070",
    ),
    case(
        *("statistics/apportion", [100_000, 80_000, 30_000, 20_000], 8, False),
        gives=[4, 3, 1, 0],
        by="Wikipedia's example of the method of D'Hondt",
    ),
    case(
        *("statistics/apportion", [53_000, 24_000, 23_000], 7, True),
        gives=[3, 2, 2],
        by="Wikipedia's example of the method of Sainte-Laguë",
    ),
)
