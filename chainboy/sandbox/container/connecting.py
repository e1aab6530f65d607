"""A client of one Docker engine whose sockets are closed when nobody answers; the SDK leaves them open."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import Any

import docker
from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool

_UNIX = "unix://"
_ANY = "1.24"
"""The SDK asks for the engine's version when it is given none, by connections of its own."""


def connected(host: str, timeout: int) -> Any:
    """A client of the engine at ``host``; each of its answers may take ``timeout`` seconds."""
    client = docker.DockerClient(base_url=host, timeout=timeout, version=_ANY)
    if host.startswith(_UNIX):
        client.api.mount(client.api.base_url, _Adapter(host.removeprefix(_UNIX), timeout))
    client.api.headers["Connection"] = "close"  # else one stays open for each of its addresses
    client.api._version = client.version(api_version=False)["ApiVersion"]  # noqa: SLF001 - asked by ours
    return client


class _Adapter(UnixHTTPAdapter):  # type: ignore[misc]  # the SDK has no types
    def get_connection(self, url: str, proxies: Any = None) -> UnixHTTPConnectionPool:
        del proxies
        with self.pools.lock:
            if url not in self.pools:
                self.pools[url] = _Pool(url, self.socket_path, self.timeout, maxsize=self.max_pool_size)
            return self.pools[url]


class _Pool(UnixHTTPConnectionPool):  # type: ignore[misc]  # the SDK has no types
    def _new_conn(self) -> UnixHTTPConnection:
        return _Connection(self.base_url, self.socket_path, self.timeout)


class _Connection(UnixHTTPConnection):  # type: ignore[misc]  # the SDK has no types
    def connect(self) -> None:
        with ExitStack() as failing:
            opened = failing.enter_context(socket.socket(socket.AF_UNIX))
            opened.settimeout(self.timeout)
            opened.connect(self.unix_socket)
            failing.pop_all()
        self.sock = opened
