"""What options of several commands read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from chainboy.tables import any_address
from chainboy.units import Address

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
"""A file that is there."""


_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,6})([smhd])")


class _AddressType(click.ParamType[Address]):
    """An address on the command line, in any case of its digits."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        try:
            return any_address(value)
        except ValueError:
            self.fail(f"{value!r} is not 0x and 40 hex digits", param, ctx)


class _DurationType(click.ParamType[int]):
    """A time on the command line, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = _DURATION.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is no time; write it as 90s, 30m, 2h or 7d", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


ADDRESS = _AddressType()
DURATION = _DurationType()
