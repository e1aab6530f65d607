"""Events out of hints: each is looked up on the node's own endpoint before it counts."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

import attrs

from chainboy.events.allowance import Allowance
from chainboy.events.hint import MOST_HINTS, Hint, HintBox
from chainboy.events.log import LogEvent
from chainboy.events.source import Unacknowledged
from chainboy.events.watch import Watch
from chainboy.units import Digest

PATIENCE = 600.0
"""Seconds after which a transaction that is in no block is given up."""

RECEIPTS_A_SECOND = 5.0
RECEIPTS_AT_ONCE = 20
"""How often hints make a node ask its endpoint, whoever sends however many."""

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 60.0
_SHORTEST_SLEEP = 0.25


@attrs.frozen(kw_only=True)
class HintStatistics:
    """What became of the hints so far; ``waiting`` are not decided yet.

    ``foreign`` are of transactions without an event that is watched, ``unknown`` of transactions that never
    came into a block, ``dropped`` came when there was no room.
    """

    confirmed: int
    foreign: int
    unknown: int
    dropped: int
    waiting: int


@attrs.define
class _Case:
    """A hint on its way; ``block`` is where the transaction was last seen."""

    since: float
    due: float
    pause: float = _FIRST_PAUSE
    block: int | None = None

    def put_off(self, now: float) -> None:
        """Look again later, each time twice as much later."""
        self.due = now + self.pause
        self.pause = min(2 * self.pause, _LONGEST_PAUSE)


class HintedSource:
    """An :class:`~chainboy.events.source.EventSource` of what hints tell; on its own it may miss events.

    A hint counts once its transaction's receipt, on the watch's own chain, has an event that is watched, in a
    block that is in the chain and ``confirmations`` deep. Until then it waits; how many wait, how long, and
    how often they make the node ask are bounded, so that a flood of forged hints costs little and loses
    nothing that polling would not find.
    """

    def __init__(
        self, watch: Watch, *, most: int = MOST_HINTS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._watch = watch
        self._most = most
        self._clock = clock
        self._box = HintBox(most)
        self._cases: dict[Digest, _Case] = {}
        self._settled: OrderedDict[Digest, None] = OrderedDict()
        self._allowance = Allowance(rate=RECEIPTS_A_SECOND, burst=RECEIPTS_AT_ONCE)
        self._unacknowledged = Unacknowledged()
        self._confirmed = self._foreign = self._unknown = self._dropped = 0

    def tell(self, hints: Iterable[Hint]) -> None:
        """Take hints, from any thread; those of other chains are passed over."""
        if self._box.put(hint for hint in hints if hint.chain_id in (None, self._watch.chain_id)):
            self._watch.bell.ring()

    @property
    def waiting(self) -> bool:
        """Whether any hint is not decided yet."""
        return bool(self._cases)

    def statistics(self) -> HintStatistics:
        """What became of the hints so far."""
        return HintStatistics(
            confirmed=self._confirmed,
            foreign=self._foreign,
            unknown=self._unknown,
            dropped=self._dropped + self._box.dropped,
            waiting=len(self._cases),
        )

    def poll(self) -> Sequence[LogEvent]:
        """Confirmed events not acknowledged yet, oldest first; looks into hints when all are acknowledged."""
        if not self._unacknowledged:
            self._look(self._clock())
        return self._unacknowledged.snapshot()

    def acknowledge(self, event: LogEvent) -> None:
        """``event`` and all before it have had their effect."""
        self._unacknowledged.acknowledge(event)

    def _look(self, now: float) -> None:
        self._open_cases(now)
        self._give_up(now)
        due = [tx_hash for tx_hash, case in self._cases.items() if case.due <= now]
        found: list[LogEvent] = []
        try:
            if due:
                self._examine(due, now, found)
        finally:
            self._unacknowledged.add(sorted(found, key=lambda event: event.position))
            self._set_alarm(now)

    def _open_cases(self, now: float) -> None:
        for tx_hash in self._box.empty():
            if tx_hash in self._cases or tx_hash in self._settled:
                continue
            if len(self._cases) < self._most:
                self._cases[tx_hash] = _Case(now, now)
            else:
                self._dropped += 1

    def _give_up(self, now: float) -> None:
        lost = [
            tx for tx, case in self._cases.items() if case.block is None and now - case.since >= PATIENCE
        ]
        for tx_hash in lost:
            del self._cases[tx_hash]
        self._unknown += len(lost)

    def _examine(self, due: Sequence[Digest], now: float, found: list[LogEvent]) -> None:
        final = self._watch.chain.head().number - self._watch.confirmations
        for tx_hash in due:
            block = self._cases[tx_hash].block
            if block is not None and block > final:
                continue
            if not self._allowance.take(now):
                return
            found += self._confirm(tx_hash, now, final)

    def _confirm(self, tx_hash: Digest, now: float, final: int) -> Sequence[LogEvent]:
        """The events of a transaction, if they are final."""
        case = self._cases[tx_hash]
        case.put_off(now)  # before the endpoint is asked: what it cannot answer holds up nothing else
        logs = self._watch.chain.logs_of(tx_hash)
        if logs is None:
            if case.block is not None:  # a reorganisation took it out again
                case.since, case.block = now, None
            return ()
        events = [event for event in logs if self._watch.wants(event)]
        if not events:
            del self._cases[tx_hash]
            self._foreign += 1
            return ()
        first = events[0]
        if first.block_number > final:
            case.block, case.due, case.pause = first.block_number, now, _FIRST_PAUSE
            return ()
        if self._watch.chain.block(first.block_number).hash != first.block_hash:
            return ()  # an endpoint amidst a reorganisation
        self._settle(tx_hash)
        return events

    def _settle(self, tx_hash: Digest) -> None:
        """It is given; when the same hint comes again, nothing is asked again."""
        del self._cases[tx_hash]
        self._confirmed += 1
        self._settled[tx_hash] = None
        if len(self._settled) > self._most:
            self._settled.popitem(last=False)

    def _set_alarm(self, now: float) -> None:
        """See to it that somebody looks when the next hint may be decided."""
        block = self._watch.block_seconds
        waits = [case.due - now if case.block is None else block for case in self._cases.values()]
        if waits:
            self._watch.bell.ring_within(max(_SHORTEST_SLEEP, min(waits)))
