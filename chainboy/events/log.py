"""What a chain says happened: a block's name and a contract's log, as every source gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from chainboy.units import Address, Digest, Timestamp

Topics = Sequence[bytes | Sequence[bytes] | None]
"""A filter by position: one topic, any of several, or None for any."""

LogKey = tuple[bytes, bytes, int]
"""(block hash, transaction hash, log index): the same log in another block is another event."""


@attrs.frozen(kw_only=True)
class BlockRef:
    """A block by number and hash; ``timestamp`` in seconds."""

    number: int
    hash: Digest
    parent_hash: Digest
    timestamp: Timestamp


@attrs.frozen(kw_only=True)
class LogEvent:
    """One log of one contract, where it stands on its chain."""

    chain_id: int
    block_number: int
    block_hash: Digest
    tx_hash: Digest
    log_index: int
    address: Address
    topics: tuple[bytes, ...]
    data: bytes

    @property
    def key(self) -> LogKey:
        """What tells this log from every other of its chain, over reorganisations."""
        return self.block_hash, self.tx_hash, self.log_index

    @property
    def position(self) -> tuple[int, int]:
        """(block number, log index): the order of events on one chain."""
        return self.block_number, self.log_index


def log_filter(addresses: Sequence[Address], topics: Topics) -> dict[str, Any]:
    """The filter as JSON-RPC writes it, without a range of blocks."""
    return {"address": list(addresses), "topics": [_topic(topic) for topic in topics]}


def _topic(topic: bytes | Sequence[bytes] | None) -> str | list[str] | None:
    if topic is None:
        return None
    if isinstance(topic, bytes):
        return f"0x{topic.hex()}"
    return [f"0x{option.hex()}" for option in topic]
