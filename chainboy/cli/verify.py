"""``chainboy verify``: check a proof file, offline."""

from __future__ import annotations

from pathlib import Path

import click

from chainboy.chain.signer import recover
from chainboy.consensus.fields import to_address
from chainboy.consensus.proof import TaskProof
from chainboy.units import Digest


@click.command()
@click.argument("proof", type=click.Path(path_type=Path))
@click.option("--hub", help="Refuse a proof of another consensus hub than this address.")
@click.option("--chain-id", type=int, help="Refuse a proof of another home chain than this.")
@click.option("--root", help="Refuse a proof under another root (0x…).")
@click.option("--genesis", help="Refuse a remote delivery that begins with another stake's hash (0x…).")
def verify(proof: Path, hub: str | None, chain_id: int | None, root: str | None, genesis: str | None) -> None:
    """Check PROOF, the proof file of one task, with nothing but the file itself.

    Everything in it is computed again: the task id, every commitment, the tally, the record, its place among
    the hub's records and the rewards; for a task of a remote chain also every checkpoint on the record's way
    there, with its signatures. Name --hub, --chain-id and --root, read from a source you trust, to know also
    that the records are the network's; for a remote delivery --genesis, the hash of the distribution of stake
    that the chain began with, is enough.
    """
    expected_hub = None if hub is None else to_address(_hex(hub, 20, "--hub"))
    expected_root = None if root is None else Digest(_hex(root, 32, "--root"))
    expected_genesis = None if genesis is None else Digest(_hex(genesis, 32, "--genesis"))
    checked = TaskProof.from_json(_read(proof))
    checked.verify(
        expected_hub=expected_hub,
        expected_chain_id=chain_id,
        expected_root=expected_root,
        expected_genesis=expected_genesis,
        recover=recover,
    )
    record = checked.record
    click.echo(f"task 0x{record.task_id.hex()}")
    click.echo(f"proven: {record.agreeing_weight} of {record.total_weight} tokens agreed")
    if checked.passage is not None:
        last = checked.passage.checkpoint
        click.echo(f"carried to chain {checked.request.chain_id} by checkpoint {last.number}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from error


def _hex(text: str, size: int, option: str) -> bytes:
    try:
        data = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        data = b""
    if len(data) != size:
        raise click.BadParameter(f"{text!r} is not 0x and {2 * size} hex digits", param_hint=option)
    return data
