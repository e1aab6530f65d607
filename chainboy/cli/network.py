"""``chainboy network``: a network of one's own to try things on, and what a network's curator does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from chainboy.chain.keys import Keystore
from chainboy.cli.options import FILE, chain_named
from chainboy.service import until_told


@click.group()
def network() -> None:
    """Try a network on this machine, and look after one."""


@network.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--port", type=click.IntRange(0, 65535), default=8545, show_default=True, help="Of 127.0.0.1.")
def local(folder: Path, port: int) -> None:
    """Run a chain of this machine alone, with a network's contracts, until it is told to stop.

    FOLDER gets the network's file and the key with all coins and tokens. Epochs last half a minute. When the
    command ends the chain is gone.
    """
    from chainboy.testing.standalone import Standalone  # noqa: PLC0415 - loads a chain

    stop = until_told()
    with Standalone(folder, port=port) as chain:
        click.echo(f"a chain of your own is at {chain.url}; its files are in {folder}")
        chain.run(stop)


@network.command("list-gateway")
@click.option("--network", "file", type=FILE, required=True, help="The network's file.")
@click.option("--chain", required=True, help="The remote chain's name or id in it.")
@click.option("--keystore", type=FILE, required=True, help="The encrypted key of the hub's curator.")
@click.option("--password-file", type=FILE, required=True, help="The file with its password.")
def list_gateway(file: Path, chain: str, keystore: Path, password_file: Path) -> None:
    """List a remote chain's gateway on the hub, for good, so that nodes serve it."""
    from chainboy.networks.listing import list_gateway  # noqa: PLC0415 - loads web3
    from chainboy.networks.network import Network  # noqa: PLC0415

    curator = Keystore(keystore=keystore, password_file=password_file).signer()
    begins = list_gateway(Network.load(file), chain_named(chain), curator, tell=click.echo)
    click.echo(f"nodes that start after {datetime.fromtimestamp(begins, UTC):%Y-%m-%d %H:%M:%S} UTC serve it")
