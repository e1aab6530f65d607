"""Reads a chain's logs block by block, behind its confirmations, and survives its reorganisations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from chainboy.errors import TooManyLogs
from chainboy.events.cursor import Cursor, CursorStore, MemoryCursor
from chainboy.events.log import BlockRef, LogEvent, LogKey, Topics
from chainboy.events.reader import LogReader
from chainboy.events.source import Unacknowledged
from chainboy.events.watch import Watch, Watcher
from chainboy.tables import Table, amount, positive
from chainboy.units import Address

MAX_CHUNK = 2_000
"""Most blocks of one ``eth_getLogs``."""

CHUNKS_A_POLL = 64
"""A poll returns after so many chunks, events or not, so that its caller stays in control."""

SWEEP_BLOCKS = 64
"""After so many new blocks, twice as many are read again: an endpoint may have held logs back."""

_TRAIL = 64
_MANY_GIVEN = 256


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
        begin = self._saved or Cursor(start - 1)
        self._done = self._swept = begin.number
        self._target = begin
        self._trail = [begin]
        self._head: BlockRef | None = None

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
        if self._done == self._target.number and not self._aim():
            return
        for _ in range(CHUNKS_A_POLL):
            if self._waiting or self._done == self._target.number:
                break
            self._done = self._give_from(self._done + 1, self._target.number)
        if self._done == self._target.number:
            self._arrive()
        self._save()

    def _aim(self) -> bool:
        """Take the newest final block for the next target, by the hash it has before its logs are read.

        So whatever is reorganised while they are read shows in that hash at the next aim. False when there is
        nothing new.
        """
        head = self._chain.head()
        safe = head.number - self._confirmations
        if head == self._head or safe < max(0, self._done):  # no news, or an endpoint behind another one
            return False
        block = self._chain.block(safe) if self._confirmations else head
        trail = self._standing_trail()
        self._trail, self._done = trail, trail[-1].number
        self._target, self._head = Cursor(safe, block.hash), head
        return True

    def _arrive(self) -> None:
        """Everything up to the target is read."""
        if self._trail[-1] != self._target:
            self._trail = [*self._trail[1 - _TRAIL :], self._target]
        oldest = self._done - max(_TRAIL, 2 * self._sweep_blocks)
        if len(self._given) > _MANY_GIVEN:
            self._given = {key: number for key, number in self._given.items() if number > oldest}
        if not self._waiting:
            self._sweep()

    def _give_from(self, first: int, last: int) -> int:
        """Give the logs of a chunk from block ``first`` on; returns the chunk's last block."""
        end, events = self._chunk_from(first, last)
        fresh = []
        for event in events:
            key = event.key
            if key not in self._given:
                self._given[key] = event.block_number
                fresh.append(event)
        self._waiting.add(fresh)
        return end

    def _chunk_from(self, first: int, last: int) -> tuple[int, list[LogEvent]]:
        """As many blocks from ``first`` on, up to ``last``, as the endpoint lists at once."""
        while True:
            end = min(last, first + self._chunk - 1)
            try:
                events = self._chain.logs(self._addresses, self._topics, first, end)
            except TooManyLogs:
                if end == first:
                    raise
                self._chunk = (end - first + 1) // 2
            else:
                self._chunk = min(self._max_chunk, self._chunk + max(1, self._chunk // 8))
                return end, events

    def _standing_trail(self) -> list[Cursor]:
        """The trail up to its newest block that is still in the chain; behind all of it if there is none."""
        trail = list(self._trail)
        while not self._stands(trail[-1]):
            lost = trail.pop()
            if not trail:
                back = lost.number - max(1, self._confirmations)
                trail = [Cursor(max(self._start - 1, back))]
        return trail

    def _stands(self, cursor: Cursor) -> bool:
        return not cursor.hash or self._chain.block(cursor.number).hash == cursor.hash

    def _sweep(self) -> None:
        """Read the newest final blocks again, in case the endpoint did not tell all the first time."""
        if not self._sweep_blocks or self._done - self._swept < self._sweep_blocks:
            return
        first = max(self._start, self._done - 2 * self._sweep_blocks + 1)
        while first <= self._done:
            first = self._give_from(first, self._done) + 1
        self._swept = self._done

    def _save(self) -> None:
        """Keep what is acknowledged wholly; a block on the way to the target has no hash."""
        if self._waiting:
            return
        cursor = self._target if self._done == self._target.number else Cursor(self._done)
        if cursor != self._saved:
            self._store.save(cursor)
            self._saved = cursor


def polling(
    watch: Watch, *, max_chunk: int = MAX_CHUNK, sweep_blocks: int = SWEEP_BLOCKS
) -> PollingSource:
    """The source for ``watch``: a node's usual one."""
    return PollingSource(
        watch.chain,
        addresses=watch.addresses,
        topics=watch.topics,
        confirmations=watch.confirmations,
        start=watch.start,
        cursor=watch.cursor,
        max_chunk=max_chunk,
        sweep_blocks=sweep_blocks,
    )


def configured(table: Table, _folder: Path) -> Watcher:
    """Polling with the ``max_chunk`` and ``sweep_blocks``, both in blocks, of a node's configuration."""
    return partial(
        polling,
        max_chunk=table.take("max_chunk", positive, MAX_CHUNK),
        sweep_blocks=table.take("sweep_blocks", amount, SWEEP_BLOCKS),
    )
