"""What the programs on whole numbers are to answer."""

from __future__ import annotations

from typing import Any

import mpmath
import sympy
from corpus.case import Raises, case
from Crypto.Hash import SHA256
from Crypto.PublicKey import RSA
from Crypto.Signature import pkcs1_15
from sympy.ntheory.continued_fraction import continued_fraction_periodic
from sympy.solvers.diophantine.diophantine import diop_DN

P, Q = int(sympy.nextprime(3**322)), int(sympy.nextprime(5**220))
EXPONENT = 65_537
KEY = RSA.construct((P * Q, EXPONENT, pow(EXPONENT, -1, (P - 1) * (Q - 1)), P, Q))
MODULUS = KEY.n.to_bytes(KEY.size_in_bytes(), "big")
MESSAGE = b"pay 100 to Bob"
SIGNATURE = pkcs1_15.new(KEY).sign(SHA256.new(MESSAGE))

HILBERT = [[720_720 // (i + j + 1) for j in range(7)] for i in range(7)]
MATRICES: list[list[list[int]]] = [
    [[0, 2, -1], [3, 0, 5], [-4, 1, 7]],
    [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
    [[0, 0, 1], [0, 0, 2], [0, 5, 3]],
    HILBERT,
]


def pi(first: int, count: int) -> str:
    """By mpmath."""
    with mpmath.workdps(first + count + 10):
        return str(mpmath.nstr(mpmath.pi, first + count + 5, strip_zeros=False))[
            first + 1 : first + count + 1
        ]


def pell(d: int) -> tuple[int, int, list[int]]:
    """By sympy."""
    x, y = diop_DN(d, 1)[0]
    root, period = continued_fraction_periodic(0, 1, d)
    return int(x), int(y), [int(root), *map(int, period)]


def ascending(n: int) -> list[int]:
    """The prime factors by sympy."""
    return [int(p) for p, times in sorted(sympy.factorint(n).items()) for _ in range(times)]


def matrix(rows: list[list[int]]) -> tuple[int, int]:
    """By sympy."""
    whole: Any = sympy.Matrix(rows)
    return int(whole.det()), whole.rank()


CASES = (
    case(
        "numbers/rsa_verify", MESSAGE, SIGNATURE, MODULUS, EXPONENT, gives=True, by="pycryptodome: pkcs1_15"
    ),
    case("numbers/rsa_verify", b"pay 900", SIGNATURE, MODULUS, EXPONENT, gives=False, by="another message"),
    case(
        *("numbers/rsa_verify", MESSAGE, bytes(len(MODULUS)), MODULUS, EXPONENT),
        gives=False,
        by="zero opens to zero",
    ),
    *(
        case(
            "numbers/fibonacci", n, 10**70, gives=int(sympy.fibonacci(n)), by="sympy: fibonacci, OEIS A000045"
        )
        for n in (0, 1, 2, 10, 93, 300)
    ),
    case(
        *("numbers/fibonacci", 10**60, 10**9),
        gives=560_546_875,
        by="the last digits of number 10**9, as published: Pisano's period is 1.5 * 10**9 (OEIS A096363)",
    ),
    *(
        case("numbers/next_prime", n, gives=int(sympy.nextprime(n)), by="sympy: nextprime")
        for n in (0, 40, 561, 3_215_031_750, 10**24, 2**127 - 2, 10**60)
    ),
    *(
        case("numbers/factor", n, gives=ascending(n), by="sympy: factorint")
        for n in (1, 97, 2**20 * 81, 1_000_003 * 1_000_033, 43**3 * 47, 4_295_229_443 * 2_147_483_647)
    ),
    *(
        case("numbers/pell", d, gives=pell(d), by="sympy: diop_DN, OEIS A002350 and A002349")
        for d in (2, 7, 13, 61, 109, 181)
    ),
    case("numbers/pell", 64, gives=Raises("ValueError"), by="a square"),
    case("numbers/pell", 1_000_099, gives=Raises("OutputError"), by="its x has hundreds of digits"),
    *(
        case("numbers/pi_digits", *part, gives=pi(*part), by="mpmath: pi")
        for part in [(1, 10), (762, 6), (980, 40)]
    ),
    *(case("numbers/determinant", m, gives=matrix(m), by="sympy: det, rank") for m in MATRICES),
    case("numbers/determinant", [[1, 2]], gives=Raises("ValueError"), by="not square"),
)
