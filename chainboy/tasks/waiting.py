"""Waiting without a clock of its own: the loop is here once, who drives it sleeps or lets others work."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import TypeVar

T = TypeVar("T")

Waiting = Generator[float, None, T]
"""Yields how many seconds to pause, returns what was waited for."""


def until(
    look: Callable[[], T | None],
    *,
    timeout: float,
    interval: float,
    late: Callable[[], Exception],
    now: Callable[[], float] = time.monotonic,
) -> Waiting[T]:
    """Look every ``interval`` seconds until something is there; raises ``late()`` after ``timeout`` seconds.

    The first and the last look happen however short the timeout is.
    """
    deadline = now() + timeout
    while (found := look()) is None:
        left = deadline - now()
        if left <= 0:
            raise late()
        yield min(interval, left)
    return found


def blocking(waiting: Waiting[T], sleep: Callable[[float], None] = time.sleep) -> T:
    """Drive ``waiting`` in this thread."""
    while True:
        try:
            pause = next(waiting)
        except StopIteration as done:
            found: T = done.value
            return found
        sleep(pause)
