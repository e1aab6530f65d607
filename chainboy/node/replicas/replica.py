"""One replica of a node: it waits for the lease, has the node work while it has it, and waits again.

Each turn makes the node anew out of the journal, as a restart would. Whatever ends a turn, a lost lease, a
database that is gone, an answer that did not come, is then the same case: nothing that was in memory counts.
One whose chain's endpoint fails hands over, and stands aside until another one has had its chance.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing

from chainboy.errors import ChainBoyError, ChainError, JournalUnavailable
from chainboy.node.replicas.lease import Grant, Lease, clock
from chainboy.node.replicas.term import Term
from chainboy.node.runner import Node
from chainboy.node.watching.health import Check

_log = logging.getLogger(__name__)

_PARTS = 5
_LONGEST_WAIT = 1.0
"""Seconds between two questions for the lease."""

_ASIDE = 2.0
"""Lengths of a lease for which a replica stands aside: its own runs out meanwhile if it cannot be given back,
and everybody else has asked for it."""

Make = Callable[[Term], AbstractContextManager[Node]]
"""Makes the node of one turn, and ends it."""


class Replica:
    """Takes its turns; ``reach`` asks the chain's endpoint something, and raises without a good answer."""

    def __init__(self, lease: Lease, make: Make, reach: Callable[[], None]) -> None:
        self._lease = lease
        self._make = make
        self._reach = reach
        self._told = ""
        self._journal_fault = ""
        self._endpoint_fault = ""
        self._next_reach = 0.0

    def checks(self) -> list[Check]:
        """What it needs to take over: its journal, and its chain's endpoint while that fails."""
        journal = Check(name="journal", fault=self._journal_fault)
        endpoint = Check(name="rpc", fault=self._endpoint_fault)
        return [journal] if endpoint.good else [journal, endpoint]

    def run(self, stop: threading.Event, *, pause: float = 1.0) -> None:
        """Take turns until ``stop`` is set; ``pause`` is that of :meth:`~chainboy.node.runner.Node.run`.

        Raises what making the node raises, and :class:`~chainboy.errors.JournalError` for a journal that
        cannot be used; what may pass is waited for, a :class:`~chainboy.errors.ChainError` without the lease.
        """
        with closing(self._lease):
            while (grant := self._granted(stop)) is not None:
                with closing(Term(self._lease, grant, stop)) as term:
                    self._act(term, pause)
                if term.handed_over:
                    self._stand_aside(term.handed_over, stop)

    def _granted(self, stop: threading.Event) -> Grant | None:
        """The lease, or nothing when told to stop."""
        while not stop.is_set():
            try:
                grant = self._lease.take()
                self._journal_fault = ""
                if grant is not None:
                    return grant
                self._tell(logging.INFO, f"this replica stands by: {self._lease.holder() or 'another'} acts")
                self._look()
            except JournalUnavailable as error:
                self._journal_fault = str(error)
                self._tell(logging.WARNING, f"this replica pauses: {error}")
            stop.wait(min(_LONGEST_WAIT, self._lease.seconds / _PARTS))
        return None

    def _act(self, term: Term, pause: float) -> None:
        try:
            with self._make(term) as node:
                self._endpoint_fault = ""
                self._tell(logging.INFO, f"this replica acts, with token {term.token}")
                node.run(term.over, pause=pause)
            reason = term.lost
        except JournalUnavailable as error:
            reason = str(error)
        except ChainError as error:
            reason = ""
            term.hand_over(f"the node cannot begin: {error}")
        if reason:
            self._tell(logging.WARNING, f"this replica does not act any more: {reason}")

    def _stand_aside(self, reason: str, stop: threading.Event) -> None:
        """Leave the lease to the others for a while; if none takes it, it is our turn again."""
        self._endpoint_fault, self._next_reach = reason, 0.0
        self._tell(logging.WARNING, f"this replica stands aside for {self._aside:g} s: {reason}")
        stop.wait(self._aside)

    def _look(self) -> None:
        """While another replica acts, see now and then whether our endpoint is well."""
        if clock() < self._next_reach:
            return
        try:
            self._reach()
            self._endpoint_fault = ""
        except ChainBoyError as error:
            self._endpoint_fault = str(error)
        self._next_reach = clock() + self._aside

    @property
    def _aside(self) -> float:
        return _ASIDE * self._lease.seconds

    def _tell(self, level: int, what: str) -> None:
        """Once each time that something changes."""
        if what != self._told:
            self._told = what
            _log.log(level, "%s", what)
