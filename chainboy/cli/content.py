"""``chainboy content``: put programs and data files where nodes find them, and get them back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from chainboy.cid import Cid
from chainboy.cli.options import FILE
from chainboy.cli.places import places, store_of
from chainboy.content.dag.address import Address
from chainboy.content.store import MAX_CONTENT
from chainboy.errors import EncodingError
from chainboy.service import LogLevel

_BLOCKS = 10
"""All blocks of a file may take so many times as long as one."""


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
    latter two with URLs separated by blanks. A place that fails is named on standard error.
    """
    LogLevel.WARNING.apply()


@content.command()
@click.argument("file", type=FILE)
@places
def add(file: Path, **where: Any) -> None:
    """Add FILE, a program or a data file of at most 1 MiB, and print its CID.

    It goes to every folder and daemon that is named.
    """
    store = store_of(writing=True, **where)
    click.echo(store.put(_read(file)))


@content.command()
@click.argument("cid", callback=_cid)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write to. [default: standard output]",
)
@places
def get(cid: Cid, output: Path | None, **where: Any) -> None:
    """Get the content under CID (bafkrei…), checked against its hash."""
    data = store_of(**where).get(cid)
    if output is None:
        click.echo(data, nl=False)
    else:
        _write(output, data)


@content.command()
@click.argument("cid", callback=_address)
@places
def convert(cid: Address, **where: Any) -> None:
    """Give the file under CID, of any kind (Qm…, bafybei…), the CID that programs and data files have.

    The file is fetched block by block, each checked against its hash, and put to every folder and daemon that
    is named; its new CID is printed.
    """
    from chainboy.content.convert import fetched  # noqa: PLC0415 - with the stores

    store = store_of(writing=True, **where)
    click.echo(store.put(fetched(cid, store, _BLOCKS * where["timeout"])))


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
