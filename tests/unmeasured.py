"""The environment of processes that must not be measured: measuring would change what they show."""

from __future__ import annotations

import os


def environment() -> dict[str, str]:
    """This process's environment without what would make a child measure its coverage."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
