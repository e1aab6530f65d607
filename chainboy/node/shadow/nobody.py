"""Whoever a shadow is: an address without a key, and a hand that writes down what it would have sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import to_address
from chainboy.consensus.tally import Ballot
from chainboy.errors import ConfigError
from chainboy.node.economics.forecast import GAS
from chainboy.node.home import Blocks, RoundLog
from chainboy.node.machine import Duty
from chainboy.node.rows import Task
from chainboy.node.shadow.traces import Traces
from chainboy.units import Address, Wei

_NAME = keccak(b"ChainBoy.Shadow.v1")


class Nobody:
    """A :class:`~chainboy.chain.signer.Signer` without a key: it can sign nothing at all.

    What it derives is no secret, for no commitment of it is ever published.
    """

    @property
    def address(self) -> Address:
        """The same for every shadow; nobody has the key."""
        return to_address(_NAME[-20:])

    def sign(self, message: bytes) -> NoReturn:  # noqa: ARG002 - the protocol's
        """There is no key."""
        raise ConfigError("a shadow signs and sends nothing; run the node itself to take part")

    def derive(self, label: bytes) -> bytes:
        """32 bytes that anybody can find."""
        return keccak(_NAME + label)


class Spectator:
    """A :class:`~chainboy.node.home.Submitter` that only notes what would have gone out, and when.

    ``gas_price`` is asked at that moment, in wei. Nothing in it can send.
    """

    def __init__(self, traces: Traces, gas_price: Callable[[], Wei]) -> None:
        self._traces = traces
        self._gas_price = gas_price
        self._head = 0

    def settle(self, blocks: Blocks) -> None:
        """Nothing is under way; what is noted now would be in the next block at the earliest."""
        self._head = blocks.head.number

    def commit(self, task: Task, commitment: bytes) -> bool:  # noqa: ARG002 - nobody sees it
        """Once in each attempt."""
        trace = self._traces.of(task.task_id)
        if trace.attempt == task.attempt and trace.committed_at is not None:
            return False
        self._note(task, Duty.COMMIT, attempt=task.attempt, committed_at=self._head)
        return True

    def reveal(self, task: Task, ballot: Ballot, salt: bytes) -> bool:  # noqa: ARG002 - nobody sees it
        """Once."""
        if self._traces.of(task.task_id).revealed_at is not None:
            return False
        self._note(task, Duty.REVEAL, revealed_at=self._head)
        return True

    def flush(self) -> None:
        """Nothing waits to go out."""

    def finalize(self, task: Task, log: RoundLog) -> bool:  # noqa: ARG002 - the log is no news
        """It is our turn and nobody has done it: we would."""
        return self._once(task, Duty.FINALIZE)

    def deliver(self, task: Task, log: RoundLog, *, if_paid: bool) -> bool:  # noqa: ARG002 - as above
        """What the tip pays for is no cost; else we would pay."""
        return not if_paid and self._once(task, Duty.DELIVER)

    def claim(self, rewards: Sequence[tuple[Task, RoundLog]]) -> bool:
        """All that can be claimed."""
        return len([task for task, _ in rewards if self._once(task, Duty.CLAIM)]) > 0

    def alive(self) -> bool:
        """A commitment is a sign of life, too."""
        return False

    def enter(self) -> bool:
        """A shadow takes no seat."""
        return False

    def _once(self, task: Task, duty: Duty) -> bool:
        if duty.value in self._traces.of(task.task_id).sent:
            return False
        self._note(task, duty)
        return True

    def _note(self, task: Task, duty: Duty, **changes: Any) -> None:
        """Write down one transaction and its gas, at what is charged now."""
        cost = GAS[duty] * self._gas_price()
        trace = self._traces.of(task.task_id)
        changes |= {"sent": (*trace.sent, duty.value), "gas_cost": trace.gas_cost + cost}
        self._traces.change(task.task_id, **changes)
