"""``chainboy node``: begin, join with and run a node."""

from __future__ import annotations

import json
from pathlib import Path

import click

from chainboy.chain.keys import Keystore
from chainboy.cli.options import ADDRESS, FILE
from chainboy.node import __main__ as runner
from chainboy.node.config import NodeConfig
from chainboy.units import Address

CONFIG = click.option(
    "--config", type=FILE, default=Path("node.toml"), show_default=True, help="The node's configuration file."
)


@click.group()
def node() -> None:
    """Take part in the network."""


@node.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--network", type=FILE, required=True, help="The network's file.")
def init(folder: Path, network: Path) -> None:
    """Make a key and a configuration in FOLDER, by default the current one."""
    from chainboy.node.init import CONFIG, init  # noqa: PLC0415 - loads eth_account

    address = init(folder, network)
    click.echo(f"the node's address is {address}; send it coins of the home chain for gas")
    click.echo(f"then bond tokens for it: chainboy node join --config {folder / CONFIG} --help")


@node.command()
@CONFIG
@click.option("--keystore", type=FILE, required=True, help="The encrypted key of the owner of the tokens.")
@click.option("--password-file", type=FILE, required=True, help="The file with its password.")
@click.option("--bond", type=click.IntRange(min=1), required=True, help="Token units to have bonded in all.")
@click.option("--payout", type=ADDRESS, help="Where rewards go. [default: the owner]")
def join(*, config: Path, keystore: Path, password_file: Path, bond: int, payout: Address | None) -> None:
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
    raise SystemExit(runner.main(["--config", str(config)]))
