"""Mutations from a number: the same on every machine, for short runs and where coverage tells nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

MOST_STEPS = 6
INTERESTING = (0, 1, 0x1F, 0x20, 0x7F, 0x80, 0xC0, 0xFF)


def mutations(seeds: Sequence[bytes], tokens: Sequence[bytes], number: int) -> Iterator[bytes]:
    """Endless changed copies of ``seeds``; ``number`` chooses the sequence."""
    dice = random.Random(number)
    while True:
        data = bytearray(dice.choice(seeds))
        for _ in range(dice.randint(1, MOST_STEPS)):
            _step(data, seeds, tokens, dice)
        yield bytes(data)


def _step(data: bytearray, seeds: Sequence[bytes], tokens: Sequence[bytes], dice: random.Random) -> None:
    at = dice.randint(0, len(data))
    end = min(len(data), at + int(dice.expovariate(0.1)))
    match dice.randrange(8):
        case 0:
            data[at : at + 1] = bytes([dice.randrange(256)])
        case 1:
            data[at : at + 1] = bytes([dice.choice(INTERESTING)])
        case 2:
            del data[at:end]
        case 3:
            data[at:at] = data[at:end]
        case 4:
            _splice(data, dice.choice(seeds), dice)
        case 5:
            there = dice.randint(0, len(data))
            data[there:there] = data[at:end]
        case _ if tokens:
            data[at : dice.choice((at, end))] = dice.choice(tokens)
        case _:
            data[at:at] = dice.randbytes(dice.randint(1, 4))


def _splice(data: bytearray, other: bytes, dice: random.Random) -> None:
    """Go on with another seed from some place on."""
    at = dice.randint(0, len(data))
    data[at:] = other[dice.randint(0, len(other)) :]
