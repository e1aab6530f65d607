"""``chainboy task``: look after a task by its id alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chainboy.chain.keys import Keystore
from chainboy.cli.options import FILE
from chainboy.networks.network import Network, contracts_of

if TYPE_CHECKING:
    from chainboy.chain.signer import Signer
    from chainboy.tasks.client import TaskClient



def _place(command: Callable[..., None]) -> Callable[..., None]:
    """Where the task was asked for."""
    options = (
        click.argument("task_id"),
        click.option("--network", type=FILE, required=True, help="The network's file."),
        click.option("--chain", help="The chain that asked, by name or id. [default: the home chain]"),
        click.option("--first-block", type=int, default=0, help="The home chain's that has the hub."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def task() -> None:
    """Look after a task by its id alone."""


@task.command()
@_place
def status(task_id: str, network: Path, chain: str | None, first_block: int) -> None:
    """Tell how far TASK_ID is."""
    click.echo(_client(network, chain, first_block).task(task_id).status().value)


@task.command()
@_place
@click.option("--keystore", type=FILE, required=True, help="The encrypted key of who pays for it.")
@click.option("--password-file", type=FILE, required=True, help="The file with its password.")
@click.option("--timeout", type=float, default=600.0, show_default=True, help="Seconds to wait for nodes.")
def deliver(
    *,
    task_id: str,
    network: Path,
    chain: str | None,
    first_block: int,
    keystore: Path,
    password_file: Path,
    timeout: float,
) -> None:
    """Bring the result of TASK_ID to the chain that asked, as a relay would.

    To a remote chain a checkpoint is sealed and brought first, if none there has the result; the account then
    needs coins of the home chain, too. The tip goes to it.
    """
    signer = Keystore(keystore=keystore, password_file=password_file).signer()
    receipt = _client(network, chain, first_block, signer).task(task_id).deliver(timeout)
    if receipt is None:
        click.echo("delivered already; nothing was sent")
    else:
        click.echo(f"delivered for {receipt.gas_used} gas in transaction 0x{receipt.tx_hash.hex()}")


def _client(file: Path, name: str | None, first_block: int, signer: Signer | None = None) -> TaskClient:
    from chainboy.content.memory import MemoryStore  # noqa: PLC0415 - programs are not looked at
    from chainboy.tasks.client import TaskClient  # noqa: PLC0415 - loads web3

    network = Network.load(file)
    home, deployment = network.connect_home(), network.deployment
    if name is None or name in (network.home.profile.name, str(network.home.profile.chain_id)):
        return TaskClient(home, deployment, content=MemoryStore(), signer=signer)
    remote = network.remote(int(name) if name.isascii() and name.isdecimal() else name)
    place = (network.connect(remote.profile.chain_id), contracts_of(remote))
    return TaskClient(
        home, deployment, remote=place, content=MemoryStore(), signer=signer, first_block=first_block
    )
