# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 principal", "uint32 rate_bps", "uint16 months", "uint16 month"]
# outputs = ["uint256", "uint256", "uint256", "uint256"]
# ///
"""One month of an annuity loan: the level payment, its interest and repayment, and what is still owed.

Amounts are cents, the nominal yearly rate is in hundredths of a percent, months count from 1. All four are
computed exactly from the closed form, then rounded half to even.
"""

from __future__ import annotations

from fractions import Fraction

BPS_OF_A_YEAR = 12 * 10_000


def main(principal: int, rate_bps: int, months: int, month: int) -> tuple[int, int, int, int]:
    if not 1 <= month <= months:
        raise IndexError
    rate = Fraction(rate_bps, BPS_OF_A_YEAR)
    payment = level_payment(principal, rate, months)
    before = owed(principal, rate, payment, month - 1)
    interest = before * rate
    return round(payment), round(interest), round(payment - interest), round(before + interest - payment)


def level_payment(principal: int, rate: Fraction, months: int) -> Fraction:
    """What is paid each month."""
    if rate == 0:
        return Fraction(principal, months)
    return principal * rate / (1 - (1 + rate) ** -months)


def owed(principal: int, rate: Fraction, payment: Fraction, paid: int) -> Fraction:
    """What is left after ``paid`` payments."""
    if rate == 0:
        return principal - payment * paid
    growth = (1 + rate) ** paid
    return principal * growth - payment * (growth - 1) / rate
