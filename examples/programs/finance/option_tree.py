# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint128 spot", "uint128 strike", "(uint32,uint32,uint32) step", "uint16 steps", "bool early"]
# outputs = ["uint256", "uint256"]
# ///
"""The price of a put option on a binomial tree, in exact fractions: of European style, or American.

``step`` holds the growth factors of one step in hundredths of a percent: upwards, downwards and of cash,
say ``(11000, 9000, 10100)``. With ``early`` the option may be exercised before its end. The answers are the
price in millionths of the unit of ``spot``, and the number of nodes where exercising early is best; halves
round to even.
"""

from __future__ import annotations

from fractions import Fraction

BPS = 10_000
MICRO = 10**6


def main(spot: int, strike: int, step: tuple[int, int, int], steps: int, early: bool) -> tuple[int, int]:
    up, down, cash = (Fraction(factor, BPS) for factor in step)
    if not down < cash < up:
        raise ArithmeticError
    rise = (cash - down) / (up - down)
    values = [payoff(spot, strike, up**k * down ** (steps - k)) for k in range(steps + 1)]
    exercised = 0
    for time in range(steps - 1, -1, -1):
        for k in range(time + 1):
            kept = (rise * values[k + 1] + (1 - rise) * values[k]) / cash
            now = payoff(spot, strike, up**k * down ** (time - k)) if early else Fraction(0)
            exercised += now > kept
            values[k] = max(kept, now)
    return round(values[0] * MICRO), exercised


def payoff(spot: int, strike: int, factor: Fraction) -> Fraction:
    """What exercising brings when the price has grown by ``factor``."""
    return max(strike - spot * factor, Fraction(0))
