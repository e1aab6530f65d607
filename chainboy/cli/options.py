"""What options of several commands read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from chainboy.tables import any_address
from chainboy.units import Address

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
"""A file that is there."""


def chain_named(text: str) -> int | str:
    """A chain of a network's file, by its id or its name."""
    return int(text) if text.isascii() and text.isdecimal() else text


class _AddressType(click.ParamType[Address]):
    """An address on the command line, in any case of its digits."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        try:
            return any_address(value)
        except ValueError:
            self.fail(f"{value!r} is not 0x and 40 hex digits", param, ctx)


ADDRESS = _AddressType()
