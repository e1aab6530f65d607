"""Places of content on the command line: a folder, IPFS daemons, gateways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from chainboy.content import FallbackStore

FOLDER = click.Path(path_type=Path, file_okay=False)

Command = TypeVar("Command", bound=Callable[..., object])


def places(command: Command) -> Command:
    """The options that name places."""
    options = (
        click.option("--store", type=FOLDER, envvar="CHAINBOY_STORE", help="A folder of content by CID."),
        click.option(
            "--ipfs",
            multiple=True,
            metavar="URL",
            envvar="CHAINBOY_IPFS",
            help="API of an IPFS daemon; again for more.",
        ),
        click.option(
            "--gateway",
            multiple=True,
            metavar="URL",
            envvar="CHAINBOY_GATEWAYS",
            help="IPFS gateway to read from; again for more.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True),
            default=30.0,
            show_default=True,
            help="Seconds for one fetch from one place; for all blocks of a file ten times that.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def store_of(
    *,
    store: Path | None,
    ipfs: tuple[str, ...],
    gateway: tuple[str, ...],
    timeout: float,
    writing: bool = False,
) -> FallbackStore:
    """The places that the options name, as one store."""
    from chainboy.content import (  # noqa: PLC0415 - other commands need no stores
        Daemon,
        DirectoryStore,
        FallbackStore,
        Gateway,
        IpfsStore,
        Patience,
    )

    if store is None and not ipfs and (writing or not gateway):
        wanted = "--store or --ipfs" if writing else "--store, --ipfs or --gateway"
        raise click.UsageError(f"no place is named; name one with {wanted}")
    patience = Patience(total=timeout, connect=min(timeout, Patience().connect))
    return FallbackStore.of(
        *(DirectoryStore(folder) for folder in (store,) if folder is not None),
        *(IpfsStore(daemon=Daemon(url, patience)) for url in ipfs),
        *(Gateway(url, patience) for url in gateway),
    )


def named(where: Mapping[str, object]) -> bool:
    """Whether the options name any place."""
    return any(where[option] for option in ("store", "ipfs", "gateway"))
