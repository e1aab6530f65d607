"""What the home chain tells about records, stake and checkpoints: read once, counted again, and kept.

Rule: protocol, sections 7 and 10. A checkpoint is believed only if the same comes out of all events before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainboy.checkpoints.news import brings_news
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.record_proof import prove_record
from chainboy.consensus.stake import NO_WEIGHT
from chainboy.contracts.checkpoint_events import Sealed
from chainboy.contracts.hub_events import Finalized
from chainboy.contracts.registry_events import WeightChanged
from chainboy.errors import ChainError
from chainboy.events.log import LogEvent
from chainboy.events.scan import logs_between
from chainboy.units import Address, Epoch, TaskId

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.contracts.deployment import Deployment

STRIDE = 2_000
"""Blocks read at a time."""

GAPS = 2
"""So many times in a row something is missing before all is read again."""


class Ledger:
    """One hub's past, from block ``first`` on, which must not be later than its deployment.

    It only grows: give :meth:`follow` blocks that are final. Not safe to use from many threads.
    """

    def __init__(self, chain: Chain, deployment: Deployment, *, first: int = 0) -> None:
        self._chain = chain
        self._hub = deployment.hub_on(chain)
        self._registry = deployment.registry_on(chain)
        self._first = first
        self._trust_epochs = self._registry.profile().trust_epochs
        self._begin()

    def _begin(self) -> None:
        """Know nothing."""
        self._next = self._first
        self._taken = (self._first, -1)
        self._gaps = 0
        self._records = Accumulator()
        self._index: dict[TaskId, int] = {}
        self._changes: list[WeightChanged] = []
        self._sealed: list[Sealed] = []
        self._news: Sealed | None = None

    def follow(self, last: int, *, strides: int | None = None) -> bool:
        """Read on up to block ``last``, no more than ``strides`` times :data:`STRIDE`; whether it is there.

        Raises :class:`~chainboy.errors.ChainError` when the endpoint leaves something out or belies the hub's
        checkpoints; what was read before stays. When it is not there the second time either, it was left out
        in blocks that were read long ago, nobody knows which: the next call begins anew.
        """
        if self._gaps >= GAPS:
            self._begin()
        topics = ([self._hub.topic(Finalized), self._hub.topic(Sealed), self._registry.topic(WeightChanged)],)
        addresses = [self._hub.address, self._registry.address]
        for _ in range(self._next, last + 1, STRIDE)[:strides]:
            end = min(last, self._next + STRIDE - 1)
            for log in logs_between(self._chain, addresses, topics, self._next, end):
                if log.position > self._taken:
                    self._check(log)
                    self._taken = log.position
            self._next = end + 1
            self._gaps = 0
        return self._next > last

    @property
    def newest(self) -> Sealed | None:
        """The checkpoint sealed last."""
        return self._sealed[-1] if self._sealed else None

    @property
    def news(self) -> Sealed | None:
        """The newest checkpoint that brought news: the one that nodes sign.

        It has all that later ones have, whatever anybody seals without need; and since it follows from the
        hub's events alone, nodes that slept sign the same one as those that did not.
        """
        return self._news

    def sealed(self, number: int) -> Sealed:
        """Checkpoint ``number``, from 1 on; raises :class:`~chainboy.errors.ChainError` before it is read."""
        if not 0 < number <= len(self._sealed):
            raise ChainError(f"checkpoint {number} is not final on the home chain; try again later")
        return self._sealed[number - 1]

    def covering(self, index: int) -> Sealed | None:
        """The newest checkpoint that brought news, if it has record ``index``."""
        news = self.news
        return news if news is not None and news.checkpoint.records_count > index else None

    def covers(self, sealed: Sealed, task_id: TaskId) -> bool:
        """Whether a checkpoint has the task's record."""
        index = self.index_of(task_id)
        return index is not None and index < sealed.checkpoint.records_count

    def index_of(self, task_id: TaskId) -> int | None:
        """Where the task's record stands; ``None`` while there is none."""
        return self._index.get(task_id)

    def distribution(self, epoch: Epoch) -> StakeDistribution:
        """Who weighs what in ``epoch``, by the events so far."""
        return StakeDistribution.at_epoch(self._changes, epoch)

    def weighed(self, node: Address, since: Epoch) -> bool:
        """Whether ``node`` weighs anything in epoch ``since`` or a later one."""
        weight = NO_WEIGHT
        for change in self._changes:
            if change.node == node and change.from_epoch <= since:
                weight = change.weight
            elif change.node == node and change.weight:
                return True
        return weight > 0

    def proof(self, index: int, checkpoint: Checkpoint) -> bytes:
        """What a remote verifier that accepted ``checkpoint`` is shown for record ``index``."""
        return prove_record(self._records, index, checkpoint)

    def _check(self, log: LogEvent) -> None:
        try:
            self._take(log)
        except ChainError:
            self._gaps += 1
            raise

    def _take(self, log: LogEvent) -> None:
        contract = self._registry if log.address == self._registry.address else self._hub
        match contract.decode(log):
            case WeightChanged() as event:
                self._changes.append(event)
            case Finalized() as event:
                self._append(event)
            case Sealed() as event:
                self._believe(event)

    def _append(self, event: Finalized) -> None:
        if event.index != len(self._records):
            raise ChainError(
                f"the endpoint's logs lack record {len(self._records)} of the hub; use another endpoint"
            )
        self._index[event.record.task_id] = self._records.append(event.record.hash)

    def _believe(self, event: Sealed) -> None:
        found = event.checkpoint
        stake = self.distribution(found.epoch)
        counted = (len(self._sealed) + 1, stake.hash, stake.total, self._records.root, len(self._records))
        told = (
            *(found.number, found.stake_hash, found.stake_total),
            *(found.records_root, found.records_count),
        )
        if told != counted:
            raise ChainError(
                f"the endpoint's logs belie checkpoint {found.number} of the hub; use another endpoint"
            )
        self._sealed.append(event)
        known = self._news.checkpoint if self._news else None
        if brings_news(found, known, self._trust_epochs):
            self._news = event
