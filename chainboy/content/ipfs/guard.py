"""Stands between an IPFS daemon and its client library: answers are bounded, and come from where they should.

The library reads every answer whole, errors too, whatever its size, and follows every redirect.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs

from chainboy.content.patience import Deadline, Passing
from chainboy.errors import ContentNotFound, ContentUnavailable

if TYPE_CHECKING:
    from requests import PreparedRequest, Response
    from urllib3 import HTTPResponse

_OK, _TOO_MANY, _REDIRECTS = 200, 429, range(300, 400)
_BUSY = frozenset({502, 503, 504})
_PIECE = 64 * 1024
_LONGEST_ERROR = 16 * 1024

_ABSENT = ("not found", "could not find", "timed out", "deadline exceeded", "timeout", "not pinned")
"""How daemons say that they have not found a block, or not in the time that they were given."""


@attrs.frozen
class Guard:
    """What ``requests`` calls an authentication: sees each request before it is sent.

    It lets at most ``most`` bytes and one through, until the ``deadline``.
    """

    most: int
    deadline: Deadline

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Ask for plain bytes, and to see the answer first."""
        request.headers["Accept-Encoding"] = "identity"
        request.register_hook("response", self._check)
        return request

    def _check(self, response: Response, **_: Any) -> None:
        response.raw = Bounded(response.raw, self.most, self.deadline)
        if response.status_code != _OK:
            try:
                raise _failure(response.status_code, response.headers.get("Location", ""), response.raw)
            finally:
                response.close()


class Bounded:
    """A body of which at most ``most`` bytes and one are read, as they come, until the deadline."""

    def __init__(self, raw: HTTPResponse, most: int, deadline: Deadline) -> None:
        self._raw = raw
        self._left = most + 1
        self._deadline = deadline

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """Pieces of the body, undecoded; what ``requests`` calls to iterate over a body."""
        while self._left > 0:
            self._deadline.left()
            piece = self._raw.read1(min(self._left, _PIECE), decode_content=False)
            if not piece:
                return
            self._left -= len(piece)
            yield piece

    def close(self) -> None:
        """Close the connection."""
        self._raw.close()

    def release_conn(self) -> None:
        """Close the connection: of a body that was cut short it cannot be used again."""
        self._raw.close()


def _failure(status: int, location: str, body: Bounded) -> ContentNotFound | ContentUnavailable:
    """What an answer other than 200 means, in the daemon's own words if it has any."""
    if status in _REDIRECTS:
        return ContentUnavailable(f"it redirects to another place, {location[:200]!r}")
    said = _message(body)
    if status == _TOO_MANY or status in _BUSY:
        return Passing(f"it is too busy (status {status})")
    if said is not None and any(word in said.lower() for word in _ABSENT):
        return ContentNotFound(said)
    return ContentUnavailable(f"it answers with status {status}" + (f": {said}" if said else ""))


def _message(body: Bounded) -> str | None:
    text = bytearray()
    for piece in body.stream():
        text += piece
        if len(text) > _LONGEST_ERROR:
            return None
    try:
        return str(json.loads(text)["Message"])[:500]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
