"""``chainboy verify``: check a proof file, offline."""

from __future__ import annotations

from pathlib import Path

import click

from chainboy.consensus.fields import to_address
from chainboy.consensus.proof import TaskProof
from chainboy.units import Digest


@click.command()
@click.argument("proof", type=click.Path(path_type=Path))
@click.option("--hub", help="Refuse a proof of another consensus hub than this address.")
@click.option("--chain-id", type=int, help="Refuse a proof of another home chain than this.")
@click.option("--root", help="Refuse a proof under another root (0x…).")
def verify(proof: Path, hub: str | None, chain_id: int | None, root: str | None) -> None:
    """Check PROOF, the proof file of one task, with nothing but the file itself.

    Everything in it is computed again: the task id, every commitment, the tally, the record, its place among
    the hub's records and the rewards. Name --hub, --chain-id and --root, read from a source you trust, to
    know also that the records are the network's.
    """
    expected_hub = None if hub is None else to_address(_hex(hub, 20, "--hub"))
    expected_root = None if root is None else Digest(_hex(root, 32, "--root"))
    checked = TaskProof.from_json(_read(proof))
    checked.verify(expected_hub=expected_hub, expected_chain_id=chain_id, expected_root=expected_root)
    record = checked.record
    click.echo(f"task 0x{record.task_id.hex()}")
    click.echo(f"proven: {record.agreeing_weight} of {record.total_weight} tokens agreed")


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
