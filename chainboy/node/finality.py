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
        self._found: Mark | None = None
        """The newest of them when all were last found in the chain."""
        self._checked = -1
        """The head at which that was."""
        self._lost: list[Mark] = []

    def rely(self, deep: BlockRef) -> None:
        """Before a transition is written that follows from ``deep``."""
        if not self._trail or self._trail[-1].hash != deep.hash:
            self._keep([*self._trail[1 - _TRAIL :], Mark.of(deep)])

    def lost_after(self, blocks: Blocks) -> int | None:
        """The block after which others that were relied on have left the chain; ``None`` while all are there.

        It is the newest before these that is still there, or, if none is, one as far before them again. That
        is looked at every K blocks, eight at most, as long as a task may live that has followed from them.
        """
        trail = [mark for mark in self._trail if mark.number <= blocks.head.number]
        if not trail or not self._due(trail[-1], blocks):
            return None
        # What was found once stands as long as the newest of it does; later ones may be of another chain.
        doubtful = trail[trail.index(self._found) :] if self._found in trail else trail
        if not self._gone(doubtful):
            self._found, self._checked = trail[-1], blocks.head.number
            return None
        self._lost = self._gone(trail)
        first, last = self._lost[0].number, self._lost[-1].number
        before = [mark.number for mark in trail if mark.number < first]
        return max(before) if before else max(-1, 2 * first - last - _TRAIL)

    def forget_lost(self) -> None:
        """All that followed from the blocks that are gone is being looked at anew."""
        self._keep([mark for mark in self._trail if mark not in self._lost])

    def _gone(self, marks: Sequence[Mark]) -> list[Mark]:
        """Those that are not in the chain, by their numbers."""
        gone = [mark for mark in marks if not self._home.holds(mark.number, mark.hash)]
        return sorted(gone, key=lambda mark: mark.number)

    def _due(self, newest: Mark, blocks: Blocks) -> bool:
        clocks, depth = self._home.clocks, blocks.head.number - blocks.deep.number
        alive = blocks.deep.timestamp <= newest.timestamp + clocks.max_task_life + clocks.refund_margin
        pause = min(max(1, depth), _TRAIL // 2)
        return alive and (self._checked < 0 or abs(blocks.head.number - self._checked) >= pause)

    def _keep(self, trail: Sequence[Mark]) -> None:
        text = json.dumps([[mark.number, mark.hash.hex(), mark.timestamp] for mark in trail])
        self._journal.save(_NAME, text)
        self._trail = list(trail)


def _read(text: str | None) -> list[Mark]:
    rows = [] if text is None else json.loads(text)
    return [Mark(number, Digest(bytes.fromhex(hash_)), Timestamp(time)) for number, hash_, time in rows]
