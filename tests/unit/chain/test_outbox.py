"""Everything an account sends, looked after until it is final, over a forgetful pool and lazy blocks."""

from __future__ import annotations

from typing import Any

import pytest
from eth_hash.auto import keccak
from outbox_world import CONFIRMATIONS, FIRST, SECOND, STUCK, World

from chainboy.chain import Capped
from chainboy.chain.outbox import Entry, MemoryBook
from chainboy.chain.transaction import Transaction


@pytest.fixture
def world() -> World:
    """Nothing is sent yet."""
    return World()


def test_from_the_pool_to_the_final_block(world: World) -> None:
    """Under way until a block has it; in the book until that is final."""
    world.outbox.submit("first", FIRST)
    assert world.outbox.under_way("first")
    assert not world.outbox.under_way("second")
    world.outbox.tend()
    assert world.node.count("eth_sendRawTransaction") == 1
    world.node.mine()
    world.outbox.tend()
    assert not world.outbox.under_way("first")
    assert len(world.book.open()) == 1
    world.node.idle(CONFIRMATIONS)
    world.outbox.tend()
    assert world.book.open() == []
    assert world.calls == [FIRST]
    asked = len(world.node.asked)
    world.outbox.tend()
    assert len(world.node.asked) == asked


def test_stuck(world: World) -> None:
    """The same call for the same nonce at a higher price, after so long and not before."""
    world.outbox.submit("first", FIRST)
    world.wait(STUCK - 1)
    assert len(world.book.open()) == 1
    world.node.idle(1)
    world.outbox.tend()
    old, new = (Transaction.decode(entry.signed.raw) for entry in world.book.open())
    assert (old.nonce, old.call, old.gas) == (new.nonce, new.call, new.gas)
    assert (old.price.maximum, new.price.maximum) == (7, 8)
    assert world.node.pool[0] == world.book.open()[1].signed.raw
    assert world.outbox.under_way("first")
    world.node.mine()
    world.node.idle(CONFIRMATIONS)
    world.outbox.tend()
    assert world.book.open() == []
    assert world.calls == [FIRST]


def test_the_older_one_is_mined_after_all(world: World) -> None:
    """Some other pool had it: it is as good."""
    world.outbox.submit("first", FIRST)
    old = world.node.pool[0]
    world.wait()
    assert world.node.pool[0] != old
    world.node.pool[0] = old
    world.node.mine()
    world.outbox.tend()
    assert not world.outbox.under_way("first")
    world.node.idle(CONFIRMATIONS)
    world.outbox.tend()
    assert world.book.open() == []
    assert world.sender.wait(world_hash(world)).status


def world_hash(world: World) -> Any:
    """The hash of the newest transaction that was signed, which is in no block."""
    (newest,) = (tried[-1].hash for tried in world.sender._held.values())
    assert newest != keccak(world.node.mined[0])
    return newest


def test_a_chain_that_stands_still(world: World) -> None:
    """Without new blocks nothing is stuck, however long it takes; nor because of one late block."""
    world.outbox.submit("first", FIRST)
    for _ in range(20):
        world.outbox.tend()
    assert len(world.book.open()) == 1
    header = world.node.answers["eth_getBlockByNumber"]
    late = {"timestamp": hex(10**9)}
    world.node.answers["eth_getBlockByNumber"] = lambda *params: header(*params) | late
    world.node.idle(1)
    world.outbox.tend()
    assert len(world.book.open()) == 1


def test_up_to_the_cap(caplog: pytest.LogCaptureFixture) -> None:
    """Then it waits at the highest price, in the pool."""
    world = World(fees=Capped(cap=9))
    world.outbox.submit("first", FIRST)
    for _ in range(4):
        world.wait()
    prices = [Transaction.decode(entry.signed.raw).price.maximum for entry in world.book.open()]
    assert prices == [7, 8, 9]
    assert "no more may be offered" in caplog.text
    world.node.pool.clear()
    world.wait()
    world.node.mine()
    assert world.calls == [FIRST]


def test_only_the_next_in_line_pays_more(world: World) -> None:
    """What is behind a stuck transaction waits for it at its own price."""
    world.outbox.submit("first", FIRST)
    world.outbox.submit("second", SECOND)
    world.wait()
    assert [entry.label for entry in world.book.open()] == ["first", "first", "second"]
    world.node.mine()
    world.outbox.tend()
    assert world.calls == [FIRST, SECOND]


def test_dropped(world: World) -> None:
    """As it was, byte for byte; the one behind it, too."""
    world.outbox.submit("first", FIRST)
    world.outbox.submit("second", SECOND)
    world.outbox.tend()
    lost = dict(world.node.pool)
    world.node.pool.clear()
    world.outbox.tend()
    assert world.node.pool == lost


def test_reorganised(world: World) -> None:
    """Mined, and then not: it is under way again, and sent again when the pool lost it."""
    world.outbox.submit("first", FIRST)
    world.node.mine()
    world.outbox.tend()
    world.node.revert()
    world.outbox.tend()
    assert world.outbox.under_way("first")
    world.node.mine()
    world.outbox.tend()
    assert world.calls == [FIRST]
    assert not world.outbox.under_way("first")


def test_a_mined_one_costs_one_question_a_look(world: World) -> None:
    """Its receipt is read when it is seen mined and again when its block is final, not in between."""
    world.outbox.submit("first", FIRST)
    world.node.mine()
    for _ in range(CONFIRMATIONS + 1):
        world.outbox.tend()
        world.node.idle(1)
    assert world.book.open() == []
    assert world.node.count("eth_getTransactionReceipt") == 2


def test_mined_again_in_a_later_block(world: World) -> None:
    """It is final by the block that has it now."""
    world.outbox.submit("first", FIRST)
    world.node.mine()
    world.outbox.tend()
    raw = world.node.mined[0]
    world.node.revert()
    world.node.idle(CONFIRMATIONS - 1)
    world.node.pool[0] = raw
    world.node.mine()
    world.outbox.tend()
    assert len(world.book.open()) == 1
    world.node.idle(CONFIRMATIONS)
    world.outbox.tend()
    assert world.book.open() == []


def test_one_entry_a_price() -> None:
    """A book keeps all that was signed for a call, and sets aside what was refused."""
    book: MemoryBook[str] = MemoryBook()
    world = World()
    world.outbox.submit("first", FIRST)
    (entry,) = world.book.open()
    other = Entry("second", entry.signed)
    book.keep(entry, again=False)
    book.keep(other, again=True)
    assert book.open() == [entry, other]
    book.keep(other, again=False)
    assert book.open() == [other]
    book.settle(0)
    assert book.open() == []
