"""What the programs that draw random numbers are to answer, by numpy's Mersenne Twister.

The seed is the sha256 of program and input, and Python seeds its generator from it and its sha512.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from corpus.case import Raises, case, load

PLAYERS = [f"0x{i * 12_345_678_910_111_213 + 1:040x}" for i in range(30)]
TICKETS = [1 + i * i % 40 for i in range(30)]
DRAWN = hashlib.sha256(b"nobody knew").digest()
AMOUNTS = [1000 + i * 77_777 % 90_001 for i in range(40)]
FAULTY = [i % 5 == 2 for i in range(40)]


def twister(program: str, *arguments: Any) -> np.random.RandomState:
    """The generator of one run."""
    loaded = load(program)
    seed = hashlib.sha256(loaded.source + loaded.encode_input(*arguments)).digest()
    number = int.from_bytes(seed + hashlib.sha512(seed).digest(), "big")
    words = [number >> at & 0xFFFFFFFF for at in range(0, number.bit_length(), 32)]
    return np.random.RandomState(np.array(words, dtype=np.uint32))


def below(generator: np.random.RandomState, bound: int) -> int:
    """A number below ``bound``: as many leading bits of a word as needed, until they are below."""
    bits = bound.bit_length()
    while True:
        number = int(generator._bit_generator.random_raw()) >> (32 - bits)  # type: ignore[attr-defined]
        if number < bound:
            return number


def darts(throws: int, salt: int) -> tuple[int, int]:
    """All throws at once."""
    x, y = twister("chance/monte_carlo", throws, salt).random_sample((throws, 2)).T
    hits = int((x * x + y * y < 1).sum())
    return hits, hits * 4_000_000 // throws


def winners(prizes: int) -> list[str]:
    """By a list that holds each player once a ticket."""
    generator = twister("chance/lottery", PLAYERS, TICKETS, prizes, DRAWN)
    urn = [player for player, count in zip(PLAYERS, TICKETS, strict=True) for _ in range(count)]
    won: list[str] = []
    while len(won) < prizes:
        won.append(urn[below(generator, len(urn))])
        urn = [player for player in urn if player != won[-1]]
    return won


def audit(size: int) -> tuple[list[int], int]:
    """By Fisher and Yates from the end, as the standard library documents its shuffle."""
    generator = twister("chance/sample_audit", AMOUNTS, size, FAULTY)
    entries = list(range(len(AMOUNTS)))
    for last in range(len(entries) - 1, 0, -1):
        at = below(generator, last + 1)
        entries[last], entries[at] = entries[at], entries[last]
    drawn = sorted(entries[:size])
    return drawn, sum(AMOUNTS[i] for i in drawn if FAULTY[i]) * len(AMOUNTS) // size


CASES = (
    *(
        case("chance/monte_carlo", *sample, gives=darts(*sample), by="numpy: RandomState.random_sample")
        for sample in [(10_000, 0), (10_000, 1)]
    ),
    case("chance/monte_carlo", 0, 0, gives=Raises("ZeroDivisionError"), by="no throws"),
    *(
        case(
            "chance/lottery", PLAYERS, TICKETS, prizes, DRAWN, gives=winners(prizes), by="numpy: RandomState"
        )
        for prizes in (1, 12)
    ),
    case("chance/lottery", PLAYERS, TICKETS, 1, bytes(32), gives=Raises("ValueError"), by="nothing drawn"),
    case("chance/sample_audit", AMOUNTS, 12, FAULTY, gives=audit(12), by="numpy: RandomState"),
)
