"""Connects to checked addresses alone: a name is looked up once, and what was checked is connected to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from ipaddress import ip_address

import httpx

from chainboy.errors import SourceUnavailable
from chainboy.sources.addresses import Address
from chainboy.sources.guard import Guard, literal

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host's name, for a port; raises ``socket.gaierror`` when it has none."""

MOST_ADDRESSES = 4
"""So many addresses of one name are tried."""


def resolve(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says, in the order in which to try."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedTransport(httpx.AsyncBaseTransport):
    """Hands requests on to ``inner`` with the checked address in the place of the host's name.

    The name stays in the ``Host`` header and in TLS, where the certificate is checked against it. A name of
    which one address is not served is not served at all: whoever mixes them is playing tricks.
    """

    def __init__(
        self, guard: Guard, inner: httpx.AsyncBaseTransport, *, names: Resolve, pool: Executor
    ) -> None:
        self._guard = guard
        self._inner = inner
        self._names = names
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Connect to the first checked address that answers.

        Raises :class:`~chainboy.errors.SourceUnavailable` for what is not served, and what httpx raises.
        """
        self._guard.check_url(request.url)
        *others, last = await self._addresses(request.url)
        for address in others:
            try:
                return await self._send(request, address)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._send(request, last)

    async def aclose(self) -> None:
        """Let all connections go."""
        await self._inner.aclose()

    async def _addresses(self, url: httpx.URL) -> Sequence[Address]:
        host = url.raw_host.decode("ascii")
        own = literal(host)
        if own is None:
            port = url.port or {"http": 80, "https": 443}[url.scheme]
            found = await asyncio.get_running_loop().run_in_executor(
                self._pool, self._names, host, port
            )
            addresses = [ip_address(text) for text in found]
        else:
            addresses = [own]
        for address in addresses:
            self._guard.check_address(address)
        if not addresses:
            raise SourceUnavailable(f"{host} has no address")
        return addresses[:MOST_ADDRESSES]

    async def _send(self, request: httpx.Request, address: Address) -> httpx.Response:
        direct = httpx.Request(
            request.method,
            request.url.copy_with(host=str(address)),
            headers=request.headers,
            extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
        )
        return await self._inner.handle_async_request(direct)
