"""The part of a program's metadata block that the runtime reads: its input and output types.

Rule: protocol, section 11. The block has the form of PEP 723: the line ``# /// chainboy``, comment lines
of TOML, the line ``# ///``. A program has exactly one.
"""

from __future__ import annotations

import tomllib
from typing import Any

from .codec import AbiError, AbiType, parse

OPENING = "# /// chainboy"
CLOSING = "# ///"
MAX_TYPES = 64
"""Most inputs, and most outputs, of a program."""


class BlockError(ValueError):
    """The metadata block is missing, doubled or malformed."""


def signature(source: str) -> tuple[list[AbiType], list[AbiType]]:
    """The types of a program's inputs and of its outputs; raises :class:`BlockError`."""
    try:
        table = tomllib.loads(_block(source))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BlockError(f"the metadata block is not TOML: {error}") from None
    return _types(table, "inputs"), _types(table, "outputs")


def _block(source: str) -> str:
    lines = source.split("\n")
    starts = [number for number, line in enumerate(lines) if line.removesuffix("\r") == OPENING]
    if len(starts) != 1:
        raise BlockError("a program has exactly one metadata block; open it with the line '# /// chainboy'")
    content: list[str] = []
    for line in lines[starts[0] + 1 :]:
        text = line.removesuffix("\r")
        if text == CLOSING:
            return "\n".join(content)
        if text != "#" and not text.startswith("# "):
            break
        content.append(text[2:])
    raise BlockError("the metadata block is not closed; end it with the line '# ///'")


def _types(table: dict[str, Any], key: str) -> list[AbiType]:
    declared = table.get(key, [])
    if type(declared) is not list or len(declared) > MAX_TYPES:
        raise BlockError(f"{key} is a list of at most {MAX_TYPES} types")
    kinds = []
    for declaration in declared:
        if type(declaration) is not str:
            raise BlockError(f"{key} holds types, each a string")
        try:
            kinds.append(parse(declaration))
        except AbiError as error:
            raise BlockError(f"{key} has {declaration!r}: {error}") from None
    return kinds
