"""Makes blocks by hand, also such as no honest tool makes: an encoder that checks nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import attrs

from chainboy.content.dag import Address, Codec

SHA2_256 = 0x12


def varint(value: int) -> bytes:
    """A protocol buffers' varint."""
    out = b""
    while value >= 0x80:
        out += bytes((value & 0x7F | 0x80,))
        value >>= 7
    return out + bytes((value,))


def number(field: int, value: int) -> bytes:
    """A field that is a number."""
    return varint(field << 3) + varint(value)


def blob(field: int, value: bytes) -> bytes:
    """A field that is bytes or a message."""
    return varint(field << 3 | 2) + varint(len(value)) + value


def unixfs(data: bytes = b"", sizes: Sequence[int] = (), *, kind: int = 2, size: int | None = None) -> bytes:
    """A UnixFS message; its file size is the true one unless it is given."""
    total = len(data) + sum(sizes) if size is None else size
    written = blob(2, data) if data else b""
    return number(1, kind) + written + number(3, total) + b"".join(number(4, each) for each in sizes)


def link(address: Address, name: str = "", size: int = 0) -> bytes:
    """A dag-pb link."""
    return blob(1, address.pack()) + blob(2, name.encode()) + number(3, size)


def node(links: Sequence[Address], message: bytes) -> bytes:
    """A dag-pb block."""
    return b"".join(blob(2, link(address)) for address in links) + blob(1, message)


@attrs.frozen
class Forest:
    """Blocks by address, and how often each was asked for."""

    blocks: dict[Address, bytes] = attrs.field(factory=dict)
    asked: list[Address] = attrs.field(factory=list)

    def leaf(self, data: bytes) -> Address:
        """Keep a raw block."""
        return self._keep(Codec.RAW, data)

    def branch(self, links: Sequence[Address], sizes: Sequence[int], data: bytes = b"") -> Address:
        """Keep a file's node."""
        return self.raw_node(node(links, unixfs(data, sizes)))

    def raw_node(self, block: bytes) -> Address:
        """Keep any dag-pb block."""
        return self._keep(Codec.DAG_PB, block)

    def fetch(self, address: Address) -> bytes:
        """The block of ``address``."""
        self.asked.append(address)
        return self.blocks[address]

    def _keep(self, codec: Codec, block: bytes) -> Address:
        address = Address(codec, SHA2_256, hashlib.sha256(block).digest())
        self.blocks[address] = block
        return address
