"""The table ``[sources]`` of a node's configuration file; a node without it fetches nothing."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from chainboy.sources.guard import Guard
from chainboy.sources.limits import MOST_BYTES, Limits
from chainboy.sources.web import WebSources
from chainboy.tables import Table, amount, each, flag, positive, seconds


def configured(table: Table, folder: Path) -> WebSources:  # noqa: ARG001 - the signature of all such parts
    """The reader that the whole of ``table`` describes; nothing is looked up or connected to.

    Raises :class:`~chainboy.errors.ConfigError` that names the key for what is unknown or malformed.
    """
    usual, guard = Limits(), Guard()
    reader = WebSources(
        limits=Limits(
            timeout_seconds=table.take("timeout_seconds", seconds, usual.timeout_seconds),
            total_seconds=table.take("total_seconds", seconds, usual.total_seconds),
            max_bytes=table.take("max_bytes", _bytes, usual.max_bytes),
            redirects=table.take("redirects", amount, usual.redirects),
            tries=table.take("tries", positive, usual.tries),
        ),
        guard=Guard(
            allow_http=table.take("allow_http", flag, guard.allow_http),
            allow_loopback=table.take("allow_loopback", flag, guard.allow_loopback),
            allowed_hosts=table.take("allowed_hosts", each(_host), guard.allowed_hosts),
            denied_hosts=table.take("denied_hosts", each(_host), guard.denied_hosts),
            denied_networks=table.take("denied_networks", each(_network), guard.denied_networks),
        ),
    )
    table.finish()
    return reader


def _bytes(value: Any) -> int:
    number = positive(value)
    if number > MOST_BYTES:
        raise ValueError(f"give at most {MOST_BYTES} bytes")
    return number


def _host(value: Any) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.strip("."):
        raise ValueError("give names of hosts, such as example.org")
    return value.strip(".").lower()


def _network(value: Any) -> IPv4Network | IPv6Network:
    return ip_network(value)
