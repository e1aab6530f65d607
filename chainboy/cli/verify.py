"""``chainboy verify``: check a proof file, offline."""

from __future__ import annotations

from pathlib import Path

import click

from chainboy.consensus.proof import TaskProof


@click.command()
@click.argument("proof", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--hub", help="Refuse a proof of another consensus hub than this address.")
@click.option("--chain-id", type=int, help="Refuse a proof of another home chain than this.")
@click.option("--root", help="Refuse a proof under another root of records (0x…).")
def verify(proof: Path, hub: str | None, chain_id: int | None, root: str | None) -> None:
    """Check PROOF, the proof file of one task, with nothing but the file itself.

    Everything in it is computed again: the task id, every commitment, the tally, the record, its place among
    the hub's records and the rewards. Name --hub, --chain-id and --root, read from a source you trust, to know
    also that the records are the network's.
    """
    checked = TaskProof.from_json(proof.read_bytes())
    expected_root = bytes.fromhex(root.removeprefix("0x")) if root else None
    checked.verify(expected_hub=hub, expected_chain_id=chain_id, expected_root=expected_root)
    record = checked.record
    click.echo(f"task 0x{record.task_id.hex()}")
    click.echo(f"proven: {record.agreeing_weight} of {record.total_weight} tokens agreed")
