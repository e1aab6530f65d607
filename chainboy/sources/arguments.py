"""The inputs that a url asks for, as text: scalars alone, each in the one way it is written.

Only they are decoded; what else the input holds is skipped, so that its shape costs nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_abi.grammar import parse

from chainboy.errors import ProgramError
from chainboy.programs.metadata import Parameter
from chainboy.programs.types import Elementary, parse_type

_SKIPPED = "uint256"
"""One word: what stands in the head of the encoding for anything of a dynamic type."""


def arguments(parameters: tuple[Parameter, ...], data: bytes, names: AbstractSet[str]) -> Mapping[str, str]:
    """The text of each input in ``names``.

    Integers in decimal, ``true`` or ``false``, addresses and bytes as lower-case hex digits after ``0x``,
    strings as they are.
    Raises :class:`~chainboy.errors.ProgramError` for a name that is no input, an input of another type, and
    ``data`` that does not decode: none of that will change.
    """
    kinds = {parameter.name: parameter.type for parameter in parameters}
    for name in sorted(names):
        if name not in kinds:
            raise ProgramError(f"a url asks for the input {name!r}, which the program does not declare")
        if not isinstance(parse_type(kinds[name]), Elementary):
            raise ProgramError(f"a url cannot hold the input {name!r}: a {kinds[name]} is no single value")
    try:
        values = decode([_read_as(kind, asked=name in names) for name, kind in kinds.items()], data)
    except (DecodingError, OverflowError, UnicodeDecodeError) as error:
        raise ProgramError("the input does not decode as the program's inputs, so no url is made") from error
    found = zip(kinds.items(), values, strict=True)
    return {name: _text(kind, value) for (name, kind), value in found if name in names}


def _read_as(kind: str, *, asked: bool) -> str:
    return kind if asked or not parse(kind).is_dynamic else _SKIPPED


def _text(kind: str, value: Any) -> str:
    if kind == "bool":
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return value.lower() if kind == "address" else str(value)
