"""Records made in one go, for tests of what comes after them."""

from __future__ import annotations

from bare_evm.market import BANK
from bare_evm.world import World

from chainboy.consensus import encoding
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.record import Record
from chainboy.consensus.round_book import CommitEntry, RevealEntry

OUTCOME = Outcome(Status.OK, 3, b"answer").encode()
SALT = b"\x5a" * 32


def record(world: World, number: int) -> Record | None:
    """A task that every active node answers in this block; ``None``: not all of them can."""
    rules = Params(mode=Mode.EXACT, commit_window=10, fuel_limit=9, expires_at=world.now + 1_000).pack()
    request_hash = encoding.keccak(number.to_bytes(32, "big"))
    task_id = encoding.task_id(request_hash, rules)
    active = [node for node in world.nodes if world.stake.snapshot_at(node.address, world.epoch)[0]]
    entries = []
    for node in active:
        made = encoding.commitment(task_id, 1, node.address, encoding.keccak(OUTCOME), SALT)
        entry = CommitEntry(node=node.address, attempt=1, commitment=made, deadline=world.now + 1)
        entries.append(world.signed(node, task_id, entry))
    world.commit(request_hash, rules, entries, sender=BANK)
    openings = [
        RevealEntry(
            node=node,
            payout=ballot.payout,
            weight=ballot.weight,
            outcome=OUTCOME,
            salt=SALT,
        )
        for node, ballot in world.rounds.round_of(task_id).ballots.items()
    ]
    world.reveal(task_id, openings)
    done = world.finalize(request_hash, rules)
    return None if done.refused else world.rounds.tallies[task_id].record
