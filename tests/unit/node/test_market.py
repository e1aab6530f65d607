"""What the chain tells of costs: receipts of one's own transactions, and the price of the next block."""

from __future__ import annotations

from typing import Any, cast

import attrs
import pytest

from chainboy.chain.decode import Receipt
from chainboy.chain.outbox import Entry
from chainboy.chain.price import Fees
from chainboy.chain.transaction import Signed
from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import to_address
from chainboy.contracts.gateway import Gateway
from chainboy.contracts.gateway_events import RewardClaimed
from chainboy.errors import ChainError
from chainboy.events.log import LogEvent
from chainboy.node.book import Errand, JournalBook
from chainboy.node.economics.history import Spent
from chainboy.node.economics.market import ChainMarket
from chainboy.node.journal import Journal
from chainboy.node.machine import Duty
from chainboy.node.rows import Identity
from chainboy.units import Digest, Epoch, Weight

HERE = to_address(b"\1" * 20)
LOST, MINED = keccak(b"lost"), keccak(b"mined")


def log(topic: bytes) -> LogEvent:
    """A log with this first topic."""
    return LogEvent(
        chain_id=5,
        block_number=1,
        block_hash=keccak(b"block"),
        tx_hash=MINED,
        log_index=0,
        address=HERE,
        topics=(topic,),
        data=b"",
    )


@attrs.define
class Told:
    """A chain that has receipts and a price."""

    chain_id: int = 5
    receipts: dict[bytes, Receipt] = attrs.field(factory=dict)
    broken: bool = False
    now: Fees = attrs.field(default=Fees(maximum=9, priority=None, block_gas=1))

    def receipt(self, tx_hash: bytes) -> Receipt | None:
        """What became of it."""
        if self.broken:
            raise ChainError("the endpoint is down; try again")
        return self.receipts.get(tx_hash)

    def fees(self) -> Fees:
        """What gas costs."""
        return self.now


@attrs.frozen
class Stakes:
    """A registry."""

    def total_at(self, epoch: Epoch) -> tuple[Weight, int]:
        """All weight."""
        return Weight(100 + epoch), 3


def market(chain: Told) -> ChainMarket:
    """The market of that chain."""
    return ChainMarket(cast("Any", chain), cast("Any", Stakes()))


def receipt(*logs: LogEvent) -> Receipt:
    """A transaction that used 90,001 gas."""
    return Receipt(
        tx_hash=MINED,
        block_number=1,
        block_hash=keccak(b"block"),
        gas_used=90_001,
        gas_price=1,
        status=True,
        contract=None,
        logs=logs,
    )


def test_the_try_that_was_mined_counts() -> None:
    """Of several prices for one nonce; nothing while none is in a block, or the endpoint does not say."""
    chain = Told(receipts={MINED: receipt()})
    assert market(chain).spent(Duty.COMMIT, [LOST, MINED]) == Spent(Duty.COMMIT, 90_001, 1)
    assert market(chain).spent(Duty.COMMIT, [LOST]) is None
    chain.broken = True
    assert market(chain).spent(Duty.COMMIT, [MINED]) is None


def test_a_batch_of_claims_is_shared() -> None:
    """By the rewards that were credited in it, rounded up."""
    claim = log(Gateway.topic(RewardClaimed))
    chain = Told(receipts={MINED: receipt(claim, log(keccak(b"another")), claim)})
    spent = market(chain).spent(Duty.CLAIM, [MINED])
    assert spent == Spent(Duty.CLAIM, 90_001, 2)
    assert spent.share == 45_001


@pytest.mark.parametrize(
    ("now", "price"),
    [
        (Fees(maximum=9, priority=None, block_gas=1), 9),
        (Fees(maximum=25, priority=5, block_gas=1, base=10), 15),
    ],
)
def test_price_of_the_next_block(now: Fees, price: int) -> None:
    """Base fee and tip, not the most that is offered; a legacy price as it is."""
    assert market(Told(now=now)).gas_price() == price
    assert market(Told()).total_weight(Epoch(2)) == 102
    assert market(Told()).chain_id == 5


def test_a_book_tells_what_it_settles() -> None:
    """Once, with all that was signed for the nonce, and what it was for."""
    journal = Journal(":memory:", Identity(chain_id=5, hub=HERE, node=HERE))
    told: list[tuple[Duty, list[Digest]]] = []
    book = JournalBook(journal, lambda duty, tries: told.append((duty, list(tries))))
    first, second, other = Signed(7, b"first"), Signed(7, b"second"), Signed(8, b"other")
    book.keep(Entry(Errand(Duty.REVEAL), first), again=False)
    book.keep(Entry(Errand(Duty.REVEAL), second), again=True)
    book.keep(Entry(Errand(Duty.CLAIM), other), again=False)
    book.settle(7)
    book.settle(7)
    assert told == [(Duty.REVEAL, [first.hash, second.hash])]
    journal.close()
