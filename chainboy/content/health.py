"""Remembers which stores failed, so that those are tried last until some time has gone by."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

FIRST_REST, LONGEST_REST = 5.0, 600.0
"""Seconds that a store is tried last after one failure, and after many; each doubles it."""


class Health:
    """The memory of one list of stores, by their places in it. May be used from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[int, int] = {}
        self._rests: dict[int, float] = {}

    def __reduce__(self) -> tuple[type[Health], tuple[Callable[[], float]]]:
        """A copy in another process has its own experience."""
        return Health, (self._clock,)

    def ordered(self, stores: Sequence[T]) -> list[tuple[int, T]]:
        """The stores with their places: the well ones in order, then those at rest, soonest back first."""
        now = self._clock()
        with self._lock:
            rests = {place: until for place, until in self._rests.items() if until > now}
        return sorted(enumerate(stores), key=lambda item: rests.get(item[0], now))

    def failed(self, place: int) -> None:
        """The store at ``place`` lied or failed: it rests, longer each time."""
        with self._lock:
            times = self._failures.get(place, 0)
            self._failures[place] = times + 1
            self._rests[place] = self._clock() + min(FIRST_REST * 2.0 ** min(times, 30), LONGEST_REST)

    def worked(self, place: int) -> None:
        """The store at ``place`` answered as it should: all is forgotten."""
        with self._lock:
            self._failures.pop(place, None)
            self._rests.pop(place, None)
