# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 price", "uint256 face", "uint256 coupon", "uint16 periods"]
# outputs = ["int256"]
# ///
"""The yield to maturity of a bond, found by halving an interval of decimals.

Price, face value and the coupon of each period are in one unit, say cents. The answer is the yield of one
period in units of 10**-10, rounded down, between -50 % and 1000 %; no float takes part.
"""

from __future__ import annotations

from decimal import Decimal, getcontext

SCALE = 10**10


def main(price: int, face: int, coupon: int, periods: int) -> int:
    getcontext().prec = 50
    low, high = -SCALE // 2, 10 * SCALE
    if not value(high, face, coupon, periods) <= price <= value(low, face, coupon, periods):
        raise ValueError
    while high - low > 1:
        middle = (low + high) // 2
        if value(middle, face, coupon, periods) >= price:
            low = middle
        else:
            high = middle
    return low


def value(scaled_yield: int, face: int, coupon: int, periods: int) -> Decimal:
    """What the bond is worth at that yield; the higher the yield, the less."""
    growth = 1 + Decimal(scaled_yield) / SCALE
    return face / growth**periods + sum(coupon / growth**k for k in range(1, periods + 1))
