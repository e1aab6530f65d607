"""Whose turn it is in a round of work, and when a round has had enough: no crowd of tasks makes one late.

What the node is bound to comes first, what it has begun next, what is new last, and each has its share of a
round. One that takes long ends early, for its two blocks grow old; the next one goes on where it ended. In a
crowd tasks that only wait for others or for a phase's end have no turn before that can matter. Pure but for
the clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from chainboy.node.machine import State
from chainboy.node.rows import Task
from chainboy.units import TaskId

MOST_SECONDS = 5.0
"""How long a round serves tasks; one that has begun is served to its end."""

MOST_FAILURES = 3
"""So many tasks in a row that fail end a round: the endpoint is to blame, and each failure takes long."""

MOST_TOGETHER = 16
"""So many tasks are announced together."""

CROWD = 4 * MOST_TOGETHER
"""So many tasks can all be looked at in every round; of more, those that rest are left alone."""

Announce = Callable[[Sequence[Task]], None]
"""Told whose turns come next, before the first of them."""

_BOUND, _BEGUN, _NEW = range(3)

_SHARES = MappingProxyType({_BOUND: 0.6, _BEGUN: 0.85, _NEW: 1.0})
"""The part of a round that is gone at most when the next kind has its turn, in this order."""

_KINDS: Mapping[State, int] = MappingProxyType(
    {
        State.COMMITTING: _BOUND,
        State.COMMITTED: _BOUND,
        State.REVEALING: _BOUND,
        State.EXPOSED: _BOUND,
        State.SEEN: _NEW,
    }
)
"""The others are begun."""


class Turns:
    """The order in which one node serves its tasks, from round to round; ``now`` tells seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._round = 0
        self._served: dict[TaskId, int] = {}
        self._resting: dict[TaskId, int] = {}
        """Until which block time a task needs no turn."""
        self._failures = 0
        self.cut = False
        """The last round ended early: some tasks had no turn."""

    def of(
        self, tasks: Sequence[Task], *, at: int = 0, announce: Announce = lambda _: None
    ) -> Iterator[Task]:
        """The tasks of a new round, given in order of age, as many as have a turn in it: one of each kind.

        ``at``: the newest block's time.
        """
        self._round += 1
        self._failures, self.cut = 0, False
        start = self._now()
        self._served = {task.task_id: self._served.get(task.task_id, 0) for task in tasks}
        self._resting = {task_id: end for task_id, end in self._resting.items() if task_id in self._served}
        if len(tasks) > CROWD:
            tasks = [task for task in tasks if self._resting.get(task.task_id, at) <= at]
        groups: defaultdict[int, list[Task]] = defaultdict(list)
        for task in tasks:
            groups[_KINDS.get(task.state, _BEGUN)].append(task)
        for kind, share in _SHARES.items():
            yield from self._of_kind(groups[kind], start + share * MOST_SECONDS, announce)

    def rest(self, task_id: TaskId, until: int) -> None:
        """Nothing can matter to this task before a block of that time."""
        self._resting[task_id] = until

    def note(self, *, failed: bool) -> None:
        """How the turn given last went."""
        self._failures = self._failures + 1 if failed else 0

    def _of_kind(self, tasks: Sequence[Task], end: float, announce: Announce) -> Iterator[Task]:
        """One at least, and the others while there is time, those that waited longest first."""
        waiting = sorted(tasks, key=lambda task: self._served[task.task_id])
        for number, task in enumerate(waiting):
            if self._failures >= MOST_FAILURES or (number and self._now() >= end):
                self.cut = True
                return
            if number % MOST_TOGETHER == 0:
                announce(waiting[number : number + MOST_TOGETHER])
            self._served[task.task_id] = self._round
            yield task
