"""One call's hold on the kept journal: who works now, and that nothing is sent which is not kept.

The hold is a promise between calls, so that two do not do the same work at once. What protects the node is
the version: a call that another one has overtaken, however that came about, can keep nothing more, and what
is not kept is not sent. Rule: protocol, section 12, invariant 7.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import attrs

from chainboy.errors import JournalError, StoreConflict, StoreUnavailable
from chainboy.serverless.document import Document
from chainboy.serverless.store import ResultStore

NAME = "node"
"""What the journal is kept under, unless told otherwise."""

GRACE = 5.0
"""Seconds after a call should have ended before another takes its place: clocks differ."""

LONGEST = 3_600.0
"""Seconds of the longest call that another one waits for, whatever is kept."""


@attrs.frozen
class Busy(Exception):
    """Another call works, for at most so many ``seconds``."""

    seconds: int


class Keeper:
    """The journal of one node in ``store``, under ``name``; ``now`` gives Unix seconds."""

    def __init__(self, store: ResultStore, name: str, *, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._name = name
        self._now = now
        self._document = Document()
        self._version: str | None = None

    @property
    def journal(self) -> bytes:
        """The journal as it is kept."""
        return self._document.journal

    def begin(self, seconds: float) -> bool:
        """Take hold for so many seconds; whether all is as this keeper put it last.

        Raises :class:`Busy`, and :class:`~chainboy.errors.JournalError` when the store fails.
        """
        try:
            found = self._store.get(self._name)
        except StoreUnavailable as error:
            raise _stopped(error) from error
        own = found is not None and found.version == self._version
        self._version = None if found is None else found.version
        if not own:
            self._document = Document() if found is None else Document.decode(found.data)
        left = self._document.until + GRACE - self._now()
        if self._document.until and 0 < left <= LONGEST:
            raise Busy(math.ceil(left))
        turn, until = self._document.turn + 1, self._now() + seconds
        self._put(attrs.evolve(self._document, turn=turn, until=until))
        return own

    def keep(self, journal: bytes) -> None:
        """Put the journal; raises :class:`~chainboy.errors.JournalError` when that is not certain."""
        self._put(attrs.evolve(self._document, journal=journal))

    def end(self, journal: bytes | None = None) -> None:
        """Put the journal if there is a new one, and let go."""
        kept = self._document.journal if journal is None else journal
        self._put(attrs.evolve(self._document, journal=kept, until=0.0))

    def _put(self, document: Document) -> None:
        document = attrs.evolve(document, writes=self._document.writes + 1)
        try:
            self._version = self._store.put(self._name, document.encode(), over=self._version)
        except (StoreConflict, StoreUnavailable) as error:
            self._version = None
            raise _stopped(error) from error
        self._document = document


def _stopped(error: Exception) -> JournalError:
    return JournalError(f"this call ends, for what it does cannot be kept: {error}")
