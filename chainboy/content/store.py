"""The seam to where programs and data files live: bytes under the hash that names them."""

from __future__ import annotations

from typing import Protocol

from chainboy.cid import Cid
from chainboy.errors import ContentMismatch, EncodingError

MAX_CONTENT = 1024 * 1024
"""Most bytes of one piece of content: a data file's limit. Rule: protocol, section 11."""


class ContentStore(Protocol):
    """Keeps bytes under their CID. Instances may be used from many threads.

    Raises :class:`~chainboy.errors.ContentUnavailable` when the store itself fails.
    """

    def get(self, cid: Cid) -> bytes:
        """The bytes that ``cid`` names, checked against its hash.

        Raises :class:`~chainboy.errors.ContentNotFound` when the store has none,
        :class:`~chainboy.errors.ContentMismatch` when it has others in their place.
        """
        ...

    def put(self, data: bytes) -> Cid:
        """Keep ``data``, at most :data:`MAX_CONTENT` bytes, else :class:`~chainboy.errors.EncodingError`.

        Putting what is there already changes nothing; bytes that were tampered with are replaced.
        """
        ...

    def has(self, cid: Cid) -> bool:
        """Whether the store has something under ``cid``, unchecked."""
        ...


def checked(cid: Cid, data: bytes) -> bytes:
    """``data`` if ``cid`` names it, else :class:`ContentMismatch`: what every ``get`` ends with."""
    if len(data) > MAX_CONTENT:
        raise ContentMismatch(f"more than {MAX_CONTENT} bytes came for {cid}; fetch it from another store")
    actual = Cid.of(data)
    if actual != cid:
        raise ContentMismatch(f"the bytes that came for {cid} are {actual}; fetch it from another store")
    return data


def sized(data: bytes) -> bytes:
    """``data`` if it is small enough to be kept, else :class:`EncodingError`."""
    if len(data) > MAX_CONTENT:
        raise EncodingError(f"content has at most {MAX_CONTENT} bytes, this one {len(data)}; split it")
    return data
