"""Annotation types: write ``n: uint256`` and a type checker sees ``int``, the decorator the ABI type.

``bool``, ``str`` and ``bytes`` stand for themselves; ``list[T]`` is ``T[]`` and ``tuple[A, B]`` is
``(A,B)``. There is no plain ``int``: its range would be a guess.
"""
# ruff: noqa: PYI042 (the names are Solidity's)

from __future__ import annotations

from typing import Annotated, Any, TypeAlias, get_args, get_origin

import attrs

from chainboy.errors import ProgramError


@attrs.frozen
class Abi:
    """The mark an annotation type carries: the canonical name of its ABI type."""

    name: str


def abi_type(annotation: Any) -> str:
    """The canonical ABI type that ``annotation`` stands for; raises :class:`ProgramError` for none."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        for mark in arguments[1:]:
            if isinstance(mark, Abi):
                return mark.name
    if origin is list and len(arguments) == 1:
        return f"{abi_type(arguments[0])}[]"
    if origin is tuple and arguments and Ellipsis not in arguments:
        return f"({','.join(abi_type(argument) for argument in arguments)})"
    raise ProgramError(f"{annotation!r} has no ABI type; use one of chainboy.abi, for example uint256")


_PLAIN: dict[Any, str] = {bool: "bool", str: "string", bytes: "bytes"}

bool_: TypeAlias = Annotated[bool, Abi("bool")]
string: TypeAlias = Annotated[str, Abi("string")]
address: TypeAlias = Annotated[str, Abi("address")]
"""0x and 40 hex digits."""
bytes_: TypeAlias = Annotated[bytes, Abi("bytes")]

bytes1: TypeAlias = Annotated[bytes, Abi("bytes1")]
bytes2: TypeAlias = Annotated[bytes, Abi("bytes2")]
bytes3: TypeAlias = Annotated[bytes, Abi("bytes3")]
bytes4: TypeAlias = Annotated[bytes, Abi("bytes4")]
bytes5: TypeAlias = Annotated[bytes, Abi("bytes5")]
bytes6: TypeAlias = Annotated[bytes, Abi("bytes6")]
bytes7: TypeAlias = Annotated[bytes, Abi("bytes7")]
bytes8: TypeAlias = Annotated[bytes, Abi("bytes8")]
bytes9: TypeAlias = Annotated[bytes, Abi("bytes9")]
bytes10: TypeAlias = Annotated[bytes, Abi("bytes10")]
bytes11: TypeAlias = Annotated[bytes, Abi("bytes11")]
bytes12: TypeAlias = Annotated[bytes, Abi("bytes12")]
bytes13: TypeAlias = Annotated[bytes, Abi("bytes13")]
bytes14: TypeAlias = Annotated[bytes, Abi("bytes14")]
bytes15: TypeAlias = Annotated[bytes, Abi("bytes15")]
bytes16: TypeAlias = Annotated[bytes, Abi("bytes16")]
bytes17: TypeAlias = Annotated[bytes, Abi("bytes17")]
bytes18: TypeAlias = Annotated[bytes, Abi("bytes18")]
bytes19: TypeAlias = Annotated[bytes, Abi("bytes19")]
bytes20: TypeAlias = Annotated[bytes, Abi("bytes20")]
bytes21: TypeAlias = Annotated[bytes, Abi("bytes21")]
bytes22: TypeAlias = Annotated[bytes, Abi("bytes22")]
bytes23: TypeAlias = Annotated[bytes, Abi("bytes23")]
bytes24: TypeAlias = Annotated[bytes, Abi("bytes24")]
bytes25: TypeAlias = Annotated[bytes, Abi("bytes25")]
bytes26: TypeAlias = Annotated[bytes, Abi("bytes26")]
bytes27: TypeAlias = Annotated[bytes, Abi("bytes27")]
bytes28: TypeAlias = Annotated[bytes, Abi("bytes28")]
bytes29: TypeAlias = Annotated[bytes, Abi("bytes29")]
bytes30: TypeAlias = Annotated[bytes, Abi("bytes30")]
bytes31: TypeAlias = Annotated[bytes, Abi("bytes31")]
bytes32: TypeAlias = Annotated[bytes, Abi("bytes32")]

uint8: TypeAlias = Annotated[int, Abi("uint8")]
uint16: TypeAlias = Annotated[int, Abi("uint16")]
uint24: TypeAlias = Annotated[int, Abi("uint24")]
uint32: TypeAlias = Annotated[int, Abi("uint32")]
uint40: TypeAlias = Annotated[int, Abi("uint40")]
uint48: TypeAlias = Annotated[int, Abi("uint48")]
uint56: TypeAlias = Annotated[int, Abi("uint56")]
uint64: TypeAlias = Annotated[int, Abi("uint64")]
uint72: TypeAlias = Annotated[int, Abi("uint72")]
uint80: TypeAlias = Annotated[int, Abi("uint80")]
uint88: TypeAlias = Annotated[int, Abi("uint88")]
uint96: TypeAlias = Annotated[int, Abi("uint96")]
uint104: TypeAlias = Annotated[int, Abi("uint104")]
uint112: TypeAlias = Annotated[int, Abi("uint112")]
uint120: TypeAlias = Annotated[int, Abi("uint120")]
uint128: TypeAlias = Annotated[int, Abi("uint128")]
uint136: TypeAlias = Annotated[int, Abi("uint136")]
uint144: TypeAlias = Annotated[int, Abi("uint144")]
uint152: TypeAlias = Annotated[int, Abi("uint152")]
uint160: TypeAlias = Annotated[int, Abi("uint160")]
uint168: TypeAlias = Annotated[int, Abi("uint168")]
uint176: TypeAlias = Annotated[int, Abi("uint176")]
uint184: TypeAlias = Annotated[int, Abi("uint184")]
uint192: TypeAlias = Annotated[int, Abi("uint192")]
uint200: TypeAlias = Annotated[int, Abi("uint200")]
uint208: TypeAlias = Annotated[int, Abi("uint208")]
uint216: TypeAlias = Annotated[int, Abi("uint216")]
uint224: TypeAlias = Annotated[int, Abi("uint224")]
uint232: TypeAlias = Annotated[int, Abi("uint232")]
uint240: TypeAlias = Annotated[int, Abi("uint240")]
uint248: TypeAlias = Annotated[int, Abi("uint248")]
uint256: TypeAlias = Annotated[int, Abi("uint256")]

int8: TypeAlias = Annotated[int, Abi("int8")]
int16: TypeAlias = Annotated[int, Abi("int16")]
int24: TypeAlias = Annotated[int, Abi("int24")]
int32: TypeAlias = Annotated[int, Abi("int32")]
int40: TypeAlias = Annotated[int, Abi("int40")]
int48: TypeAlias = Annotated[int, Abi("int48")]
int56: TypeAlias = Annotated[int, Abi("int56")]
int64: TypeAlias = Annotated[int, Abi("int64")]
int72: TypeAlias = Annotated[int, Abi("int72")]
int80: TypeAlias = Annotated[int, Abi("int80")]
int88: TypeAlias = Annotated[int, Abi("int88")]
int96: TypeAlias = Annotated[int, Abi("int96")]
int104: TypeAlias = Annotated[int, Abi("int104")]
int112: TypeAlias = Annotated[int, Abi("int112")]
int120: TypeAlias = Annotated[int, Abi("int120")]
int128: TypeAlias = Annotated[int, Abi("int128")]
int136: TypeAlias = Annotated[int, Abi("int136")]
int144: TypeAlias = Annotated[int, Abi("int144")]
int152: TypeAlias = Annotated[int, Abi("int152")]
int160: TypeAlias = Annotated[int, Abi("int160")]
int168: TypeAlias = Annotated[int, Abi("int168")]
int176: TypeAlias = Annotated[int, Abi("int176")]
int184: TypeAlias = Annotated[int, Abi("int184")]
int192: TypeAlias = Annotated[int, Abi("int192")]
int200: TypeAlias = Annotated[int, Abi("int200")]
int208: TypeAlias = Annotated[int, Abi("int208")]
int216: TypeAlias = Annotated[int, Abi("int216")]
int224: TypeAlias = Annotated[int, Abi("int224")]
int232: TypeAlias = Annotated[int, Abi("int232")]
int240: TypeAlias = Annotated[int, Abi("int240")]
int248: TypeAlias = Annotated[int, Abi("int248")]
int256: TypeAlias = Annotated[int, Abi("int256")]
