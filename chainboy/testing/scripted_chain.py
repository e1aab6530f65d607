"""A chain of logs alone, written by a test: it grows, forks, fails and hides logs on demand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import attrs

from chainboy.consensus.fields import to_address
from chainboy.errors import ChainError, TooManyLogs
from chainboy.events.log import BlockRef, LogEvent, Topics
from chainboy.units import Address, Digest, Timestamp

CHAIN_ID = 31_337
CONTRACT = to_address(bytes([0xC0]) * 20)
TOPIC = bytes([0x70]) * 32


@attrs.frozen
class _Block:
    ref: BlockRef
    events: tuple[LogEvent, ...]


class ScriptedChain:
    """A :class:`~chainboy.events.reader.LogReader` in memory. Block 0 is there from the start.

    ``range_limit`` is the most blocks it lists at once; ``down`` makes every question fail; logs whose key is
    in ``hidden`` are left out.
    """

    def __init__(self) -> None:
        self.range_limit: int | None = None
        self.down = False
        self.hidden: set[tuple[bytes, bytes, int]] = set()
        self.asked: list[tuple[int, int]] = []
        self.receipts: list[bytes] = []
        self._made = 0
        self._blocks: list[_Block] = []
        self.mine(0)

    def mine(self, logs: int = 0) -> tuple[LogEvent, ...]:
        """Add a block with so many logs; returns them."""
        number = len(self._blocks)
        parent = self._blocks[-1].ref.hash if self._blocks else Digest(bytes(32))
        ref = BlockRef(
            number=number, hash=self._unique(), parent_hash=parent, timestamp=Timestamp(1_000_000 + number)
        )
        events = tuple(
            LogEvent(
                chain_id=CHAIN_ID,
                block_number=number,
                block_hash=ref.hash,
                tx_hash=self._unique(),
                log_index=index,
                address=CONTRACT,
                topics=(TOPIC,),
                data=b"",
            )
            for index in range(logs)
        )
        self._blocks.append(_Block(ref, events))
        return events

    def fork(self, depth: int) -> None:
        """Drop the newest ``depth`` blocks, never block 0; mine others in their place."""
        keep = max(1, len(self._blocks) - depth)
        del self._blocks[keep:]

    def canonical(self, last: int) -> list[LogEvent]:
        """Every log of the chain as it is now, up to block ``last``."""
        return [event for block in self._blocks[: last + 1] for event in block.events]

    def head(self) -> BlockRef:
        """The newest block."""
        self._fail_when_down()
        return self._blocks[-1].ref

    def block(self, number: int) -> BlockRef:
        """The block of this number now."""
        self._fail_when_down()
        if not 0 <= number < len(self._blocks):
            raise ChainError(f"there is no block {number}; mine it first")
        return self._blocks[number].ref

    def logs(self, addresses: Sequence[Address], topics: Topics, first: int, last: int) -> list[LogEvent]:
        """Logs of blocks ``first`` to ``last``; ``topics`` are not looked at."""
        self._fail_when_down()
        self.asked.append((first, last))
        if self.range_limit is not None and last - first + 1 > self.range_limit:
            raise TooManyLogs(f"at most {self.range_limit} blocks at once; ask for fewer")
        del topics
        wanted = (event for event in self.canonical(last) if event.block_number >= first)
        return [event for event in wanted if event.address in addresses and event.key not in self.hidden]

    def logs_of(self, tx_hash: bytes) -> Sequence[LogEvent] | None:
        """The logs of a transaction, hidden ones too; a transaction is known by its logs alone."""
        self._fail_when_down()
        self.receipts.append(tx_hash)
        found = [event for block in self._blocks for event in block.events if event.tx_hash == tx_hash]
        return found or None

    def _unique(self) -> Digest:
        self._made += 1
        return Digest(hashlib.sha256(self._made.to_bytes(8)).digest())

    def _fail_when_down(self) -> None:
        if self.down:
            raise ChainError("the endpoint is down; try again")
