"""Reads a file block by block, checks each against its hash, and gives up on trees made to exhaust.

A hash cannot lead back to itself, so there are no circles; but a small tree can be wide, deep, or name the
same block again and again. Every one of these has its bound.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from chainboy.content.dag.address import Address, Codec
from chainboy.content.dag.node import Node
from chainboy.content.dag.unixfs import Kind, Piece
from chainboy.content.store import MAX_BLOCK, MAX_CONTENT
from chainboy.errors import ContentMismatch, EncodingError

Fetch = Callable[[Address], bytes]
"""Brings the block of an address; what it brings is checked."""


@attrs.frozen(kw_only=True)
class Bounds:
    """How large a tree may be."""

    file: int = MAX_CONTENT
    """Bytes of the file."""
    block: int = MAX_BLOCK
    """Bytes of one block."""
    fetched: int = 8 * MAX_CONTENT
    """Bytes of all blocks that are fetched; they are kept until the file is read."""
    steps: int = 16_384
    """Links that are followed, those to a block that is known already too."""
    depth: int = 32
    """Links from the root down to any piece."""


def read_file(root: Address, fetch: Fetch, bounds: Bounds | None = None) -> bytes:
    """The file that ``root`` names, read through ``fetch``, which is asked for each block once.

    Raises :class:`~chainboy.errors.EncodingError` for what is no file, or none within ``bounds``, and
    :class:`~chainboy.errors.ContentMismatch` for a block that is not the one its hash names.
    """
    return _Reading(fetch, bounds or Bounds()).file(root)


class _Reading:
    """One reading of one file: its blocks, and how much of the bounds is used."""

    def __init__(self, fetch: Fetch, bounds: Bounds) -> None:
        self._fetch = fetch
        self._bounds = bounds
        self._blocks: dict[Address, bytes] = {}
        self._fetched = 0

    def file(self, root: Address) -> bytes:
        """The whole file: leaves from left to right, by a stack of what is still to read."""
        out = bytearray()
        steps = 0
        waiting: list[tuple[Address, int | None, int]] = [(root, None, 0)]
        while waiting:
            address, expected, depth = waiting.pop()
            steps += 1
            if steps > self._bounds.steps or depth > self._bounds.depth:
                raise EncodingError(f"{root} has too many blocks or levels for a file; add the file anew")
            piece, links = self._piece(address)
            if expected not in (None, piece.size):
                raise EncodingError(f"{address} has {piece.size} bytes of file where {expected} were listed")
            if piece.size > self._bounds.file:
                raise EncodingError(
                    f"{root} has {piece.size} bytes; content has at most {self._bounds.file}, split it"
                )
            out += piece.data
            children = zip(links, piece.sizes, strict=True)
            waiting.extend((link, size, depth + 1) for link, size in reversed(list(children)))
        return bytes(out)

    def _piece(self, address: Address) -> tuple[Piece, tuple[Address, ...]]:
        block = self._block(address)
        if address.codec is Codec.RAW:
            return Piece(kind=Kind.RAW, data=block, size=len(block), sizes=()), ()
        node = Node.decode(block)
        if node.data is None:
            raise EncodingError(f"{address} is no file: its block says nothing about one")
        piece = Piece.decode(node.data)
        if piece.kind not in (Kind.RAW, Kind.FILE):
            what = piece.kind.name.lower().replace("_", " ")
            raise EncodingError(f"{address} is a {what}, no file; give the CID of a file")
        if len(node.links) != len(piece.sizes):
            raise EncodingError(f"{address} has {len(node.links)} links and lists {len(piece.sizes)} sizes")
        return piece, node.links

    def _block(self, address: Address) -> bytes:
        if address.inline is not None:
            return address.inline
        if address not in self._blocks:
            block = self._fetch(address)
            self._fetched += len(block)
            if len(block) > self._bounds.block or self._fetched > self._bounds.fetched:
                raise EncodingError(f"{address} is too large a block, or one too many; add the file anew")
            if not address.names(block):
                raise ContentMismatch(f"the bytes that came for {address} are others; fetch it elsewhere")
            self._blocks[address] = block
        return self._blocks[address]
