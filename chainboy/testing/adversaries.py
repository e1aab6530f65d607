"""Nodes that break the rules, for demos and tests: each is a usual node with one part replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode
from chainboy.consensus.tally import Ballot
from chainboy.contracts.hub_events import Committed
from chainboy.errors import EncodingError
from chainboy.node.budget import Due
from chainboy.node.home import Answer, Blocks, RoundLog, Solver, Submitter
from chainboy.node.rows import Task
from chainboy.node.runner import Node
from chainboy.units import Address, TaskId, Timestamp

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.contracts.deployment import Deployment

Lie = Callable[[bytes], bytes]
"""Another encoded outcome in the place of the true one."""


def one_more(outcome: bytes) -> bytes:
    """The outcome with one added to its last word; a failure becomes an empty success."""
    try:
        true = Outcome.decode(outcome)
    except EncodingError:
        return outcome
    if true.status is not Status.OK or not true.payload:
        return Outcome(Status.OK, true.fuel, b"").encode()
    last = (int.from_bytes(true.payload[-32:], "big") + 1) % 2**256
    return Outcome(Status.OK, true.fuel, true.payload[:-32] + last.to_bytes(32, "big")).encode()


class LyingSolver:
    """Finds the true outcome and tells another; in RANDOM there is nothing to lie about."""

    def __init__(self, honest: Solver, lie: Lie = one_more) -> None:
        self._honest = honest
        self._lie = lie

    def refusal(self, task: Task, due: Due, now: Timestamp) -> str | None:
        """As the honest one."""
        return self._honest.refusal(task, due, now)

    def solve(self, task: Task, due: Due) -> Answer | None:
        """A lie, as soon as the truth is known."""
        answer = self._honest.solve(task, due)
        if not isinstance(answer, bytes) or task.params.mode is Mode.RANDOM:
            return answer
        return self._lie(answer)

    def forget(self, task_id: TaskId) -> None:
        """As the honest one."""
        self._honest.forget(task_id)

    @property
    def busy(self) -> bool:
        """As the honest one."""
        return self._honest.busy

    def close(self) -> None:
        """As the honest one."""
        self._honest.close()


class CopyingSubmitter:
    """Commits to what another node committed to, instead of to its own outcome.

    The hub takes such a commitment, for it cannot look inside; but its preimage names the other node, so no
    reveal will ever fit: the copy stays unrevealed, and is slashed.
    """

    def __init__(self, own: Submitter, chain: Chain, deployment: Deployment, node: Address) -> None:
        self._own = own
        self._chain = chain
        self._hub = deployment.hub_on(chain)
        self._node = node

    def commit(self, task: Task, commitment: bytes) -> bool:
        """Commit to what the first node committed to; wait while there is none."""
        del commitment
        topics = [self._hub.topic(Committed), task.task_id]
        logs = self._chain.logs([self._hub.address], topics, task.block, self._chain.head().number)
        seen = (event for event in self._hub.events(logs, Committed) if event.attempt == task.attempt)
        copied = next((event.commitment for event in seen if event.node != self._node), None)
        return copied is not None and self._own.commit(task, copied)

    def settle(self, blocks: Blocks) -> None:
        """As any node."""
        self._own.settle(blocks)

    def reveal(self, task: Task, ballot: Ballot, salt: bytes) -> bool:
        """Tried, and refused by the hub."""
        return self._own.reveal(task, ballot, salt)

    def flush(self) -> None:
        """As any node."""
        self._own.flush()

    def finalize(self, task: Task, log: RoundLog) -> bool:
        """As any node."""
        return self._own.finalize(task, log)

    def deliver(self, task: Task, log: RoundLog, *, if_paid: bool) -> bool:
        """As any node."""
        return self._own.deliver(task, log, if_paid=if_paid)

    def claim(self, rewards: Sequence[tuple[Task, RoundLog]]) -> bool:
        """As any node."""
        return self._own.claim(rewards)

    def alive(self) -> bool:
        """As any node."""
        return self._own.alive()

    def enter(self) -> bool:
        """As any node."""
        return self._own.enter()


def lying_node(*, lie: Lie = one_more, **options: Any) -> Node:
    """A node whose answers are wrong; ``options`` are those of :meth:`chainboy.node.runner.Node.compose`."""
    node = Node.compose(**options)
    return node.replacing(solver=LyingSolver(node.parts.solver, lie))


def copying_node(**options: Any) -> Node:
    """A node that copies another's commitment; ``options`` as for :func:`lying_node`."""
    node = Node.compose(**options)
    copier = CopyingSubmitter(node.parts.submitter, options["chain"], options["deployment"], node.address)
    return node.replacing(submitter=copier)
