"""Holds the code on a chain against what the compiler made, but for the words that a constructor fills in.

The compiler appends no metadata to the contracts, so nothing else may differ. Creation code ends with the
code it leaves on the chain, in which each use of an immutable is a PUSH32 of zeros.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chainboy.contracts.artifacts import load
from chainboy.errors import VersionMismatch
from chainboy.units import Address

if TYPE_CHECKING:
    from chainboy.chain.client import Chain

PUSH1, PUSH32 = 0x60, 0x7F
_WORD = bytes(32)


def check_code(chain: Chain, name: str, address: Address) -> None:
    """Raise :class:`~chainboy.errors.VersionMismatch` unless contract ``name`` of this package is there.

    What its immutables hold is not looked at: ask the contract.
    """
    found = chain.code(address)
    if not found:
        raise VersionMismatch(f"there is no {name} at {address} on {chain.profile.name}; check the address")
    if not is_code_of(name, found):
        where = f"{address} on {chain.profile.name}"
        raise VersionMismatch(f"the code at {where} is not this package's {name}; use matching versions")


def is_code_of(name: str, found: bytes) -> bool:
    """Whether ``found`` is the code of contract ``name``, with anything in its immutables."""
    artifact = load(name)
    expected = artifact.bytecode[len(artifact.bytecode) - artifact.deployed_size :]
    if len(found) != len(expected):
        return False
    blank = bytearray(found)
    for place in immutables(expected):
        blank[place : place + len(_WORD)] = _WORD
    return bytes(blank) == expected


def immutables(code: bytes) -> Iterator[int]:
    """Where the compiler left words for a constructor to fill in."""
    place = 0
    while place < len(code):
        instruction = code[place]
        place += 1
        if instruction == PUSH32 and code[place : place + len(_WORD)] == _WORD:
            yield place
        if PUSH1 <= instruction <= PUSH32:
            place += instruction - PUSH1 + 1
