"""What a node is willing to connect to: judged by the url first, and by the address before each connection.

Programs are strangers', so their urls may aim at what only the node can reach: its own machine, its network,
the metadata service of its cloud.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

import attrs

from chainboy.errors import SourceUnavailable
from chainboy.sources.addresses import Address, destination, is_loopback, is_public

if TYPE_CHECKING:
    import httpx

FIRST_FREE_PORT = 1_024
_WEB_PORTS = {80, 443}
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_LOOKS_LIKE_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


@attrs.frozen(kw_only=True)
class Guard:
    """The operator's limits on where sources may be.

    Without more, only ``https`` and public addresses are served. ``allow_http`` serves ``http``, too, though
    not by a redirect away from ``https``. ``allow_loopback`` serves this machine's own addresses. A name in
    ``allowed_hosts`` or ``denied_hosts`` stands for all names below it, too; with an empty ``allowed_hosts``
    all are allowed. No address in ``denied_networks`` is served.
    """

    allow_http: bool = False
    allow_loopback: bool = False
    allowed_hosts: frozenset[str] = frozenset()
    denied_hosts: frozenset[str] = frozenset()
    denied_networks: frozenset[IPv4Network | IPv6Network] = frozenset()

    def check_url(self, url: httpx.URL) -> None:
        """Raise :class:`~chainboy.errors.SourceUnavailable` for a url that is not served.

        Hosts are names in letters, digits, ``-`` and ``_``, or addresses in their usual form: no other way to
        write an address, no dot at the end, no user name. Ports are 80, 443, or 1024 and above.
        """
        host = url.raw_host.decode("ascii")
        if url.scheme != "https" and not (url.scheme == "http" and self.allow_http):
            raise SourceUnavailable(f"this node fetches no {url.scheme} urls")
        if url.userinfo:
            raise SourceUnavailable("a url with a user name is not fetched")
        if url.port is not None and url.port not in _WEB_PORTS and url.port < FIRST_FREE_PORT:
            raise SourceUnavailable(f"port {url.port} is not one of the web's")
        if literal(host) is None and (not _NAME.fullmatch(host) or _LOOKS_LIKE_A_NUMBER.fullmatch(host)):
            raise SourceUnavailable(f"{host[:80]!r} is no host's name, and no address in its usual form")
        unlisted = self.allowed_hosts and not _stands_for(self.allowed_hosts, host)
        if unlisted or _stands_for(self.denied_hosts, host):
            raise SourceUnavailable(f"this node does not fetch from {host}")

    def check_address(self, address: Address) -> None:
        """Raise :class:`~chainboy.errors.SourceUnavailable` for an address that is not served."""
        reached = destination(address)
        if any(reached.version == net.version and reached in net for net in self.denied_networks):
            raise SourceUnavailable(f"this node does not connect to {address}")
        if not is_public(address) and not (self.allow_loopback and is_loopback(address)):
            raise SourceUnavailable(f"{address} is no public address, so this node does not connect to it")


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that ``host`` is in its usual form; ``None`` for a name."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return None if isinstance(address, IPv6Address) and address.scope_id is not None else address


def _stands_for(names: frozenset[str], host: str) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in names)
