"""Where a remote store is, as options and configuration files write it."""

from __future__ import annotations

from typing import Any

from chainboy.content.patience import Patience
from chainboy.errors import ConfigError
from chainboy.tables import Table, base_url, positive, seconds


def places(value: Any) -> tuple[str, ...]:
    """The URLs of a key, in order, at least one."""
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise ConfigError("give a list of URLs")
    return tuple(map(base_url, value))


def patience_of(table: Table) -> Patience:
    """The keys ``connect_seconds``, ``timeout_seconds`` (one fetch with its retries) and ``attempts``."""
    usual = Patience()
    return Patience(
        connect=table.take("connect_seconds", seconds, usual.connect),
        total=table.take("timeout_seconds", seconds, usual.total),
        attempts=table.take("attempts", positive, usual.attempts),
    )
