"""The time of one call, and which programs fit into it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import attrs

from chainboy.errors import ConfigError
from chainboy.node.budget import Due
from chainboy.node.home import Answer, Solver
from chainboy.node.rows import Task
from chainboy.units import TaskId, Timestamp


@attrs.frozen(kw_only=True)
class Budget:
    """Seconds: ``deadline`` for a whole call, unless the provider gives it less; ``reserve`` at its end.

    In the reserve nothing is begun: what was begun ends, and the journal is put. ``linger``: so long a call
    stays with nothing to do when something soon will be.
    """

    deadline: float = 50.0
    reserve: float = 5.0
    linger: float = 0.0

    def __attrs_post_init__(self) -> None:
        if self.reserve >= self.deadline:
            raise ConfigError(
                f"a reserve of {self.reserve:g} s leaves nothing of {self.deadline:g} s; lower it"
            )

    @property
    def most(self) -> float:
        """Seconds for work in one call."""
        return self.deadline - self.reserve

    def seconds(self, given: float | None) -> float:
        """How long a call may take for which the provider gives so many seconds; it may be too little."""
        return self.deadline if given is None else min(self.deadline, given)


@attrs.define
class Clock:
    """When the work of the call under way ends."""

    now: Callable[[], float] = time.monotonic
    ends: float = 0.0

    def start(self, seconds: float) -> None:
        """A call begins."""
        self.ends = self.now() + seconds

    @property
    def left(self) -> float:
        """Seconds of work; negative once it should have ended."""
        return self.ends - self.now()


class Estimator(Solver, Protocol):
    """A solver that knows how long its runs can take."""

    def longest(self, task: Task) -> float:
        """Seconds at most."""
        ...


class BudgetedSolver:
    """Begins no program that may not end within the call; the next call has its whole time for it.

    One that may not end within any call is not taken on. What the hub holds a commitment to is begun in any
    case: its outcome came within a call before, so it takes less than it might. Runs are reckoned by their
    fuel limit.
    """

    def __init__(self, solver: Estimator, clock: Clock, most: float) -> None:
        self._solver = solver
        self._clock = clock
        self._most = most
        self._begun: set[TaskId] = set()
        self.put_off: set[TaskId] = set()
        """Tasks whose programs wait for the next call."""

    def refusal(self, task: Task, due: Due, now: Timestamp) -> str | None:
        """See :class:`~chainboy.node.home.Solver`."""
        longest = self._solver.longest(task)
        if longest > self._most:
            return f"this run of up to {longest:.1f} s does not fit into a call of {self._most:.1f} s"
        return self._solver.refusal(task, due, now)

    def solve(self, task: Task, due: Due) -> Answer | None:
        """See :class:`~chainboy.node.home.Solver`."""
        if task.task_id not in self._begun and not self._fits(task, due):
            self.put_off.add(task.task_id)
            return None
        self._begun.add(task.task_id)
        self.put_off.discard(task.task_id)
        answer = self._solver.solve(task, due)
        if answer is not None:
            self._begun.discard(task.task_id)
        return answer

    def forget(self, task_id: TaskId) -> None:
        """See :class:`~chainboy.node.home.Solver`."""
        self._begun.discard(task_id)
        self.put_off.discard(task_id)
        self._solver.forget(task_id)

    @property
    def busy(self) -> bool:
        """See :class:`~chainboy.node.home.Solver`."""
        return self._solver.busy

    def close(self) -> None:
        """See :class:`~chainboy.node.home.Solver`."""
        self._solver.close()

    def _fits(self, task: Task, due: Due) -> bool:
        return due.bound or self._solver.longest(task) <= self._clock.left
