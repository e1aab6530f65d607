"""``chainboy content``: put programs and data files where nodes find them, and get them back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chainboy.cid import Cid
from chainboy.content.dag.address import Address
from chainboy.content.store import MAX_CONTENT
from chainboy.errors import EncodingError

if TYPE_CHECKING:
    from chainboy.content import FallbackStore

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)

_BLOCKS = 10
"""All blocks of a file may take so many times as long as one."""


def _places(command: Callable[..., None]) -> Callable[..., None]:
    """Where content is kept."""
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


def _cid(_: click.Context, __: click.Parameter, text: str) -> Cid:
    try:
        return Cid.parse(text)
    except EncodingError as error:
        raise click.BadParameter(f"{error}; or give it to `chainboy content convert`") from error


def _address(_: click.Context, __: click.Parameter, text: str) -> Address:
    try:
        return Address.parse(text)
    except EncodingError as error:
        raise click.BadParameter(str(error)) from error


@click.group()
def content() -> None:
    """Put programs and data files where nodes find them, and get them back.

    Options may be given as environment variables: CHAINBOY_STORE, CHAINBOY_IPFS and CHAINBOY_GATEWAYS, the
    latter two with URLs separated by blanks.
    """


@content.command()
@click.argument("file", type=FILE)
@_places
def add(file: Path, **places: Any) -> None:
    """Add FILE, a program or a data file of at most 1 MiB, and print its CID.

    It goes to every folder and daemon that is named.
    """
    store = _store(writing=True, **places)
    click.echo(store.put(_read(file)))


@content.command()
@click.argument("cid", callback=_cid)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write to. [default: standard output]",
)
@_places
def get(cid: Cid, output: Path | None, **places: Any) -> None:
    """Get the content under CID (bafkrei…), checked against its hash."""
    data = _store(**places).get(cid)
    if output is None:
        click.echo(data, nl=False)
    else:
        _write(output, data)


@content.command()
@click.argument("cid", callback=_address)
@_places
def convert(cid: Address, **places: Any) -> None:
    """Give the file under CID, of any kind (Qm…, bafybei…), the CID that programs and data files have.

    The file is fetched block by block, each checked against its hash, and put to every folder and daemon that
    is named; its new CID is printed.
    """
    from chainboy.content.convert import fetched  # noqa: PLC0415 - with the stores

    store = _store(writing=True, **places)
    click.echo(store.put(fetched(cid, store, _BLOCKS * places["timeout"])))


def _store(
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


def _read(file: Path) -> bytes:
    """The file, or as much of it as shows that it is too large."""
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_CONTENT + 1)
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from error


def _write(file: Path, data: bytes) -> None:
    try:
        file.write_bytes(data)
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from error
