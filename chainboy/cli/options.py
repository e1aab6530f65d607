"""What options of several commands read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from chainboy.tables import any_address, base_url
from chainboy.units import Address

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
"""A file that is there."""


class _AddressType(click.ParamType[Address]):
    """An address on the command line, in any case of its digits."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        try:
            return any_address(value)
        except ValueError:
            self.fail(f"{value!r} is not 0x and 40 hex digits", param, ctx)


class _UrlType(click.ParamType[str]):
    """An http(s) address without user, query and fragment."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return base_url(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


URL = _UrlType()

ADDRESS = _AddressType()
