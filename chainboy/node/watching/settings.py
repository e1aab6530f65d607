"""The table ``[watch]`` of a node's configuration."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import attrs

from chainboy.tables import Table, host_and_port, seconds

LISTEN = ("127.0.0.1", 9464)
STALE_AFTER = 60.0


@attrs.frozen(kw_only=True)
class WatchSettings:
    """Where a node can be watched; ``stale_after`` seconds without work it is not ready any more."""

    listen: tuple[str, int] = LISTEN
    stale_after: float = STALE_AFTER

    @property
    def private(self) -> bool:
        """Only this machine can reach it."""
        host = self.listen[0]
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


def configured(table: Table, _folder: Path) -> WatchSettings:
    """The settings in the table; :class:`~chainboy.errors.ConfigError` names the key that is wrong."""
    settings = WatchSettings(
        listen=table.take("listen", host_and_port, LISTEN),
        stale_after=table.take("stale_after", seconds, STALE_AFTER),
    )
    table.finish()
    return settings
