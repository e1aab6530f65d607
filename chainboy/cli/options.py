"""What options of several commands read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from chainboy.tables import any_address
from chainboy.units import Address

Command = TypeVar("Command", bound=Callable[..., object])

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
"""A file that is there."""


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


ADDRESS = _AddressType()
