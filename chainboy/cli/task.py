"""``chainboy task``: look after a task by its id alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chainboy.chain.keys import Keystore
from chainboy.cli.options import FILE
from chainboy.cli.places import named, places, store_of
from chainboy.cli.task_place import TaskPlace, parse_task_id, place, place_of
from chainboy.units import Digest

if TYPE_CHECKING:
    from chainboy.chain.signer import Signer
    from chainboy.explain import Explanation
    from chainboy.programs.program import Program
    from chainboy.tasks.client import TaskClient


FIRST_BLOCK = click.option("--first-block", type=int, default=0, help="The home chain's that has the hub.")


@click.group()
def task() -> None:
    """Look after a task by its id alone."""


@task.command()
@place
@FIRST_BLOCK
def status(task_id: str, network: Path, chain: str | None, first_block: int) -> None:
    """Tell how far TASK_ID is."""
    click.echo(_client(network, chain, first_block).task(task_id).status().value)


@task.command()
@place
@FIRST_BLOCK
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


@task.command()
@place
@places
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def explain(*, task_id: str, network: Path, chain: str | None, as_json: bool, **where: Any) -> None:
    """Tell who answered TASK_ID how, why it ended as it did, and what each node earned and paid.

    All is counted again from the chains' events. With a place of content outcomes are shown as the values
    that the program returned.
    """
    from chainboy.explain.telling import to_lines, to_table  # noqa: PLC0415 - heavy

    found = _explained(place_of(network, chain), task_id)
    program = _program(found, where) if named(where) else None
    told = json.dumps(to_table(found, program), indent=1) if as_json else "\n".join(to_lines(found, program))
    click.echo(told)


@task.command()
@place
@places
@click.option("--value", "values", multiple=True, metavar="NAME=INT", help="What a source said.")
@click.option("--docker", multiple=True, metavar="RUNTIME", help="An image that the engine here may run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def replay(
    *,
    task_id: str,
    network: Path,
    chain: str | None,
    values: tuple[str, ...],
    docker: tuple[str, ...],
    as_json: bool,
    **where: Any,
) -> int:
    """Run the program of TASK_ID again, on what was recorded, and compare with what was agreed on.

    A MEDIAN has to be within the task's tolerance, anything else has to be the same to the last byte and unit
    of fuel; a random number is drawn again from what nodes revealed. Exit code 0: the same; 1: it differs, or
    there is nothing to compare with.
    """
    from chainboy.cli.program_inputs import sandboxes, values_of  # noqa: PLC0415 - heavy
    from chainboy.explain.replay import replay, to_lines, to_table  # noqa: PLC0415

    explained, store = (
        _explained(place_of(network, chain), task_id),
        store_of(**where) if named(where) else None,
    )
    done = replay(explained, store, sandboxes(docker=docker), values_of(values))
    mode = explained.params.mode
    told = json.dumps(to_table(done, mode), indent=1) if as_json else "\n".join(to_lines(done, mode))
    click.echo(told)
    return 0 if done.same else 1


def _explained(found: TaskPlace, task_id: str) -> Explanation:
    from chainboy.explain import explain, gather  # noqa: PLC0415 - heavy

    return explain(gather(found.hub, found.gateway, parse_task_id(task_id)))


def _program(explained: Explanation, where: dict[str, Any]) -> Program | None:
    """The task's program from the places that the options name; a random number has none."""
    from chainboy.cid import Cid  # noqa: PLC0415 - with the stores
    from chainboy.consensus.params import Mode  # noqa: PLC0415
    from chainboy.programs.program import Program  # noqa: PLC0415

    if explained.params.mode is Mode.RANDOM:
        return None
    return Program(store_of(**where).get(Cid(Digest(explained.requested.program))))


def _client(file: Path, name: str | None, first_block: int, signer: Signer | None = None) -> TaskClient:
    from chainboy.content.memory import MemoryStore  # noqa: PLC0415 - programs are not looked at
    from chainboy.tasks.client import TaskClient  # noqa: PLC0415 - loads web3

    found = place_of(file, name)
    return TaskClient(
        found.home,
        found.deployment,
        remote=found.remote,
        content=MemoryStore(),
        signer=signer,
        first_block=first_block,
    )
