"""``chainboy node``: begin, try out, join with and run a node."""

from __future__ import annotations

import json
from pathlib import Path

import click

from chainboy.chain.keys import Keystore
from chainboy.cli.options import ADDRESS, DURATION, FILE, URL, config_option, serve
from chainboy.node import __main__ as runner
from chainboy.node.config import NodeConfig
from chainboy.units import Address, Wei

CONFIG = config_option("node", "node.toml")


@click.group()
def node() -> None:
    """Take part in the network."""


@node.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--network", type=FILE, required=True, help="The network's file.")
@click.option("--web3signer", type=URL, help="Web3Signer's address, if it holds the node's key.")
@click.option("--address", type=ADDRESS, help="The account of that key.")
def init(folder: Path, network: Path, web3signer: str | None, address: Address | None) -> None:
    """Make a key and a configuration in FOLDER, by default the current one.

    With --web3signer no key is made: only the secret that the node's salts are derived from.
    """
    from chainboy.node.init import CONFIG, SALT_SECRET, init, init_remote  # noqa: PLC0415 - loads eth_account

    if (web3signer is None) != (address is None):
        raise click.UsageError("--web3signer and --address belong together; give both or none")
    if web3signer is not None and address is not None:
        init_remote(folder, network, web3signer=web3signer, address=address)
        click.echo(f"back {folder / SALT_SECRET} up: without it nothing that was committed can be revealed")
    else:
        address = init(folder, network)
    click.echo(f"the node's address is {address}; send it coins of the home chain for gas")
    click.echo(f"then bond tokens for it: chainboy node join --config {folder / CONFIG} --help")


@node.command()
@CONFIG
@click.option("--keystore", type=FILE, required=True, help="The encrypted key of the owner of the tokens.")
@click.option("--password-file", type=FILE, required=True, help="The file with its password.")
@click.option("--bond", type=click.IntRange(min=1), required=True, help="Token units to have bonded in all.")
@click.option("--coins", type=click.IntRange(min=0), default=0, help="Wei that the node is to have for gas.")
@click.option("--payout", type=ADDRESS, help="Where rewards go. [default: the owner]")
def join(
    *, config: Path, keystore: Path, password_file: Path, bond: int, coins: int, payout: Address | None
) -> None:
    """Register the node for its owner, bond tokens, and enter the active set.

    The owner's key is used here and nowhere else: the node runs without it. What is done already is not done
    again.
    """
    from chainboy.chain.sender import Sender  # noqa: PLC0415 - loads web3
    from chainboy.node.joining import Joining  # noqa: PLC0415
    from chainboy.node.start import home_of  # noqa: PLC0415

    loaded = NodeConfig.load(config)
    chain, deployment = home_of(loaded)
    owner = Keystore(keystore=keystore, password_file=password_file).signer()
    Joining(
        deployment=deployment,
        owner=Sender(chain, owner),
        node=loaded.key.signer(),
        bond=bond,
        coins=Wei(coins),
        payout=payout,
        tell=click.echo,
    ).run()


@node.command()
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def doctor(config: Path, *, as_json: bool) -> int:
    """Check all that the node depends on, and tell what to do about each thing that is wrong.

    The node may run meanwhile. Nothing is sent to any chain. Exit code 0: the node can work; 1: something
    FAILs; 2: the configuration is wrong.
    """
    from chainboy.node.checkup import Grade, examine, to_lines, to_table  # noqa: PLC0415 - heavy

    findings = []
    for finding in examine(NodeConfig.load(config)):
        findings.append(finding)
        if not as_json:
            click.echo(next(to_lines([finding])))
    if as_json:
        click.echo(json.dumps(to_table(findings), indent=1))
    return 1 if any(finding.grade is Grade.FAIL for finding in findings) else 0


@node.command()
@CONFIG
@click.option("--bond", type=click.IntRange(min=1), help="Token units it would have. [default: the least]")
@click.option("--for", "seconds", type=DURATION, help="Stop after so long, as 90s, 30m, 2h or 7d.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def shadow(*, config: Path, bond: int | None, seconds: int | None, as_json: bool) -> None:
    """Do all that the node would do, send nothing, and tell what it would have earned.

    It needs no tokens, no coins and no key. Stop it at any moment: it then prints its report, and goes on
    from there when it is started again.
    """
    from chainboy.node.shadow.run import run as run_shadow  # noqa: PLC0415 - heavy

    click.echo(run_shadow(config, bond=bond, seconds=seconds, as_json=as_json))


@node.command()
@CONFIG
def check(config: Path) -> None:
    """Read the configuration and the files it names, and ask nobody. Exit code 2: something is wrong."""
    from chainboy.node.rehearsal import rehearse  # noqa: PLC0415 - loads eth_account

    click.echo(f"{config} is in order; the node's address is {rehearse(NodeConfig.load(config))}")


@node.command()
@CONFIG
def warm(config: Path) -> None:
    """Compile what the sandboxes run, into the folder that `sandboxes.wasm.cache` names.

    For images and bundles of functions, whose disk cannot be written to later: everybody may read the folder
    then. Compile on the kind of processor that will run it.
    """
    from chainboy.sandbox.wasm import WasmSandbox  # noqa: PLC0415 - loads the engine

    for sandbox in NodeConfig.load(config).sandboxes:
        if isinstance(sandbox, WasmSandbox):
            sandbox.ship()
            click.echo(f"{sandbox.runtime} is compiled")


@node.command()
@CONFIG
def run(config: Path) -> None:
    """Run a node until it is told to stop."""
    serve(runner.main, config)
