"""How often something may be done: a token bucket."""

from __future__ import annotations


class Allowance:
    """``rate`` times a second for ever, ``burst`` times at once after a rest."""

    def __init__(self, *, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._left = float(burst)
        self._at: float | None = None

    def take(self, now: float) -> bool:
        """Whether it may be done once more at ``now``, in seconds that only grow."""
        if self._at is not None:
            self._left = min(self._burst, self._left + self._rate * (now - self._at))
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
