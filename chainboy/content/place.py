"""Where a remote store is, as options and configuration files write it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from chainboy.content.patience import Patience
from chainboy.errors import ConfigError
from chainboy.tables import Table, positive, seconds

_HOST = re.compile(r"[a-z0-9._:-]+")
"""Names, internationalised ones in their ASCII form, and addresses."""


def base_url(text: str) -> str:
    """``text`` as the URL that requests begin with: http or https, a host, maybe a port and a path.

    Raises :class:`~chainboy.errors.ConfigError` for anything else; passwords would show in logs.
    """
    try:
        parts = urlsplit(text)
        sound = (
            parts.scheme in ("http", "https") and _HOST.fullmatch(parts.hostname or "") and parts.port != 0
        )
    except ValueError:
        sound = False
    if not sound or parts.username or parts.password or parts.query or parts.fragment or text != text.strip():
        raise ConfigError(
            f"{text!r} is no URL of the form http://host:port, without user, query and fragment"
        )
    return text.rstrip("/")


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
