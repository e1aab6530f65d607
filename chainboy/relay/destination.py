"""One chain that a relay carries to: what waits there for a result, and what brings it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from chainboy.consensus.params import Params
from chainboy.consensus.request import Request
from chainboy.contracts.gateway import Gateway, TaskState
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.events.polling import PollingSource
from chainboy.relay.errands import Errands
from chainboy.units import TaskId, Wei

if TYPE_CHECKING:
    from chainboy.chain.sender import Sender
    from chainboy.contracts.checkpoint_verifier import CheckpointVerifier

_log = logging.getLogger(__name__)

DELIVERY_GAS = 130_000
"""About what a delivery to a remote chain needs besides its callback, before it can be tried."""

CHECKPOINT_GAS = 250_000
"""About what a checkpoint needs that some dozen nodes signed, before it can be tried."""


@attrs.frozen
class Waiting:
    """A request whose escrow is still open."""

    request: Request
    since: int
    """The block in which this relay saw it first."""

    @property
    def task_id(self) -> TaskId:
        """The task's name."""
        return self.request.task_id


class Destination:
    """A gateway with the account that delivers there; ``verifier`` is ``None`` on the home chain."""

    def __init__(
        self, gateway: Gateway, sender: Sender, verifier: CheckpointVerifier | None = None
    ) -> None:
        self.gateway = gateway
        self.chain = gateway.chain
        self.verifier = verifier
        self.errands = Errands(sender)
        profile = gateway.profile()
        life = profile.max_task_life + profile.refund_margin
        self._refund_margin = profile.refund_margin
        self._source = PollingSource(
            self.chain,
            addresses=[gateway.address],
            topics=[Gateway.topic(TaskRequested)],
            confirmations=self.chain.profile.confirmations,
            start=max(0, self.chain.head().number - life // self.chain.profile.block_seconds),
        )
        self._waiting: dict[TaskId, Waiting] = {}
        self.number, self.now = 0, 0

    @property
    def name(self) -> str:
        """The chain's."""
        return self.chain.profile.name

    def look(self) -> None:
        """Take new requests in, forget those that are too old to be delivered, look after what was sent."""
        head = self.chain.head()
        self.number, self.now = head.number, head.timestamp
        self.errands.look()
        for log in self._source.poll():
            event = Gateway.decode(log)
            if isinstance(event, TaskRequested):
                found = Waiting(event.request, head.number)
                self._waiting.setdefault(found.task_id, found)
            self._source.acknowledge(log)
        for task_id in [each.task_id for each in self._waiting.values() if self._too_late(each)]:
            del self._waiting[task_id]

    def open(self) -> Iterator[Waiting]:
        """The requests whose results may be missing here, oldest first."""
        return iter(tuple(self._waiting.values()))

    def is_open(self, waiting: Waiting) -> bool:
        """Whether the gateway still waits for the task's result; what is settled is forgotten."""
        if self.gateway.state_of(waiting.task_id) is TaskState.REQUESTED:
            return True
        del self._waiting[waiting.task_id]
        return False

    def likely_cost(self, waiting: Waiting) -> Wei:
        """About what a delivery will cost, before it can be tried."""
        return Wei((DELIVERY_GAS + waiting.request.callback_gas) * self.chain.fees().maximum)

    def likely_checkpoint_cost(self) -> Wei:
        """About what a checkpoint will cost, before there is one."""
        return Wei(CHECKPOINT_GAS * self.chain.fees().maximum)

    def _too_late(self, waiting: Waiting) -> bool:
        return self.now >= Params.unpack(waiting.request.params).expires_at + self._refund_margin
