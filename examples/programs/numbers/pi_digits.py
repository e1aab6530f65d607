# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint16 first", "uint16 count"]
# outputs = ["string"]
# ///
"""Decimal digits of pi behind the point, from the ``first`` on, by Machin's formula in whole numbers."""

from __future__ import annotations

GUARD = 10
"""Digits more than needed, for each term is cut."""


def main(first: int, count: int) -> str:
    digits = first + count
    one = 10 ** (digits + GUARD)
    pi = 4 * (4 * arccot(5, one) - arccot(239, one)) // 10**GUARD
    return str(pi)[first : first + count]


def arccot(x: int, one: int) -> int:
    """The angle whose cotangent is ``x``, in units of ``1 / one``."""
    power = total = one // x
    n, sign = 3, -1
    while power:
        power //= x * x
        total += sign * (power // n)
        n, sign = n + 2, -sign
    return total
