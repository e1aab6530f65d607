"""An account's outbox over a forgetful pool and lazy blocks."""

from __future__ import annotations

from typing import Any

from eth_hash.auto import keccak

from chainboy.chain import Call, ChainProfile, KeySigner, Sender, Spending
from chainboy.chain.outbox import MemoryBook, Outbox
from chainboy.chain.transaction import Transaction
from chainboy.consensus.fields import to_address
from chainboy.testing.fake_node import CHAIN_ID, Mempool, chain_over

SIGNER = KeySigner(keccak(b"outbox"))
FIRST, SECOND = (Call(to=to_address(bytes([n]) * 20), data=bytes([n])) for n in (1, 2))
CONFIRMATIONS = 4
STUCK = 10
"""Seconds, and blocks."""


class World:
    """A pool, an account, what it has signed; processes come and go."""

    def __init__(self, **spending: Any) -> None:
        self.node = Mempool()
        self.book: MemoryBook[str] = MemoryBook()
        self.spending = Spending(stuck_seconds=STUCK, **spending)
        self.start()

    def start(self) -> None:
        """A new process with what the last one wrote down."""
        profile = ChainProfile(
            name="test", chain_id=CHAIN_ID, confirmations=CONFIRMATIONS, block_seconds=1
        )
        chain = chain_over(self.node, profile=profile, spending=self.spending)
        self.sender = Sender(chain, SIGNER)
        self.outbox = Outbox(self.sender, self.book)

    def wait(self, blocks: int = STUCK) -> None:
        """Blocks pass that leave the pool alone, and the outbox looks before and after."""
        self.outbox.tend()
        self.node.idle(blocks)
        self.outbox.tend()

    @property
    def calls(self) -> list[Call]:
        """What is mined."""
        return [Transaction.decode(raw).call for raw in self.node.mined]
