"""What a node has time for: the runs it took on, against the moments by which each must be committed.

Pure. A run is reckoned with the longest it can take: its whole fuel limit at this node's own pace. Runs start
in the order of their urgency, each on the worker that is free first.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence

import attrs

from chainboy.units import Fuel, Timestamp

ASSUMED_FUEL_PER_SECOND = 10**9
"""Of a node that has not measured itself yet: a tenth of what a machine of today burns."""

START = 10
"""Milliseconds that a run takes besides burning its fuel."""

_TELLING = ASSUMED_FUEL_PER_SECOND // 20
"""Fuel below which a run's start weighs too much for the run to tell the pace.

Not seconds: of short runs those alone would tell that a busy machine has made long.
"""

_REMEMBERED = 32
"""Runs that the pace is the mean of."""


@attrs.frozen(kw_only=True)
class Due:
    """Until when a task's outcome is needed, in block time; ``bound``: the hub holds a commitment of ours."""

    by: Timestamp
    bound: bool = False

    @property
    def urgency(self) -> tuple[bool, Timestamp]:
        """Least is first: what we are bound to, then what is due earlier."""
        return not self.bound, self.by


@attrs.frozen(kw_only=True)
class Load:
    """A run that was taken on; ``milliseconds`` are the most that it can take."""

    due: Due
    milliseconds: int
    started: bool = False


class Pace:
    """How much fuel a second this node burns, by its own last runs that were long enough to tell."""

    def __init__(self) -> None:
        self._runs: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)

    def add(self, fuel: Fuel, seconds: float) -> None:
        """A run has ended; one of little or no fuel tells nothing."""
        if fuel >= _TELLING:
            self._runs.append((fuel, max(1, round(seconds * 1_000_000))))

    @property
    def fuel_per_second(self) -> int:
        """The mean, rounded down, at least 1."""
        runs = tuple(self._runs)
        if not runs:
            return ASSUMED_FUEL_PER_SECOND
        return max(1, sum(fuel for fuel, _ in runs) * 1_000_000 // sum(time for _, time in runs))

    def milliseconds(self, fuel_limit: Fuel) -> int:
        """The longest that a run with this limit can take, rounded up."""
        return START - (-fuel_limit * 1_000 // self.fuel_per_second)


def ends(loads: Sequence[Load], workers: int) -> list[int]:
    """When each run ends at the latest, in milliseconds from now, in the order of ``loads``."""
    free = [0] * workers
    found = [0] * len(loads)
    for index in sorted(range(len(loads)), key=lambda at: _order(loads[at])):
        found[index] = free[0] + loads[index].milliseconds
        heapq.heapreplace(free, found[index])
    return found


def overload(taken: Sequence[Load], new: Load, *, workers: int, now: Timestamp) -> str | None:
    """Why ``new`` cannot be taken on besides ``taken``, in one clause with the figures; ``None``: it can.

    It must end in time itself, and must not make another late that would be in time without it.
    """
    before, (*after, own) = ends(taken, workers), ends([*taken, new], workers)
    if own > _left(new, now):
        return (
            f"this run of up to {_seconds(new.milliseconds)} would end up to {_seconds(own)} from now, with "
            f"{len(taken)} others on {workers} workers, and {_seconds(_left(new, now))} are left to commit"
        )
    for load, was, would in zip(taken, before, after, strict=True):
        if was <= _left(load, now) < would:
            return (
                f"this run of up to {_seconds(new.milliseconds)} would delay another until up to "
                f"{_seconds(would)} from now, which has {_seconds(_left(load, now))} left to commit"
            )
    return None


def _order(load: Load) -> tuple[bool, bool, Timestamp]:
    return (not load.started, *load.due.urgency)


def _left(load: Load, now: Timestamp) -> int:
    return (load.due.by - now) * 1_000


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1_000:.1f} s"
