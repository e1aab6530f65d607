"""Content from an IPFS gateway over HTTP: raw blocks, which any gateway can serve and none can forge.

Rule: the trustless gateway specification of IPFS (``?format=raw``, ``application/vnd.ipld.raw``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from chainboy.cid import Cid
from chainboy.content.dag.address import Address
from chainboy.content.fallback import FallbackStore
from chainboy.content.patience import Deadline, Line, Passing, Patience
from chainboy.content.place import patience_of, places
from chainboy.content.store import MAX_BLOCK, MAX_CONTENT, checked, verified
from chainboy.errors import ContentNotFound, ContentUnavailable
from chainboy.tables import Table, base_url

if TYPE_CHECKING:
    import httpx

_HEADERS = {"Accept": "application/vnd.ipld.raw", "Accept-Encoding": "identity", "User-Agent": "chainboy"}
_MISSING = frozenset({404, 410})
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_OK = 200
_REDIRECTS = 3


@attrs.frozen
class Gateway:
    """A :class:`~chainboy.content.ContentReader` and block reader over the gateway at ``url``.

    Nothing is kept between two fetches, so it may be pickled, and used from many threads. Redirects are
    followed to the same scheme, host and port only.
    """

    url: str = attrs.field(converter=base_url)
    patience: Patience = attrs.field(factory=Patience)
    _line: Line = attrs.field(factory=Line, eq=False, repr=False)

    def get(self, cid: Cid) -> bytes:
        """See :meth:`chainboy.content.ContentReader.get`."""
        return checked(cid, self._ask("GET", str(cid), MAX_CONTENT))

    def has(self, cid: Cid) -> bool:
        """See :meth:`chainboy.content.ContentReader.has`."""
        try:
            self._ask("HEAD", str(cid), 0)
        except ContentNotFound:
            return False
        return True

    def block(self, address: Address) -> bytes:
        """See :meth:`chainboy.content.BlockReader.block`."""
        return verified(address, self._ask("GET", str(address), MAX_BLOCK))

    def __str__(self) -> str:
        return self.url

    def _ask(self, method: str, text: str, most: int) -> bytes:
        """What comes under the CID ``text``, unchecked: at most one byte more than ``most``."""
        return self._line.ask(
            self.url, lambda deadline: self._request(method, text, most, deadline), self.patience
        )

    def _request(self, method: str, text: str, most: int, deadline: Deadline) -> bytes:
        import httpx  # noqa: PLC0415 - heavy

        limits = httpx.Timeout(deadline.left(), connect=min(self.patience.connect, deadline.left()))
        url = httpx.URL(f"{self.url}/ipfs/{text}?format=raw")
        try:
            with httpx.Client(headers=_HEADERS, timeout=limits, follow_redirects=False) as client:
                for _ in range(1 + _REDIRECTS):
                    with client.stream(method, url) as response:
                        if response.next_request is None:
                            _refuse(response, text)
                            return _body(response, most, deadline)
                        url = _same_place(url, response.next_request.url)
        except httpx.HTTPError as error:
            raise Passing(f"it broke off: {str(error) or type(error).__name__}") from error
        raise ContentUnavailable("it redirects for ever")


def _refuse(response: httpx.Response, text: str) -> None:
    """Raise what an answer without content means."""
    status = response.status_code
    if status in _MISSING:
        raise ContentNotFound(f"{text} is not there (status {status})")
    if status in _BUSY:
        raise Passing(f"it is too busy, or cannot find {text} (status {status})")
    if status != _OK:
        raise ContentUnavailable(f"it answers with status {status}")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ContentUnavailable("it compresses what must come as it is")


def _body(response: httpx.Response, most: int, deadline: Deadline) -> bytes:
    """The body as it comes, never more of it than shows that it is too much."""
    body = bytearray()
    if response.request.method == "HEAD":
        return b""
    for piece in response.iter_raw():
        deadline.left()
        body += piece[: most + 1 - len(body)]
        if len(body) > most:
            break
    return bytes(body)


def _same_place(here: httpx.URL, there: httpx.URL) -> httpx.URL:
    if (here.scheme, here.host, here.port) != (there.scheme, there.host, there.port):
        raise ContentUnavailable(f"it redirects to another place, {there.scheme}://{there.host}")
    return there


def configured(table: Table, folder: Path) -> FallbackStore:  # noqa: ARG001 - it has no files
    """The gateways of a ``[content.gateways]`` table: ``urls``, and the keys of :func:`patience_of`."""
    urls = table.take("urls", places)
    patience = patience_of(table)
    return FallbackStore.of(*(Gateway(url, patience) for url in urls))
