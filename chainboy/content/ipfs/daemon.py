"""One IPFS daemon's API, by way of ipfshttpclient: blocks out, files in, pins.

Of the API only what Kubo and js-ipfs share is used: add, block/get, block/stat, pin/ls, pin/rm.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar
from urllib.parse import urlsplit

import attrs

from chainboy.content.dag.address import Address
from chainboy.content.ipfs.guard import Guard
from chainboy.content.patience import Deadline, Line, Passing, Patience
from chainboy.content.store import MAX_CONTENT
from chainboy.errors import ConfigError, ContentNotFound, ContentUnavailable, EncodingError
from chainboy.tables import base_url

T = TypeVar("T")

_MOST_ANSWER = 64 * 1024
"""Bytes of an answer that is no block: a few hundred are usual."""

_NAME = "ipfshttpclient"
_PATCH = "PY_IPFS_HTTP_CLIENT_PATCH_REQUESTS"
_IMPORTING = threading.Lock()


@attrs.frozen
class Daemon:
    """The daemon whose API is at ``url``; it may look for a block for ``search`` seconds before it gives up.

    A connection is made for each request, so it may be used from many threads. Raises
    :class:`~chainboy.errors.ContentNotFound` and :class:`~chainboy.errors.ContentUnavailable`.
    """

    url: str = attrs.field(converter=base_url)
    patience: Patience = attrs.field(factory=Patience)
    search: float = 10.0
    _line: Line = attrs.field(factory=Line, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Say at once that the library is missing, not at the first fetch."""
        if find_spec(_NAME) is None:
            raise ConfigError("IPFS daemons need a library; install it with `pip install 'chainboy[ipfs]'`")

    def block(self, address: Address, most: int) -> bytes:
        """What the daemon has as the block of ``address``, unchecked: at most a byte more than ``most``."""
        options = {"timeout": f"{self._seconds()}s"}

        def get(api: Any) -> bytes:
            try:
                with api.block.get(address, stream=True, opts=options) as pieces:
                    return b"".join(pieces)
            except ContentNotFound as error:
                raise ContentNotFound(f"{address} is not there ({error})") from error

        return self._ask(most, get)

    def holds(self, address: Address) -> bool:
        """Whether the daemon has, or finds, the block of ``address``."""
        options = {"timeout": f"{self._seconds()}s"}
        try:
            self._ask(_MOST_ANSWER, lambda api: api.block.stat(address, opts=options))
        except ContentNotFound:
            return False
        return True

    def add(self, data: bytes) -> Address:
        """Add ``data`` as one raw block and pin it; the name that the daemon has for it."""

        def add(api: Any) -> Address:
            added = api.add(
                io.BytesIO(data),
                pin=True,
                cid_version=1,
                raw_leaves=True,
                chunker=f"size-{MAX_CONTENT}",
            )
            return Address.parse(added["Hash"])

        return self._ask(_MOST_ANSWER, add)

    def pinned(self, address: Address) -> bool:
        """Whether anybody has pinned ``address`` at the daemon."""
        try:
            self._ask(_MOST_ANSWER, lambda api: api.pin.ls(address))
        except ContentNotFound:
            return False
        return True

    def unpin(self, address: Address) -> None:
        """Let ``address`` go; nothing happens if it is not pinned."""
        try:
            self._ask(_MOST_ANSWER, lambda api: api.pin.rm(address))
        except ContentNotFound:
            return

    def _seconds(self) -> float:
        """What the daemon is told to take: less than our time, so that it can still say it found nothing."""
        return min(self.search, self.patience.total / 2)

    def _ask(self, most: int, call: Callable[[Any], T]) -> T:
        return self._line.ask(self.url, lambda deadline: self._call(most, call, deadline), self.patience)

    def _call(self, most: int, call: Callable[[Any], T], deadline: Deadline) -> T:
        library = _library()
        from requests import RequestException  # noqa: PLC0415 - loaded with the library
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - loaded with the library

        limits = (min(self.patience.connect, deadline.left()), deadline.left())
        base = f"{urlsplit(self.url).path}/api/v0".lstrip("/")
        try:
            return call(
                library.Client(_multiaddr(self.url), base, auth=Guard(most, deadline), timeout=limits)
            )
        except (ContentNotFound, ContentUnavailable):
            raise
        except library.exceptions.AddressError as error:
            raise ContentUnavailable("this is no address of a daemon; correct it") from error
        except (library.exceptions.CommunicationError, RequestException, HTTPError) as error:
            raise Passing(f"it broke off: {_first_line(error)}") from error
        except (library.exceptions.Error, EncodingError) as error:
            raise ContentUnavailable(f"it answers nonsense: {_first_line(error)}") from error
        except (AssertionError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ContentUnavailable("it answers nonsense") from error


def _library() -> Any:
    """The client library, with `requests` as it is.

    It would patch that for Unix sockets, in a way that urllib3 warns of; the variable is read at its import.
    """
    with _IMPORTING:
        if _NAME in sys.modules:
            return importlib.import_module(_NAME)
        before = os.environ.get(_PATCH)
        os.environ[_PATCH] = "no"
        try:
            return importlib.import_module(_NAME)
        finally:
            if before is None:
                del os.environ[_PATCH]
            else:
                os.environ[_PATCH] = before


def _multiaddr(url: str) -> str:
    """The URL as the library takes it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    kind = "ip6" if ":" in host else "ip4" if host.replace(".", "").isdecimal() else "dns"
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"/{kind}/{host}/tcp/{port}/{parts.scheme}"


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0][:300]
