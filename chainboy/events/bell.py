"""Wakes whoever sleeps between two looks at a chain."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable


class Bell:
    """Rung from any thread, at once or for later; stays rung until the sleeper has it quiet.

    ``clock`` gives seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._at = math.inf

    def ring(self) -> None:
        """There may be something to see now."""
        self.ring_within(0)

    def ring_within(self, seconds: float) -> None:
        """There may be something to see in so many seconds; the earliest of such times counts."""
        with self._lock:
            self._at = min(self._at, self._clock() + seconds)

    @property
    def rung(self) -> bool:
        """Whether it is time to look."""
        return self._clock() >= self._at

    def quiet(self) -> None:
        """To be called before a look: what rings from then on asks for the next one."""
        with self._lock:
            self._at = math.inf
