"""One replica of a node: it waits for the lease, has the node work while it has it, and waits again.

Each turn makes the node anew out of the journal, as a restart would. Whatever ends a turn, a lost lease, a
database that is gone, an answer that did not come, is then the same case: nothing that was in memory counts.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing

from chainboy.errors import JournalUnavailable
from chainboy.node.replicas.lease import Grant, Lease
from chainboy.node.replicas.term import Term
from chainboy.node.runner import Node

_log = logging.getLogger(__name__)

_PARTS = 5
_LONGEST_WAIT = 1.0
"""Seconds between two questions for the lease."""

Make = Callable[[Term], AbstractContextManager[Node]]
"""Makes the node of one turn, and ends it."""


class Replica:
    """Takes its turns; ``fault`` is what keeps it from standing by, empty if nothing does."""

    def __init__(self, lease: Lease, make: Make) -> None:
        self._lease = lease
        self._make = make
        self._told = ""
        self.fault = ""

    def run(self, stop: threading.Event, *, pause: float = 1.0) -> None:
        """Take turns until ``stop`` is set; ``pause`` is that of :meth:`~chainboy.node.runner.Node.run`.

        Raises what making the node raises, and :class:`~chainboy.errors.JournalError` for a journal that
        cannot be used; what may pass is waited for.
        """
        with closing(self._lease):
            while (grant := self._granted(stop)) is not None:
                with closing(Term(self._lease, grant, stop)) as term:
                    self._act(term, pause)

    def _granted(self, stop: threading.Event) -> Grant | None:
        """The lease, or nothing when told to stop."""
        while not stop.is_set():
            try:
                grant = self._lease.take()
                self.fault = ""
                if grant is not None:
                    return grant
                self._tell(logging.INFO, f"this replica stands by: {self._lease.holder() or 'another'} acts")
            except JournalUnavailable as error:
                self.fault = str(error)
                self._tell(logging.WARNING, f"this replica pauses: {error}")
            stop.wait(min(_LONGEST_WAIT, self._lease.seconds / _PARTS))
        return None

    def _act(self, term: Term, pause: float) -> None:
        self._tell(logging.INFO, f"this replica acts, with token {term.token}")
        try:
            with self._make(term) as node:
                node.run(term.over, pause=pause)
            reason = term.lost
        except JournalUnavailable as error:
            reason = str(error)
        if reason:
            self._tell(logging.WARNING, f"this replica does not act any more: {reason}")

    def _tell(self, level: int, what: str) -> None:
        """Once each time that something changes."""
        if what != self._told:
            self._told = what
            _log.log(level, "%s", what)
