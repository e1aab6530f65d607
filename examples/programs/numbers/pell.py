# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint32 d"]
# outputs = ["uint256", "uint256", "uint32[]"]
# ///
"""The least solution of Pell's equation x² - d·y² = 1, from the continued fraction of the root of d.

Answers are x, y and the terms of the fraction up to the end of its first period. A square d has no solution
and raises ``ValueError``; one whose solution does not fit 256 bits is an ``OutputError``.
"""

from __future__ import annotations

from math import isqrt


def main(d: int) -> tuple[int, int, list[int]]:
    terms = expansion(d)
    period = len(terms) - 1
    used = terms[:-1] if period % 2 == 0 else terms + terms[1:-1]
    x, y = 1, 0
    for term in reversed(used):
        x, y = term * x + y, x
    return x, y, terms


def expansion(d: int) -> list[int]:
    """The whole part of the root, then one period; the period ends with twice the whole part."""
    root = isqrt(d)
    if root * root == d:
        raise ValueError
    terms = [root]
    whole, remainder, denominator = root, 0, 1
    while whole != 2 * root:
        remainder = denominator * whole - remainder
        denominator = (d - remainder * remainder) // denominator
        whole = (root + remainder) // denominator
        terms.append(whole)
    return terms
