# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 above"]
# outputs = ["uint256"]
# ///
"""The next prime above a number, by the test of Miller and Rabin.

With the first thirteen primes as bases the test is a proof below 3.3 * 10**24. Above that bases are drawn
with ``random`` besides, which the runtime seeds from program and input: all nodes draw the same.
"""

from __future__ import annotations

import random

BASES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
PROVEN = 3_317_044_064_679_887_385_961_981
DRAWN = 24


def main(above: int) -> int:
    candidate = above + 1
    while not is_prime(candidate):
        candidate += 1
    return candidate


def is_prime(n: int) -> bool:
    if n < BASES[-1] + 1:
        return n in BASES
    if any(n % base == 0 for base in BASES):
        return False
    drawn = [random.randrange(2, n - 1) for _ in range(DRAWN)] if n >= PROVEN else []
    return all(passes(n, base) for base in (*BASES, *drawn))


def passes(n: int, base: int) -> bool:
    """Whether ``n`` behaves as a prime does for this base."""
    twos = (n - 1 & 1 - n).bit_length() - 1
    power = pow(base, (n - 1) >> twos, n)
    for _ in range(twos):
        if power in (1, n - 1):
            return True
        power = power * power % n
        if power == 1:
            return False
    return power == 1
