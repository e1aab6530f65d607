"""Reads a chain's logs block by block, behind its confirmations, and survives its reorganisations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chainboy.errors import TooManyLogs
from chainboy.events.cursor import Cursor, CursorStore, MemoryCursor
from chainboy.events.log import BlockRef, LogEvent, LogKey, Topics
from chainboy.events.source import Unacknowledged
from chainboy.units import Address

MAX_CHUNK = 2_000
"""Most blocks of one ``eth_getLogs``."""

CHUNKS_A_POLL = 64
"""A poll returns after so many chunks, events or not, so that its caller stays in control."""

SWEEP_BLOCKS = 64
"""After so many new blocks, twice as many are read again: an endpoint may have held logs back."""

_TRAIL = 64
_MANY_GIVEN = 256


class LogReader(Protocol):
    """What a polling source needs of a chain; :class:`~chainboy.chain.client.Chain` has it."""

    def head(self) -> BlockRef:
        """The newest block."""
        ...

    def block(self, number: int) -> BlockRef:
        """The block of this number now."""
        ...

    def logs(self, addresses: Sequence[Address], topics: Topics, first: int, last: int) -> list[LogEvent]:
        """Logs of blocks ``first`` to ``last``, both included; raises TooManyLogs when it should be fewer."""
        ...


class PollingSource:
    """An :class:`~chainboy.events.source.EventSource` over ``eth_getLogs``.

    It reads from block ``start``, or from where ``cursor`` says, up to ``confirmations`` blocks behind the
    head, in chunks that shrink when the endpoint refuses them and grow again. The cursor is saved once all up
    to it is acknowledged. It carries its block's hash: when that has left the chain, reading goes back to the
    newest block known to have stayed, and what was given lately is not given again.
    """

    def __init__(
        self,
        chain: LogReader,
        *,
        addresses: Sequence[Address],
        topics: Topics = (),
        confirmations: int,
        start: int = 0,
        cursor: CursorStore | None = None,
        max_chunk: int = MAX_CHUNK,
        sweep_blocks: int = SWEEP_BLOCKS,
    ) -> None:
        self._chain = chain
        self._addresses = tuple(addresses)
        self._topics = tuple(topics)
        self._confirmations = confirmations
        self._start = start
        self._store = cursor if cursor is not None else MemoryCursor()
        self._max_chunk = self._chunk = max_chunk
        self._sweep_blocks = sweep_blocks
        self._waiting = Unacknowledged()
        self._given: dict[LogKey, int] = {}
        self._saved = self._store.load()
        self._trail = [self._saved or Cursor(start - 1)]
        self._swept = self._trail[-1].number

    def poll(self) -> Sequence[LogEvent]:
        """Final events not acknowledged yet, oldest first; reads on only when all are acknowledged."""
        if not self._waiting:
            self._read_on()
        return self._waiting.snapshot()

    def acknowledge(self, event: LogEvent) -> None:
        """``event`` and all before it have had their effect; saves the cursor after the last one."""
        self._waiting.acknowledge(event)
        self._save()

    def _read_on(self) -> None:
        safe = self._chain.head().number - self._confirmations
        if safe < self._trail[-1].number:
            return  # the endpoint lags behind what another one said
        self._leave_orphans()
        for _ in range(CHUNKS_A_POLL):
            if self._waiting or self._trail[-1].number >= safe:
                break
            self._read_chunk(safe)
        if not self._waiting and self._trail[-1].number >= safe:
            self._sweep()
        self._save()

    def _read_chunk(self, safe: int) -> None:
        end, events = self._chunk_from(self._trail[-1].number + 1, safe)
        self._give(events)
        self._trail = [*self._trail[1 - _TRAIL :], end]
        self._forget()

    def _chunk_from(self, first: int, last: int) -> tuple[Cursor, list[LogEvent]]:
        """As many blocks from ``first`` on, up to ``last``, as the endpoint lists at once."""
        while True:
            end = min(last, first + self._chunk - 1)
            # The block before its logs: should a reorganisation come in between, the next poll sees it.
            block = self._chain.block(end)
            try:
                events = self._chain.logs(self._addresses, self._topics, first, end)
            except TooManyLogs:
                if end == first:
                    raise
                self._chunk = (end - first + 1) // 2
                continue
            self._chunk = min(self._max_chunk, self._chunk + max(1, self._chunk // 8))
            return Cursor(end, block.hash), events

    def _give(self, events: Sequence[LogEvent]) -> None:
        fresh = [event for event in events if event.key not in self._given]
        self._given.update((event.key, event.block_number) for event in fresh)
        self._waiting.add(fresh)

    def _forget(self) -> None:
        """Remember only what a sweep or a reorganisation may bring again."""
        oldest = self._trail[-1].number - max(_TRAIL, 2 * self._sweep_blocks)
        if len(self._given) > _MANY_GIVEN:
            self._given = {key: number for key, number in self._given.items() if number > oldest}

    def _leave_orphans(self) -> None:
        """Go back to the newest block of the trail that is still in the chain."""
        while self._trail and not self._stands(self._trail[-1]):
            lost = self._trail.pop()
            if not self._trail:
                back = lost.number - max(1, self._confirmations)
                self._trail = [Cursor(max(self._start - 1, back))]

    def _stands(self, cursor: Cursor) -> bool:
        return not cursor.hash or self._chain.block(cursor.number).hash == cursor.hash

    def _sweep(self) -> None:
        """Read the newest final blocks again, in case the endpoint did not tell all the first time."""
        at = self._trail[-1].number
        if not self._sweep_blocks or at - self._swept < self._sweep_blocks:
            return
        first = max(self._start, at - 2 * self._sweep_blocks + 1)
        while first <= at:
            end, events = self._chunk_from(first, at)
            self._give(events)
            first = end.number + 1
        self._swept = at

    def _save(self) -> None:
        if not self._waiting and self._trail[-1] != self._saved:
            self._store.save(self._trail[-1])
            self._saved = self._trail[-1]
