"""A node on a scratch copy of its kept journal: what an instance holds as long as it is warm."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Literal

from chainboy.errors import JournalError
from chainboy.node.journal import Journal, Probe
from chainboy.node.machine import State
from chainboy.node.runner import Node
from chainboy.serverless.budget import BudgetedSolver, Clock, Estimator

Maker = Callable[[Path, Probe], Node]
"""Makes the node whose journal is the file named; the probe goes to the journal."""

Keep = Callable[[bytes], None]
"""Puts a journal into the store; raises :class:`~chainboy.errors.JournalError` when that is not certain."""

REMEMBERED = 64
"""Tasks that are over, the newest, so that a second event of one is known; their inputs are forgotten."""

_OUTSIDE = frozenset({State.COMMITTING, State.REVEALING})
"""States in which others may hear of what the journal holds."""

_NEWEST = f"SELECT task_id FROM tasks WHERE terminal ORDER BY block DESC, task_id LIMIT {REMEMBERED}"  # noqa: S608

_PRUNE = (
    "UPDATE tasks SET input = x'' WHERE terminal",
    f"DELETE FROM tasks WHERE terminal AND task_id NOT IN ({_NEWEST})",  # noqa: S608 - constants
    "DELETE FROM transitions WHERE task_id NOT IN (SELECT task_id FROM tasks WHERE NOT terminal)",
    "DELETE FROM readings WHERE task_id NOT IN (SELECT task_id FROM tasks WHERE NOT terminal)",
    "DELETE FROM transactions WHERE settled",
    "VACUUM",
)


class OutOfTime(JournalError):
    """The call's time is over: nothing more is begun in it."""


class Workbench:
    """One node, made by ``make`` on a copy of ``journal`` in a scratch folder.

    Before the node sends anything, and before others may hear of an answer, the journal goes to ``keep``.
    Once the clock's time is over no entry is made any more, so nothing is begun: the step ends with
    :class:`OutOfTime`.
    """

    def __init__(self, make: Maker, journal: bytes, clock: Clock, keep: Keep, *, most: float) -> None:
        self._clock = clock
        self._keep = keep
        self._owner = threading.get_ident()
        self._signed: frozenset[bytes] = frozenset()
        self._telling: frozenset[bytes] = frozenset()
        self.sent = 0
        """How many transactions were signed on this bench."""
        self._open = False
        self._folder = Path(tempfile.mkdtemp(prefix="chainboy-"))
        self._file = self._folder / "journal.sqlite"
        try:
            if journal:
                self._file.write_bytes(journal)
            made = make(self._file, self._probe)
            solver = made.parts.solver
            self.solver = BudgetedSolver(_estimator(solver), clock, most)
            self.node = made.replacing(solver=self.solver)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self._signed, self._telling = _effects(self.node.parts.journal)
        self._open = True

    def step(self) -> bool:
        """One round of the node's work; see :meth:`~chainboy.node.runner.Node.step`."""
        self._owner = threading.get_ident()
        return self.node.step()

    def journal(self) -> bytes:
        """What is worth keeping of the journal, as a file of its own."""
        copy = self._folder / "copy.sqlite"
        copy.unlink(missing_ok=True)
        try:
            with closing(sqlite3.connect(self._file)) as source:
                source.execute("VACUUM INTO ?", (str(copy),))
            with closing(sqlite3.connect(copy, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous = OFF")
                for statement in _PRUNE:
                    db.execute(statement)
            return copy.read_bytes()
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"no copy of the journal in {self._folder}: {error}; make room") from error

    def close(self) -> None:
        """End the node and remove the copy."""
        self._open = False
        self.node.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _probe(self, stage: Literal["before", "after"]) -> None:
        if not self._open or threading.get_ident() != self._owner:
            return  # what threads write, the readings of sources, leads to nothing by itself
        if stage == "before":
            if self._clock.left <= 0:
                raise OutOfTime("the time of this call is over; the next one goes on")
            return
        signed, telling = _effects(self.node.parts.journal)
        if not (signed <= self._signed and telling <= self._telling):
            self._keep(self.journal())
        self.sent += len(signed - self._signed)
        self._signed, self._telling = signed, telling


def _effects(journal: Journal) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """What must be kept before it is let out: signed transactions, and tasks with answers to tell."""
    signed = (sent.tx_hash for sent in journal.unsettled())
    telling = (task.task_id for task in journal.active() if task.state in _OUTSIDE)
    return frozenset(signed), frozenset(telling)


def _estimator(solver: object) -> Estimator:
    if not hasattr(solver, "longest"):
        raise TypeError("the node's solver cannot say how long its runs take; give it a method `longest`")
    return solver  # type: ignore[return-value]
