"""``chainboy deploy``: put a network's contracts on its chains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from chainboy.chain.keys import Keystore
from chainboy.cli.options import ADDRESS, FILE, chain_named
from chainboy.networks.deploying import deploy_home
from chainboy.networks.remote import deploy_remote
from chainboy.units import Address


def _deployer(command: Callable[..., None]) -> Callable[..., None]:
    """The options that both commands have."""
    options = (
        click.option("--network", type=FILE, required=True, help="The network's file; addresses go there."),
        click.option("--keystore", type=FILE, required=True, help="The deployer's encrypted key."),
        click.option("--password-file", type=FILE, required=True, help="The file with its password."),
        click.option(
            "--treasurer", type=ADDRESS, help="Who may move what is earned. [default: the deployer]"
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def deploy() -> None:
    """Put a network's contracts on its chains."""


@deploy.command()
@_deployer
@click.option("--curator", type=ADDRESS, help="Who may list other chains' gateways. [default: treasurer]")
def home(
    *,
    network: Path,
    keystore: Path,
    password_file: Path,
    treasurer: Address | None,
    curator: Address | None,
) -> None:
    """Deploy token, registry, hub, verifier and gateway on the home chain.

    Whatever stops it, run it again: it goes on where it was, by the journal beside the network's file. Let
    nothing else use the deployer's key meanwhile.
    """
    signer = Keystore(keystore=keystore, password_file=password_file).signer()
    made = deploy_home(network, signer, treasurer=treasurer, curator=curator, tell=click.echo)
    click.echo(f"deployed on chain {made.chain_id}; the addresses are in {network}")


@deploy.command()
@click.option("--chain", required=True, help="The remote chain's name or id in the network's file.")
@_deployer
@click.option("--guardian", type=ADDRESS, help="Who may renew trust that ran out. [default: the deployer]")
@click.option("--genesis", type=FILE, help="The first distribution of stake. [default: the home chain's]")
def remote(
    *,
    chain: str,
    network: Path,
    keystore: Path,
    password_file: Path,
    treasurer: Address | None,
    guardian: Address | None,
    genesis: Path | None,
) -> None:
    """Deploy verifier and gateway on a remote chain.

    The verifier begins with the distribution of stake at the home chain's newest final block, or with that
    of --genesis: a JSON object of "epoch" and "entries", a list of objects of "node" and "weight". Whatever
    stops the command, run it again.
    """
    made = deploy_remote(
        network,
        chain_named(chain),
        Keystore(keystore=keystore, password_file=password_file).signer(),
        guardian=guardian,
        treasurer=treasurer,
        genesis=genesis,
        tell=click.echo,
    )
    click.echo(f"deployed on chain {made.chain_id}; the addresses are in {network}")
    click.echo(f"now its curator lists the gateway: chainboy network list-gateway --chain {chain} --help")
