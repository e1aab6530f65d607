"""Gives a file that IPFS keeps as a tree of blocks the one-block name that programs and data files have."""

from __future__ import annotations

from chainboy.content.dag import Address, read_file
from chainboy.content.patience import Deadline
from chainboy.content.store import BlockReader


def fetched(root: Address, source: BlockReader, seconds: float) -> bytes:
    """The file under ``root``, block by block from ``source``, each checked against its hash.

    Its name is then ``Cid.of(…)``. Raises :class:`~chainboy.errors.EncodingError` for a tree that is no
    file of at most 1 MiB, :class:`~chainboy.errors.ContentUnavailable` when it takes more than ``seconds``
    between two blocks, and what ``source`` raises.
    """
    deadline = Deadline(seconds)

    def block(address: Address) -> bytes:
        deadline.left()
        return source.block(address)

    return read_file(root, block)
