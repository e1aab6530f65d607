"""The way from addresses to a chain: one endpoint as it is, several as one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from chainboy.chain.client import Chain
from chainboy.chain.failover import Failover
from chainboy.chain.price import Spending
from chainboy.chain.profile import ChainProfile
from chainboy.chain.rpc import ATTEMPTS, Requests, Rpc
from chainboy.chain.urls import named, shown
from chainboy.errors import ConfigError

TIMEOUT = 10.0
"""Seconds that an endpoint has to answer a request."""


def connect(
    urls: str | Sequence[str],
    profile: ChainProfile,
    *,
    timeout: float = TIMEOUT,
    spending: Spending | None = None,
) -> Chain:
    """The chain behind one or more ``http(s)://`` endpoints or paths of IPC sockets, the first one preferred.

    ``timeout`` in seconds a request; ``spending``: what may be paid there. Nothing is sent yet;
    :meth:`Chain.check` is the handshake. Raises :class:`~chainboy.errors.ConfigError` for other addresses.
    """
    addresses = (urls,) if isinstance(urls, str) else urls
    endpoints = {name: _endpoint(url, timeout) for name, url in named(addresses).items()}
    return joined(endpoints, profile, spending=spending)


def joined(
    endpoints: Mapping[str, Rpc],
    profile: ChainProfile,
    *,
    spending: Spending | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Chain:
    """The chain behind these endpoints; raises :class:`~chainboy.errors.ConfigError` if there is none."""
    if not endpoints:
        raise ConfigError(f"{profile.name} has no endpoint; give the address of one")
    first, *others = endpoints.values()
    rpc: Requests = Failover(endpoints, profile, sleep=sleep) if others else first
    return Chain(first.web3, profile, rpc=rpc, spending=spending)


def _endpoint(url: str, timeout: float) -> Rpc:
    from web3 import Web3  # noqa: PLC0415 - takes a second to load

    from chainboy.chain.http import HttpEndpoint  # noqa: PLC0415 - so do these
    from chainboy.chain.ipc import IpcEndpoint  # noqa: PLC0415

    if url.startswith(("http://", "https://")):
        provider = HttpEndpoint(url, timeout=timeout)
        return Rpc(Web3(provider), None, attempts=ATTEMPTS, sleep=time.sleep)
    if "://" in url:
        raise ConfigError(f"{shown(url)} is no endpoint; give an http(s) address or an IPC socket's path")
    # One IPC socket carries one conversation.
    web3 = Web3(IpcEndpoint(url, timeout=int(timeout)))
    return Rpc(web3, threading.RLock(), attempts=ATTEMPTS, sleep=time.sleep)
