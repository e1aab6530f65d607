"""Where a remote store is, as options and configuration files write it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from chainboy.content.patience import Patience
from chainboy.errors import ConfigError
from chainboy.tables import Table, positive, seconds

_URL = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:/[!-~]*)?", re.IGNORECASE)
"""Hosts are names, internationalised ones in their ASCII form, or addresses."""


def base_url(text: str) -> str:
    """``text`` as the URL that requests begin with: http or https, a host, maybe a port and a path.

    Raises :class:`~chainboy.errors.ConfigError` for anything else; passwords would show in logs.
    """
    if not _URL.fullmatch(text) or not _sound(text):
        shown = "a URL with a user" if "@" in text else repr(text[:200])
        raise ConfigError(
            f"{shown} is not of the form http://host:port, without user, query and fragment; correct it"
        )
    return text.rstrip("/")


def _sound(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    return port != 0 and not parts.query and not parts.fragment


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
