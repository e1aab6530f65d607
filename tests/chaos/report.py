"""What a storm came to: its counts, and what does not hold."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from invariants import Chronicle, broken

if TYPE_CHECKING:
    from storm import Storm


def told(run: Storm, chronicle: Chronicle) -> tuple[list[str], list[str]]:
    """Lines with the counts, and a sentence for each fault."""
    taken = [raw for member in run.members for raw in member.counter.taken]
    faults = [
        *broken(chronicle, taken, run.requester.sent),
        *(f"node {member.index} {each}" for member in run.members for each in member.surprises),
        *run.clock.late,
    ]
    attempts = max((each.attempt for each in chronicle.opened), default=0)
    skipped = Counter(f"{type(each).__name__}: {each.error}" for each in chronicle.skipped)
    lines = [
        f"seed {run.plan.seed}: {run.seconds:.0f} s, {run.clock.head - run.first_block} blocks",
        f"nodes: {len(run.members)}, processes started: {sum(member.starts for member in run.members)}",
        f"questions: {sum(member.counter.asked for member in run.members)}",
        f"transactions taken: {len(taken)}, of nodes in blocks: {sum(chronicle.used.values())}",
        f"requests: {len(chronicle.requested)}, records: {len(chronicle.finalized)}",
        f"attempts: {len(chronicle.opened)}, at most {attempts} for a task",
        f"commitments: {len(chronicle.committed)}, reveals: {len(chronicle.revealed)}",
        f"deliveries: {len(chronicle.delivered)}, rewards claimed: {len(chronicle.claimed)}",
        f"slashes: {len(chronicle.punished)}, entries skipped: {len(chronicle.skipped)}",
        *(f"  {count:5} {name}" for name, count in sorted(skipped.items())),
        f"disasters: {run.disasters.total()}",
        *(f"  {count:5} {name}" for name, count in sorted(run.disasters.items())),
        f"faults: {len(faults)}",
    ]
    return lines, faults
