# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint128 n"]
# outputs = ["uint128[]"]
# ///
"""The prime factors of a number in ascending order, by Pollard's rho in Brent's manner.

Walks begin where ``random`` says. Their length depends on that, the answer does not: a contract that holds
the factors can check them with one product.
"""

from __future__ import annotations

import math
import random

SMALL = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
BATCH = 64


def main(n: int) -> list[int]:
    return sorted(factors(n))


def factors(n: int) -> list[int]:
    """The prime factors, in no order."""
    if n <= 1:
        return []
    for prime in SMALL:
        if n % prime == 0:
            return [prime, *factors(n // prime)]
    if all(passes(n, base) for base in SMALL):
        return [n]
    part = n
    while part == n:
        part = some_divisor(n)
    return factors(part) + factors(n // part)


def passes(n: int, base: int) -> bool:
    """Fermat's test with square roots: whether ``n`` behaves as a prime does."""
    exponent = n - 1
    while exponent % 2 == 0:
        exponent //= 2
        power = pow(base, exponent, n)
        if power == n - 1:
            return True
        if power != 1:
            return False
    return True


def some_divisor(n: int) -> int:
    """A divisor above 1, sometimes ``n`` itself."""
    y, step = random.randrange(1, n), random.randrange(1, n)
    found, length = 1, 1
    while found == 1:
        start = y
        for _ in range(length):
            y = (y * y + step) % n
        done = 0
        while done < length and found == 1:
            before, product = y, 1
            for _ in range(min(BATCH, length - done)):
                y = (y * y + step) % n
                product = product * abs(start - y) % n
            found = math.gcd(product, n)
            done += BATCH
        length *= 2
    return found if found < n else one_by_one(n, start, before, step)


def one_by_one(n: int, start: int, y: int, step: int) -> int:
    """The last batch again without batching, for it went past the divisor."""
    found = 1
    while found == 1:
        y = (y * y + step) % n
        found = math.gcd(abs(start - y), n)
    return found
