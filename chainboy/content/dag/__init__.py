"""Files as IPFS keeps them, as trees of blocks under hashes: pure, and hostile trees are expected."""

from __future__ import annotations

from chainboy.content.dag.address import Address, Codec
from chainboy.content.dag.node import Node
from chainboy.content.dag.reader import Bounds, read_file
from chainboy.content.dag.unixfs import Kind, Piece

__all__ = ["Address", "Bounds", "Codec", "Kind", "Node", "Piece", "read_file"]
