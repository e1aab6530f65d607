"""A short wait for what is nearly done."""

from __future__ import annotations

import time
from collections.abc import Callable

MOMENT = 0.005
"""So many seconds a round of work waits for programs that it has begun."""


def done_soon(busy: Callable[[], bool]) -> bool:
    """Whether something is going on and ends within a :data:`MOMENT`."""
    if not busy():
        return False
    deadline = time.monotonic() + MOMENT
    while busy() and time.monotonic() < deadline:
        time.sleep(MOMENT / 20)
    return not busy()
