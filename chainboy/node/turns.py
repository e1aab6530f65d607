"""Whose turn it is in a round of work, and when a round has had enough: no crowd of tasks makes one late.

What the node is bound to comes first. A round that takes long ends early, for its two blocks grow old; the
next one goes on where it ended. Pure but for the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from chainboy.node.machine import State
from chainboy.node.rows import Task
from chainboy.units import TaskId

MOST_SECONDS = 5.0
"""A round serves no further task once it has taken so long."""

MOST_FAILURES = 3
"""So many tasks in a row that fail end a round: the endpoint is to blame, and each failure takes long."""

PATIENCE = 4
"""Rounds by which what binds us to nothing stands behind what does; then it is served, too."""

_BINDING = frozenset({State.COMMITTING, State.COMMITTED, State.REVEALING, State.EXPOSED})


class Turns:
    """The order in which one node serves its tasks, from round to round; ``now`` tells seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._round = 0
        self._served: dict[TaskId, int] = {}
        self._failures = 0
        self.cut = False
        """The last round ended early: some tasks had no turn."""

    def of(self, tasks: Sequence[Task]) -> Iterator[Task]:
        """The tasks of a new round, given in order of age, as many as have a turn in it."""
        self._round += 1
        self._failures, self.cut = 0, False
        end = self._now() + MOST_SECONDS
        self._served = {task.task_id: self._served.get(task.task_id, self._round - 1) for task in tasks}
        for task in sorted(tasks, key=self._rank):
            if self._failures >= MOST_FAILURES or self._now() >= end:
                self.cut = True
                return
            self._served[task.task_id] = self._round
            yield task

    def note(self, *, failed: bool) -> None:
        """How the turn given last went."""
        self._failures = self._failures + 1 if failed else 0

    def _rank(self, task: Task) -> int:
        return self._served[task.task_id] + (0 if task.state in _BINDING else PATIENCE)
