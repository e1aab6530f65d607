"""Whether a node can do its work now: each thing that it needs, with what is wrong when it is missing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import attrs

from chainboy.errors import JournalError
from chainboy.node.watching.snapshot import Snapshot

_KEPT = 10.0
"""Seconds for which a write to the journal stays tried: whoever asks cannot make the disk work."""


@attrs.frozen(kw_only=True)
class Check:
    """One thing that the node needs; ``fault`` tells what is wrong, and what to do."""

    name: str
    fault: str = ""

    @property
    def good(self) -> bool:
        """Nothing is wrong."""
        return not self.fault


def judge(snapshot: Snapshot, *, stale_after: float, sandboxes: int) -> list[Check]:
    """What a snapshot alone tells; ``stale_after`` seconds without an answer or a round are too many."""
    silent = [
        chain.name
        for chain in snapshot.chains.values()
        if chain.answered_at is None or snapshot.taken_at - chain.answered_at > stale_after
    ]
    late = snapshot.idle > stale_after or snapshot.rounds.last_at is None
    return [
        Check(name="rpc", fault=f"no answer from {', '.join(silent)}; check its endpoint" if silent else ""),
        Check(
            name="round",
            fault=f"no good round of work for {snapshot.idle:.0f} s; see the log" if late else "",
        ),
        Check(
            name="sandbox",
            fault="" if sandboxes else "no sandbox has passed its self-test; see the log's first lines",
        ),
    ]


class WriteTrial:
    """Whether the journal can be written, tried by ``write`` at most every ten seconds."""

    def __init__(self, write: Callable[[], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._lock = threading.Lock()
        self._tried_at: float | None = None
        self._fault = ""

    def check(self) -> Check:
        """The result of the last trial, of a new one if that is old."""
        with self._lock:
            now = self._clock()
            if self._tried_at is None or now - self._tried_at >= _KEPT:
                self._tried_at, self._fault = now, self._try()
            return Check(name="journal", fault=self._fault)

    def _try(self) -> str:
        try:
            self._write()
        except JournalError:
            return "the journal cannot be written; free disk space or check its rights"
        return ""
