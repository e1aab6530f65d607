"""The journal as the book of what a node has sent, by duty and task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from chainboy.chain.outbox import Entry
from chainboy.chain.transaction import Signed
from chainboy.node.journal import Journal
from chainboy.node.machine import Duty
from chainboy.node.rows import Sent
from chainboy.units import Digest, TaskId


@attrs.frozen
class Errand:
    """What a transaction is for; no task where it serves no single one."""

    duty: Duty
    task_id: TaskId | None = None

    def __str__(self) -> str:
        return self.duty.value + ("" if self.task_id is None else f" of task 0x{self.task_id.hex()}")


@attrs.frozen
class JournalBook:
    """A :class:`~chainboy.chain.outbox.Book` on disk."""

    journal: Journal
    settled: Callable[[Duty, Sequence[Digest]], None] | None = None
    """Told, of each nonce that is settled, what it was for and all transactions that were signed for it."""

    def open(self) -> Sequence[Entry[Errand]]:
        """What is not known to be K deep."""
        return [
            Entry(Errand(sent.duty, sent.task_id), Signed(sent.nonce, sent.raw))
            for sent in self.journal.unsettled()
        ]

    def keep(self, entry: Entry[Errand], *, again: bool) -> None:
        """Write it down."""
        signed, errand = entry.signed, entry.label
        sent = Sent(
            nonce=signed.nonce,
            tx_hash=signed.hash,
            raw=signed.raw,
            duty=errand.duty,
            task_id=errand.task_id,
        )
        self.journal.record_sent(sent, again=again)

    def settle(self, nonce: int) -> None:
        """Its hashes stay for the record, its bytes go."""
        tries = () if self.settled is None else [each for each in self.open() if each.signed.nonce == nonce]
        if self.settled is not None and tries:
            self.settled(tries[-1].label.duty, [each.signed.hash for each in tries])
        self.journal.settle(nonce)
