"""Ratios of times taken in the same run: absolute times mean little on a shared machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import attrs

Work = Callable[[], object]
Clock = Callable[[], float]


@attrs.frozen(kw_only=True)
class Ratio:
    """``figure`` is to be at most ``goal``, or with ``least`` at least; without a goal it only informs."""

    what: str
    figure: float
    goal: float | None = None
    least: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        if self.goal is None:
            return True
        return self.figure >= self.goal if self.least else self.figure <= self.goal

    def __str__(self) -> str:
        bound = ">=" if self.least else "<="
        goal = "" if self.goal is None else f"goal {bound} {self.goal:g}, {'met' if self.met else 'MISSED'}"
        return f"{self.what:62} {self.figure:8.2f}  {goal:20}  {self.note}"


def seconds(work: Work, clock: Clock = time.perf_counter) -> float:
    """How long ``work`` takes."""
    start = clock()
    work()
    return clock() - start


def paired(work: Work, yardstick: Work, *, rounds: int = 5, clock: Clock = time.perf_counter) -> Pair:
    """Both in turn, ``rounds`` times after one round that does not count."""
    seconds(work)
    seconds(yardstick)
    pairs = [(seconds(work, clock), seconds(yardstick, clock)) for _ in range(rounds)]
    return Pair.of(pairs)


@attrs.frozen(kw_only=True)
class Pair:
    """Medians of ``work`` and ``yardstick`` in seconds, and of their ratios."""

    work: float
    yardstick: float
    ratio: float

    @classmethod
    def of(cls, pairs: list[tuple[float, float]]) -> Pair:
        """The medians of (work, yardstick) in seconds."""
        return cls(
            work=statistics.median(work for work, _ in pairs),
            yardstick=statistics.median(yardstick for _, yardstick in pairs),
            ratio=statistics.median(work / yardstick for work, yardstick in pairs),
        )

    def __str__(self) -> str:
        return f"{self.work * 1000:,.1f} ms to {self.yardstick * 1000:,.1f} ms"
