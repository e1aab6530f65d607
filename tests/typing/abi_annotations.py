"""Checked by mypy in strict mode, never run: annotation types are ints, strings and bytes to it."""

from __future__ import annotations

from typing import assert_type

from chainboy.abi import address, bool_, bytes32, int8, string, uint256
from chainboy.programs import ProgramFunction, program


@program
def sum_of_squares(n: uint256) -> uint256:
    """Arithmetic on annotated values is arithmetic on ints."""
    return sum(i * i for i in range(n))


@program(runtime="cpython-wasm:1")
def describe(who: address, seed: bytes32, small: int8) -> tuple[string, bool_]:
    """Text and bytes keep their methods."""
    return who.lower() + seed.hex(), small > 0


assert_type(sum_of_squares(3), int)
assert_type(describe("0x", b"", 1), tuple[str, bool])
sum_of_squares("3")  # type: ignore[arg-type]
sum_of_squares(m=3)  # type: ignore[call-arg]


def takes_program(function: ProgramFunction[[int], int]) -> None:
    """A program's own type names what it takes and returns."""
    assert_type(function(1), int)


takes_program(sum_of_squares)
