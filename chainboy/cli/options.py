"""What options of several commands read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from chainboy.tables import any_address, base_url
from chainboy.units import Address

Command = TypeVar("Command", bound=Callable[..., object])

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
"""A file that is there."""


_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,6})([smhd])")
def chain_named(text: str) -> int | str:
    """A chain of a network's file, by its id or its name."""
    return int(text) if text.isascii() and text.isdecimal() else text


def config_option(what: str, name: str) -> Callable[[Command], Command]:
    """``--config`` of a service, which is the file ``name`` in the current folder unless given."""
    return click.option(
        "--config", type=FILE, default=Path(name), show_default=True, help=f"The {what}'s configuration file."
    )


def serve(main: Callable[[Sequence[str]], int], config: Path) -> NoReturn:
    """Run a service by its own ``main``, with its own exit codes."""
    raise SystemExit(main(["--config", str(config)]))


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
DURATION = _DurationType()
