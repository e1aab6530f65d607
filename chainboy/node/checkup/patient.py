"""What the checks look at: a node's configuration, and what it leads to, each thing opened once."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import attrs

from chainboy.chain.connect import connect
from chainboy.chain.keys import opened
from chainboy.contracts.deployment import Deployment
from chainboy.errors import ChainBoyError, ConfigError
from chainboy.node.config import NodeConfig
from chainboy.node.place import Place
from chainboy.node.rows import Identity

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.chain.profile import ChainProfile
    from chainboy.chain.signer import Signer
    from chainboy.events.log import BlockRef


class Unmet(ChainBoyError, LookupError):
    """What a check needs failed in an earlier one, which has told it."""


@attrs.frozen(kw_only=True)
class Endpoint:
    """One RPC endpoint, and its head or what is wrong; ``name`` shows no path, for keys stand there."""

    name: str
    chain: Chain
    head: BlockRef | None
    problem: Exception | None


@attrs.frozen(kw_only=True)
class Patient:
    """A node to be. What cannot be opened raises what opening it raises, once; then :class:`Unmet`."""

    config: NodeConfig
    clock: Callable[[], float] = time.time

    @functools.cached_property
    def place(self) -> Place:
        """The home chain, its endpoints and the contracts on it."""
        return Place.of(self.config)

    @functools.cached_property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Each endpoint, tried."""
        return tuple(_tried(url, self.place.profile) for url in self.place.urls)

    @functools.cached_property
    def signer(self) -> Signer | Exception:
        """The key, or why it does not open: it can be read once only."""
        try:
            return opened(self.config.key)
        except (ChainBoyError, OSError) as error:
            return error

    @property
    def chain(self) -> Chain:
        """The first endpoint that works; :class:`Unmet` without one."""
        return self.working.chain

    @property
    def working(self) -> Endpoint:
        """The first endpoint that works; :class:`Unmet` without one."""
        for endpoint in self.endpoints:
            if endpoint.problem is None:
                return endpoint
        raise Unmet("no endpoint works")

    @property
    def deployment(self) -> Deployment:
        """The contracts."""
        return self.place.deployment

    @property
    def identity(self) -> Identity:
        """Whose journal it must be; :class:`Unmet` if the key does not open."""
        return self.place.identity(self.key.address)

    @property
    def key(self) -> Signer:
        """The key; :class:`Unmet` if it does not open."""
        if isinstance(self.signer, Exception):
            raise Unmet("the key does not open")
        return self.signer


def _tried(url: str, profile: ChainProfile) -> Endpoint:
    name = shown(url)
    chain = connect(url, profile)
    try:
        chain.check()
        head = chain.head()
    except (ChainBoyError, OSError) as error:
        return Endpoint(name=name, chain=chain, head=None, problem=_veiled(error, url, name))
    return Endpoint(name=name, chain=chain, head=head, problem=None)


def shown(url: str) -> str:
    """An endpoint without what may be secret: user, path and query."""
    parts = urlsplit(url)
    if not parts.scheme or not parts.hostname:
        return url
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


def _veiled(error: Exception, url: str, name: str) -> Exception:
    """The error without the endpoint's path, which libraries like to quote."""
    parts = urlsplit(url)
    text = str(error).replace(url, name)
    for part in filter(None, (parts.query, parts.path.strip("/"), parts.password)):
        text = text.replace(part, "…")
    return ConfigError(text)
