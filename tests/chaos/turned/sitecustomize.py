"""Lets a Python process's own clock be wrong: by the seconds in the file that ``CHAOS_CLOCK`` names."""

from __future__ import annotations

import os
import time
from pathlib import Path

_CLOCK = Path(os.environ["CHAOS_CLOCK"])
_time = time.time


def _wrong() -> int:
    try:
        return int(_CLOCK.read_text())
    except (OSError, ValueError):
        return 0


time.time = lambda: _time() + _wrong()
time.time_ns = lambda: int(time.time() * 1e9)
