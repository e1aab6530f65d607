"""Remembers on which final blocks the node has relied, and notices when they have left the chain.

Blocks K deep count as final. Where a chain reorganises deeper all the same, what followed from them has to be
looked at anew; nothing else needs to be.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import attrs

from chainboy.events.log import BlockRef
from chainboy.node.home import Blocks, Home
from chainboy.node.journal import Journal
from chainboy.units import Digest, Timestamp

_NAME = "relied on"
_TRAIL = 16
"""Blocks that are remembered: if all of them are gone, as many blocks before them are doubted, too."""


@attrs.frozen
class Mark:
    """A block that the node relied on."""

    number: int
    hash: Digest
    timestamp: Timestamp

    @classmethod
    def of(cls, block: BlockRef) -> Mark:
        """Where it stands."""
        return cls(block.number, block.hash, block.timestamp)


class Finality:
    """The newest blocks that were relied on, in the journal."""

    def __init__(self, journal: Journal, home: Home) -> None:
        self._journal = journal
        self._home = home
        self._trail = _read(journal.load(_NAME))
        self._checked = -1
        """The newest head at which they were found in the chain."""

    def rely(self, deep: BlockRef) -> None:
        """Before a transition is written that follows from ``deep``."""
        if not self._trail or self._trail[-1].hash != deep.hash:
            self._keep([*self._trail[1 - _TRAIL :], Mark.of(deep)])

    def lost_after(self, blocks: Blocks) -> int | None:
        """The block after which others that were relied on have left the chain; ``None`` while all are there.

        It is the newest of them that is still there, or, if none is, one as far before them again. That is
        looked at every K blocks, as long as a task may live that has followed from them.
        """
        trail = [mark for mark in self._trail if mark.number <= blocks.head.number]
        if not trail or not self._due(trail[-1], blocks):
            return None
        oldest, newest = trail[0], trail[-1]
        while trail and not self._home.holds(trail[-1].number, trail[-1].hash):
            trail.pop()
        if trail and trail[-1] is newest:
            self._checked = blocks.head.number
            return None
        return trail[-1].number if trail else max(-1, 2 * oldest.number - newest.number - _TRAIL)

    def doubt(self, after: int) -> None:
        """All that followed from blocks after this one is being looked at anew."""
        self._keep([mark for mark in self._trail if mark.number <= after])

    def _due(self, newest: Mark, blocks: Blocks) -> bool:
        clocks, depth = self._home.clocks, blocks.head.number - blocks.deep.number
        alive = blocks.deep.timestamp <= newest.timestamp + clocks.max_task_life + clocks.refund_margin
        return alive and (self._checked < 0 or abs(blocks.head.number - self._checked) >= max(1, depth))

    def _keep(self, trail: Sequence[Mark]) -> None:
        text = json.dumps([[mark.number, mark.hash.hex(), mark.timestamp] for mark in trail])
        self._journal.save(_NAME, text)
        self._trail = list(trail)


def _read(text: str | None) -> list[Mark]:
    rows = [] if text is None else json.loads(text)
    return [Mark(number, Digest(bytes.fromhex(hash_)), Timestamp(time)) for number, hash_, time in rows]
