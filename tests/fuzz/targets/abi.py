"""The contract ABI: the guest's codec and the requester's decoding against eth-abi."""

from __future__ import annotations

from functools import cache
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from fuzz.target import Target

from chainboy.errors import EncodingError
from chainboy.programs import Program
from chainboy.sandbox.guest import codec

SIGNATURES: tuple[tuple[list[str], list[Any]], ...] = (
    (["uint256"], [7]),
    (["int8", "bool"], [-1, True]),
    (["string", "bytes"], ["é", b"\x00\x01"]),
    (["uint8[]"], [[1, 2, 3]]),
    (["bytes32", "address"], [bytes(range(32)), "0x" + "ab" * 20]),
    (["string[]", "(bool,bytes3)[2]"], [["a", ""], [(True, b"abc"), (False, b"xyz")]]),
    (["(uint16,string)[]", "int256"], [[(1, "x"), (2, "y")], -5]),
    (["uint64[2][]", "bytes[1][1]"], [[[1, 2], [3, 4]], [[b"z"]]]),
    (["(((uint8,bytes),bool[]),string)"], [(((1, b"q"), [True]), "w")]),
    ([], []),
)
SEEDS = tuple(bytes([i]) + encode(types, values) for i, (types, values) in enumerate(SIGNATURES))
WORDS = tuple(
    number.to_bytes(32, "big") for number in (0, 1, 2, 31, 32, 33, 64, 96, 128, 2**31, 2**255, 2**256 - 1)
)


@cache
def program(number: int) -> Program:
    """A program that returns values of a signature."""
    outputs = ", ".join(f'"{kind}"' for kind in SIGNATURES[number][0])
    return Program(f'# /// chainboy\n# runtime = "r"\n# outputs = [{outputs}]\n# ///\n'.encode())


def check(data: bytes) -> bool:
    """Bytes are accepted exactly if eth-abi reads them and writes the same, and mean the same."""
    number, data = (data[0] if data else 0) % len(SIGNATURES), data[1:]
    names = SIGNATURES[number][0]
    wanted = reference(names, data)
    types = [codec.parse(name) for name in names]
    try:
        values = codec.decode(types, data)
    except codec.AbiError:
        values = None
    assert (values is None) == (wanted is None)
    assert listed(values) == listed(wanted)
    assert values is None or codec.encode(types, values) == data
    try:
        program(number).decode_output(data)
    except EncodingError:
        assert values is None
    else:
        assert values is not None
    return values is not None


def reference(names: list[str], data: bytes) -> tuple[Any, ...] | None:
    """What eth-abi reads; None where it reads nothing, or writes it otherwise."""
    try:
        values = decode(names, data)
    except (DecodingError, OverflowError, UnicodeDecodeError):
        return None
    return values if encode(names, values) == data else None


def listed(value: Any) -> Any:
    """Tuples as lists: eth-abi has tuples for arrays, too."""
    return [listed(item) for item in value] if isinstance(value, list | tuple) else value


TARGETS = (Target(name="abi", check=check, seeds=SEEDS, tokens=WORDS),)
