"""A time in which this replica acts: the lease is renewed by a thread of its own, until it is lost."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from chainboy.errors import JournalError, JournalUnavailable, LeaseLost
from chainboy.node.replicas.lease import Grant, Lease, clock

_log = logging.getLogger(__name__)

_GLANCE = 0.05
"""Seconds between two looks at the clock and at who wants an end."""

_PARTS = 4
"""A lease is renewed after this part of it, so that a failure can be tried again."""


class Term:
    """From a grant of the lease to :meth:`close`.

    ``over`` is set when the lease is lost or is to be handed over, and when ``stop`` is set.
    """

    def __init__(
        self, lease: Lease, grant: Grant, stop: threading.Event, *, clock: Callable[[], float] = clock
    ) -> None:
        self.token = grant.token
        self.over = threading.Event()
        self.lost = ""
        """Why it is over before its time; empty as long as it is not."""
        self.handed_over = ""
        """Why the lease is given to another replica; empty if it is not."""
        self._lease = lease
        self._until = grant.until
        self._stop = stop
        self._clock = clock
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep, args=(grant,), name="chainboy-lease")
        self._thread.start()

    def check(self) -> None:
        """Raise :class:`~chainboy.errors.LeaseLost` unless the lease is certainly ours now."""
        if self.lost or self._clock() >= self._until:
            raise LeaseLost(self.lost or "the lease has run out before it could be renewed")

    def hand_over(self, reason: str) -> None:
        """Tell the node to end; the lease stays ours until :meth:`close`, when the node has ended."""
        self.handed_over = reason
        self.over.set()

    def close(self) -> None:
        """Let somebody else act, at once if the database can be told so."""
        self._closed.set()
        self._thread.join()
        if not self.lost:
            with suppress(JournalError):  # then it runs out by itself
                self._lease.release(Grant(token=self.token, until=self._until))

    def _keep(self, grant: Grant) -> None:
        pause = self._lease.seconds / _PARTS
        due, told = self._clock() + pause, False
        while not self._closed.wait(_GLANCE):
            if self._stop.is_set():
                self.over.set()
            if self._clock() >= self._until:
                self._lose("the lease has run out before it could be renewed")
                return
            if self._clock() < due:
                continue
            try:
                grant = self._lease.renew(grant)
                self._until, told = grant.until, False
            except LeaseLost as error:
                self._lose(str(error))
                return
            except JournalUnavailable as error:
                if not told:
                    left = self._until - self._clock()
                    _log.warning("the lease is not renewed, %.1f s are left of it: %s", left, error)
                told = True
            due = self._clock() + (pause / _PARTS if told else pause)

    def _lose(self, reason: str) -> None:
        self.lost = reason
        self.over.set()
