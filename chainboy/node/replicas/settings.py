"""The table ``[journal]`` of a node's configuration: a journal in PostgreSQL."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import attrs

from chainboy.errors import ConfigError
from chainboy.secret import read_secret
from chainboy.tables import Table, seconds

LEASE_SECONDS = 15.0
HAND_OVER_SECONDS = 60.0
SHORTEST_LEASE = 1.0
"""Seconds; a shorter one would be lost whenever a server takes a breath."""

_URLS = ("postgres_url_file", "postgres_url_env", "postgres_url")


@attrs.frozen(kw_only=True)
class PostgresSettings:
    """Where the journal's server is, in one of three ways; the URL may hold a password and is never shown.

    ``url_env`` names an environment variable, which is removed once it is read. ``hand_over_seconds``: so
    long may the chain's endpoint keep the replica that acts from its tasks.
    """

    url_file: Path | None = None
    url_env: str | None = None
    url_text: str | None = attrs.field(default=None, repr=False)
    password_file: Path | None = None
    """What has the password if the URL has none."""
    lease_seconds: float = LEASE_SECONDS
    hand_over_seconds: float = HAND_OVER_SECONDS

    def url(self) -> str:
        """The URL with its password; raises :class:`~chainboy.errors.ConfigError` when it cannot be read."""
        url = self._bare_url()
        if self.password_file is None:
            return url
        password = quote(read_secret(self.password_file), safe="")
        return f"{url}{'&' if '?' in url else '?'}password={password}"

    def _bare_url(self) -> str:
        if self.url_file is not None:
            try:
                return self.url_file.read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                # Not its content, which is a secret.
                reason = error.strerror if isinstance(error, OSError) else "it is not text"
                raise ConfigError(f"the URL file {self.url_file} cannot be read: {reason}") from None
        if self.url_env is not None:
            text = os.environ.pop(self.url_env, None)
            if text is None:
                raise ConfigError(f"the environment has no {self.url_env}; set it to the journal's URL")
            return text.strip()
        return self.url_text or ""


def configured(table: Table, folder: Path) -> PostgresSettings:
    """The settings in the table; :class:`~chainboy.errors.ConfigError` names the key that is wrong."""
    given = [key for key in _URLS if key in table]
    if len(given) != 1:
        told = f"has {' and '.join(given)}; keep" if given else "has no URL; add"
        raise ConfigError(f"{table.name.rstrip('.')} {told} one of {', '.join(_URLS)}")
    file = table.take("postgres_url_file", str, None)
    password = table.take("postgres_password_file", str, None)
    settings = PostgresSettings(
        url_file=None if file is None else folder / file,
        url_env=table.take("postgres_url_env", str, None),
        url_text=table.take("postgres_url", str, None),
        password_file=None if password is None else folder / password,
        lease_seconds=table.take("lease_seconds", _lease, LEASE_SECONDS),
        hand_over_seconds=table.take("hand_over_seconds", seconds, HAND_OVER_SECONDS),
    )
    table.finish()
    return settings


def _lease(value: Any) -> float:
    length = seconds(value)
    if length < SHORTEST_LEASE:
        raise ValueError(f"give {SHORTEST_LEASE:g} seconds or more")
    return length
