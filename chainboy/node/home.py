"""The seams between a node and its home chain: what it reads there, what it asks to be sent there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs

from chainboy.consensus.record import Record
from chainboy.consensus.rewards import share_of
from chainboy.consensus.tally import Ballot, Tally
from chainboy.events.log import BlockRef
from chainboy.node.budget import Due
from chainboy.node.rows import Task
from chainboy.node.view import Clocks, View
from chainboy.units import Address, Digest, Epoch, TaskId, Timestamp, Wei, Weight

MOST_CLAIMS = 20
"""Rewards of one chain that are claimed in one transaction: so that a batch fits the smallest block."""


@attrs.frozen(kw_only=True)
class Blocks:
    """The chain's head, and the newest block that is final: K below it."""

    head: BlockRef
    deep: BlockRef

    @property
    def depth(self) -> int:
        """Seconds that a block takes to become final; at least 1."""
        return max(1, self.head.timestamp - self.deep.timestamp)


@attrs.frozen(kw_only=True)
class Seat:
    """Our place in the active set at the head; ``weight`` counts in the current epoch."""

    epoch: Epoch
    weight: Weight
    active: bool
    """A member from the next epoch on."""
    may_enter: bool
    """There is a free seat and the registry would give it to us."""
    last_active: Epoch
    idle_epochs: int


@attrs.frozen(kw_only=True)
class RoundLog:
    """All that the hub told about one attempt; ``ballots`` in commit order, outcomes by node."""

    attempt: int
    ballots: tuple[Ballot, ...]
    outcomes: Mapping[Address, bytes]
    tally: Tally
    """What these ballots come to now."""
    record: Record | None = None
    """The hub's, once it is finalised: always ``tally.record`` then."""
    blocks: tuple[int, ...] = ()
    """The block of each commitment, in commit order."""

    def position(self, node: Address) -> int:
        """The node's place in the commit order; raises ``LookupError`` if it did not commit."""
        for position, ballot in enumerate(self.ballots):
            if ballot.node == node:
                return position
        raise LookupError(f"{node} did not commit to attempt {self.attempt}")

    def rank(self, node: Address) -> int | None:
        """The node's rank among the winners."""
        return next((winner.rank for winner in self.tally.winners if winner.node == node), None)

    def reward(self, node: Address, price: Wei) -> Wei:
        """What the node gets of a task of ``price``; 0 unless it is among the winners.

        Rule: protocol, section 8.
        """
        record = self.tally.record
        for winner in self.tally.winners:
            if winner.node == node:
                return share_of(price, record.rest_weight, record.winners_count, winner.rank, winner.weight)
        return Wei(0)

    @property
    def outcome(self) -> bytes:
        """The agreed outcome's bytes; none without consensus."""
        if not self.tally.winners:
            return b""
        if self.tally.outcome is not None:
            return self.tally.outcome.encode()
        return self.outcomes[self.tally.winners[0].node]


class Inbox(Protocol):
    """Requests that are K blocks deep, each at least once."""

    def poll(self) -> Sequence[Task]:
        """Those that came since the last one acknowledged."""
        ...

    def acknowledge(self) -> None:
        """What was polled is in the journal and need not come again."""
        ...


class Home(Protocol):
    """Reads of the home chain, each at a block.

    Raises :class:`~chainboy.errors.ChainError` when the endpoint fails.
    """

    @property
    def clocks(self) -> Clocks:
        """The deployment's windows."""
        ...

    def blocks(self) -> Blocks:
        """The head and the newest final block."""
        ...

    def holds(self, number: int, block_hash: Digest) -> bool:
        """The chain's block of this number, not above its head, is the one with this hash."""
        ...

    def foresee(self, tasks: Sequence[Task], blocks: Blocks) -> None:
        """These tasks and our seat will be looked at: a chance to read it all at once.

        What cannot be read is no error yet; whoever looks at it later gets one.
        """
        ...

    def view(self, task: Task, attempt: int, block: BlockRef) -> View:
        """The task at ``block``, with our ballot in ``attempt`` (0: the current one)."""
        ...

    def round_log(self, task: Task, block: BlockRef) -> RoundLog:
        """What happened in the task's current attempt, up to ``block``."""
        ...

    def seat(self, block: BlockRef) -> Seat:
        """Our place in the active set at ``block``."""
        ...


class Submitter(Protocol):
    """Brings what the node decided to the home chain; every method may be repeated safely.

    Each tries the call without sending it first: what the contracts would refuse costs nothing. Each returns
    whether it sent something, or will with the next :meth:`flush`.
    Raises :class:`~chainboy.errors.ChainError`, and :class:`~chainboy.errors.JournalError` before anything is
    sent.
    """

    def settle(self, blocks: Blocks) -> None:
        """Look after what was sent: forget what is final, send again what the chain lost."""
        ...

    def commit(self, task: Task, commitment: bytes) -> bool:
        """Commit to the task's journalled attempt."""
        ...

    def reveal(self, task: Task, ballot: Ballot, salt: bytes) -> bool:
        """Open our commitment: let the task's outcome and its salt out."""
        ...

    def flush(self) -> None:
        """Send the commitments and reveals asked for since the last time, together where that is cheaper."""
        ...

    def finalize(self, task: Task, log: RoundLog) -> bool:
        """Make the hub tally."""
        ...

    def deliver(self, task: Task, log: RoundLog, *, if_paid: bool) -> bool:
        """Bring the record to the gateway; ``if_paid``: only if the tip covers the gas."""
        ...

    def claim(self, rewards: Sequence[tuple[Task, RoundLog]]) -> bool:
        """Credit our rewards."""
        ...

    def alive(self) -> bool:
        """Show the registry that we are there."""
        ...

    def enter(self) -> bool:
        """Take a free seat in the active set."""
        ...


class Gate(Protocol):
    """Judges what a task is worth to the operator, and learns from what becomes of it."""

    def refusal(self, task: Task, seat: Seat) -> str | None:
        """Why a task is not worth taking, in one clause; asked once for each."""
        ...

    def pays(self, task: Task, seat: Seat) -> bool:
        """Whether to commit to it now; asked again and again, and never once a commitment may be out."""
        ...

    def moved(self, task: Task) -> None:
        """It has its next state."""
        ...


class Witness(Protocol):
    """Looks after what is of no task of ours: signs what the hub seals, has silent nodes slashed."""

    def step(self, deep: BlockRef) -> None:
        """Do what is due as of the newest final block; raises :class:`~chainboy.errors.ChainError`."""
        ...

    def forget(self) -> None:
        """Blocks that were final have left the chain: read all anew."""
        ...


class Solver(Protocol):
    """Finds outcomes, in the background or at once."""

    def refusal(self, task: Task, due: Due, now: Timestamp) -> str | None:
        """Why an outcome could not be had in time, in one clause; ``None``: the task can be taken on."""
        ...

    def solve(self, task: Task, due: Due) -> Answer | None:
        """The task's answer; ``None`` while it is being worked on. What is due first is worked on first."""
        ...

    def forget(self, task_id: TaskId) -> None:
        """The answer is not needed, or is in the journal."""
        ...

    @property
    def busy(self) -> bool:
        """Some answer is being worked on."""
        ...

    def close(self) -> None:
        """Work on nothing any more."""
        ...


@attrs.frozen
class Abstention:
    """Why there is no outcome; ``passing``: trying again may help."""

    reason: str
    passing: bool = False


Answer = bytes | Abstention
"""A valid encoded outcome, or why there is none."""
