"""The seam to where programs and data files live: bytes under the hash that names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from chainboy.cid import Cid
from chainboy.errors import ContentMismatch, EncodingError

if TYPE_CHECKING:
    from chainboy.content.dag.address import Address

MAX_CONTENT = 1024 * 1024
"""Most bytes of one piece of content: a data file's limit. Rule: protocol, section 11."""

MAX_BLOCK = 2 * MAX_CONTENT
"""Most bytes of one block of a file in IPFS: the limit of bitswap, by which its daemons exchange them."""


class ContentReader(Protocol):
    """Hands bytes out by their CID. Instances may be used from many threads.

    Raises :class:`~chainboy.errors.ContentUnavailable` when the reader itself fails. ``str`` of it names it
    in logs.
    """

    def get(self, cid: Cid) -> bytes:
        """The bytes that ``cid`` names, checked against its hash.

        Raises :class:`~chainboy.errors.ContentNotFound` when the store has none,
        :class:`~chainboy.errors.ContentMismatch` when it has others in their place.
        """
        ...

    def has(self, cid: Cid) -> bool:
        """Whether the store has something under ``cid``, unchecked."""
        ...


@runtime_checkable
class ContentStore(ContentReader, Protocol):
    """Keeps bytes under their CID, and hands them out."""

    def put(self, data: bytes) -> Cid:
        """Keep ``data``, at most :data:`MAX_CONTENT` bytes, else :class:`~chainboy.errors.EncodingError`.

        Putting what is there already changes nothing; bytes that were tampered with are replaced.
        """
        ...


@runtime_checkable
class BlockReader(Protocol):
    """Hands out any block of a file in IPFS, one that is no content by itself too."""

    def block(self, address: Address) -> bytes:
        """The block of ``address``, at most :data:`MAX_BLOCK` bytes, checked against its hash.

        Raises what :meth:`ContentReader.get` raises.
        """
        ...


def checked(cid: Cid, data: bytes) -> bytes:
    """``data`` if ``cid`` names it, else :class:`ContentMismatch`: what every ``get`` ends with."""
    if len(data) > MAX_CONTENT:
        raise ContentMismatch(f"more than {MAX_CONTENT} bytes came for {cid}; fetch it from another store")
    actual = Cid.of(data)
    if actual != cid:
        raise ContentMismatch(f"the bytes that came for {cid} are {actual}; fetch it from another store")
    return data


def verified(address: Address, block: bytes) -> bytes:
    """``block`` if ``address`` names it, else :class:`ContentMismatch`: what every ``block`` ends with."""
    if len(block) > MAX_BLOCK:
        raise ContentMismatch(f"more than {MAX_BLOCK} bytes came for {address}; fetch it from another store")
    if not address.names(block):
        raise ContentMismatch(f"the bytes that came for {address} are others; fetch it from another store")
    return block


def sized(data: bytes) -> bytes:
    """``data`` if it is small enough to be kept, else :class:`EncodingError`."""
    if len(data) > MAX_CONTENT:
        raise EncodingError(f"content has at most {MAX_CONTENT} bytes, this one {len(data)}; split it")
    return data
