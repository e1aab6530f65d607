"""``chainboy owner``: what the cold key does that owns a node's tokens, or that its rewards go to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from chainboy.chain.keys import Keystore
from chainboy.cli.options import ADDRESS, FILE, chain_named
from chainboy.units import Address

if TYPE_CHECKING:
    from chainboy.chain.sender import Sender
    from chainboy.contracts.registry import Registry

NODE = click.option("--node", type=ADDRESS, required=True, help="The node's address.")


def _key(command: Callable[..., None]) -> Callable[..., None]:
    """The options that all commands have."""
    options = (
        click.option("--network", type=FILE, required=True, help="The network's file."),
        click.option("--keystore", type=FILE, required=True, help="The encrypted key."),
        click.option("--password-file", type=FILE, required=True, help="The file with its password."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@attrs.frozen
class _Owner:
    """A cold key at work on the home chain's registry."""

    sender: Sender
    registry: Registry

    @classmethod
    def of(cls, network: Path, keystore: Path, password_file: Path) -> _Owner:
        from chainboy.chain.sender import Sender  # noqa: PLC0415 - loads web3
        from chainboy.networks.network import Network  # noqa: PLC0415

        signer = Keystore(keystore=keystore, password_file=password_file).signer()
        loaded = Network.load(network)
        chain = loaded.connect_home()
        return cls(Sender(chain, signer), loaded.deployment.registry_on(chain))


@click.group()
def owner() -> None:
    """Unbond a node's tokens, take them and its rewards out, or change where rewards go.

    None of this needs the node, or the node's key.
    """


@owner.command()
@_key
@NODE
@click.option("--amount", type=click.IntRange(min=1), help="Token units. [default: all, and the seat]")
def unbond(*, network: Path, keystore: Path, password_file: Path, node: Address, amount: int | None) -> None:
    """Begin to take tokens out of a node's bond.

    They stay slashable until they are released. Who takes all leaves the active set with the next epoch;
    until its rounds have ended the node has to run on.
    """
    found = _Owner.of(network, keystore, password_file)
    found.sender.send(found.registry.unbond(node, amount or found.registry.node_of(node).bonded))
    state, now = found.registry.node_of(node), found.registry.current_epoch()
    click.echo(f"{state.unbonding} units are released in epoch {state.release_epoch}, now is epoch {now}")


@owner.command()
@_key
@NODE
@click.option("--to", type=ADDRESS, help="Who gets them. [default: the owner]")
def withdraw(
    *, network: Path, keystore: Path, password_file: Path, node: Address, to: Address | None
) -> None:
    """Take out the tokens that were released."""
    found = _Owner.of(network, keystore, password_file)
    amount = found.registry.node_of(node).unbonding
    found.sender.send(found.registry.withdraw(node, to or found.sender.address))
    click.echo(f"{amount} units went to {to or found.sender.address}")


@owner.command()
@_key
@NODE
@click.argument("address", type=ADDRESS)
def payout(
    *, network: Path, keystore: Path, password_file: Path, node: Address, address: Address
) -> None:
    """Have rewards of later epochs' rounds go to ADDRESS."""
    found = _Owner.of(network, keystore, password_file)
    found.sender.send(found.registry.set_payout(node, address))
    click.echo(f"rewards of rounds from the next epoch on go to {address}")


@owner.command()
@_key
@click.option("--chain", help="The chain whose gateway has them, by name or id. [default: the home chain]")
@click.option("--to", type=ADDRESS, help="Who gets them. [default: the key's own address]")
def collect(
    *, network: Path, keystore: Path, password_file: Path, chain: str | None, to: Address | None
) -> None:
    """Take out the rewards that were credited to this key: to be used with the payout address's own."""
    from chainboy.chain.sender import Sender  # noqa: PLC0415 - loads web3
    from chainboy.networks.network import Network, contracts_of  # noqa: PLC0415

    signer = Keystore(keystore=keystore, password_file=password_file).signer()
    loaded = Network.load(network)
    if chain is None:
        place = loaded.connect_home()
        gateway = loaded.deployment.gateway_on(place)
    else:
        remote = loaded.remote(chain_named(chain))
        place = loaded.connect(remote.profile.chain_id)
        gateway = contracts_of(remote).gateway_on(place)
    amount = gateway.credit_of(signer.address)
    if not amount:
        click.echo(f"nothing is credited to {signer.address}")
        return
    Sender(place, signer).send(gateway.withdraw(to or signer.address))
    click.echo(f"{amount} wei went to {to or signer.address}")
