"""What the programs on finance are to answer."""

from __future__ import annotations

import csv
from fractions import Fraction
from statistics import median
from typing import Any

import mpmath
import numpy as np
import numpy_financial as npf
import sympy
from corpus.case import PROGRAMS, Raises, case


def loan(principal: int, bps: int, months: int, month: int) -> tuple[int, ...]:
    """By numpy-financial."""
    rate = bps / 120_000
    parts = npf.pmt(rate, months, -principal), npf.ipmt(rate, month, months, -principal)
    rest = npf.ppmt(rate, month, months, -principal), -npf.fv(rate, month, parts[0], -principal)
    return tuple(round(float(part)) for part in (*parts, *(abs(r) for r in rest)))


def bond(price: int, face: int, coupon: int, periods: int) -> int:
    """By mpmath's root finder, to 40 digits."""
    with mpmath.workdps(40):

        def excess(rate: Any) -> Any:
            return (
                mpmath.fsum(coupon / (1 + rate) ** k for k in range(1, periods + 1))
                + face / (1 + rate) ** periods
                - price
            )

        return int(mpmath.floor(mpmath.findroot(excess, 0.03) * 10**10))


def european(spot: int, strike: int, step: tuple[int, int, int], steps: int) -> tuple[int, int]:
    """By the binomial distribution, without a tree, in sympy's rationals."""
    up, down, cash = (sympy.Rational(factor, 10_000) for factor in step)
    rise = (cash - down) / (up - down)
    terms = (
        sympy.binomial(steps, k) * rise**k * (1 - rise) ** (steps - k)
        * sympy.Max(0, strike - spot * up**k * down ** (steps - k))
        for k in range(steps + 1)
    )  # fmt: skip
    return int(sympy.floor(sum(terms) / cash**steps * 10**6 + sympy.Rational(1, 2))), 0


def american(spot: int, strike: int, step: tuple[int, int, int], steps: int) -> tuple[int, int]:
    """By numpy's vectors of floats."""
    up, down, cash = np.array(step) / 10_000
    rise = (cash - down) / (up - down)
    exercised = 0
    values = np.zeros(0)
    for time in range(steps, -1, -1):
        k = np.arange(time + 1)
        now = np.maximum(strike - spot * up**k * down ** (time - k), 0)
        if time < steps:
            kept = (rise * values[1:] + (1 - rise) * values[:-1]) / cash
            exercised += int((now > kept + 1e-9).sum())
            now = np.maximum(now, kept)
        values = now
    return round(float(values[0]) * 10**6), exercised


def averages(start: int, end: int) -> tuple[int, int, int]:
    """By numpy, second by second."""
    with (PROGRAMS / "finance" / "trades.csv").open() as file:
        rows = list(csv.DictReader(file))
    seconds = np.array([int(row["second"]) for row in rows])
    prices = np.array([int(Fraction(row["price"]) * 10**6) for row in rows])
    volumes = np.array([int(row["volume"]) for row in rows])
    inside = (seconds >= start) & (seconds < end)
    each_second = np.searchsorted(seconds, np.arange(max(start, seconds[0]), end), side="right") - 1
    by_time = int(prices[each_second].sum()) // len(each_second)
    volume = int(volumes[inside].sum())
    return int((prices * volumes)[inside].sum()) // volume, by_time, volume


TREE = (10_800, 9_300, 10_050)
BIDS = [(105, 10), (103, 5), (100, 20)]
ASKS = [(98, 8), (101, 10), (104, 20)]
TOLD = {"one": 6_512_345_000_000, "two": 6_514_000_000_001, "three": 6_900_000_000_000}

CASES = (
    *(
        case("finance/loan", *terms, gives=loan(*terms), by="numpy-financial: pmt, ipmt, ppmt, fv")
        for terms in [(20_000_000, 425, 360, 1), (20_000_000, 425, 360, 359), (1_500_000, 1999, 36, 12)]
    ),
    case("finance/loan", 1_200, 0, 12, 12, gives=(100, 0, 100, 0), by="by hand: no interest"),
    case("finance/loan", 1_200, 500, 12, 13, gives=Raises("IndexError"), by="there is no 13th month"),
    *(
        case("finance/bond_yield", *bill, gives=bond(*bill), by="mpmath: findroot")
        for bill in [(9_560, 10_000, 225, 20), (10_840, 10_000, 300, 14)]
    ),
    case("finance/bond_yield", 0, 100, 5, 3, gives=Raises("ValueError"), by="no yield makes it worthless"),
    case("finance/option_tree", 100, 105, TREE, 16, False, gives=european(100, 105, TREE, 16), by="sympy"),
    case("finance/option_tree", 100, 105, TREE, 14, True, gives=american(100, 105, TREE, 14), by="numpy"),
    case("finance/rebalance", [10, 0], [100, 30], [5000, 5000], gives=([-5, 16], 20), by="by hand"),
    case("finance/rebalance", [3, 0], [10, 1], [4500, 5500], gives=([-1, 10], 0), by="by hand"),
    case("finance/rebalance", [1], [1], [9999], gives=Raises("ValueError"), by="weights of 99.99 %"),
    *(
        case("finance/average_price", *span, gives=averages(*span), by="numpy: searchsorted, sum")
        for span in [(1_700_000_000, 1_700_007_699), (1_700_003_000, 1_700_004_000)]
    ),
    case("finance/average_price", 0, 9, gives=Raises("ZeroDivisionError"), by="no trade in 1970"),
    case(
        *("finance/oracle_price", "BTC-EUR", 100),
        values=TOLD,
        gives=(sum(sorted(TOLD.values())[:2]) // 2, 2),
        by="by hand: one of three is 6 % off",
    ),
    case(
        *("finance/oracle_price", "BTC-EUR", 0),
        values=TOLD,
        gives=(median(TOLD.values()), 1),
        by="statistics: median",
    ),
    case("finance/match_orders", BIDS, ASKS, gives=(101, 15, [10, 5, 0], [8, 7, 0]), by="by hand"),
    case("finance/match_orders", [], [], gives=(0, 0, [], []), by="no orders"),
)
