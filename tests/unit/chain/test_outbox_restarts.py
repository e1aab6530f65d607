"""What one process signed, the next one sends, looks after and outbids."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from outbox_world import CONFIRMATIONS, FIRST, SECOND, STUCK, World

from chainboy.chain.outbox import MemoryBook
from chainboy.chain.transaction import Transaction
from chainboy.errors import ChainError
from chainboy.testing.fake_node import Refusal


@pytest.fixture
def world() -> World:
    """Nothing is sent yet."""
    return World()


def down(*_: Any) -> Any:
    """An endpoint that is gone."""
    raise requests.ConnectionError("down")


def test_a_new_process(world: World) -> None:
    """What was written down and never sent goes out; its nonce is not given away before."""
    world.node.answers["eth_sendRawTransaction"] = down
    with pytest.raises(ChainError):
        world.outbox.submit("first", FIRST)
    assert world.outbox.under_way("first")
    world.node.answers["eth_sendRawTransaction"] = world.node._take
    world.start()
    world.outbox.tend()
    assert world.outbox.under_way("first")
    world.outbox.submit("second", SECOND)
    world.node.mine()
    assert world.calls == [FIRST, SECOND]


def test_a_new_process_whose_pool_takes_no_such_price(world: World) -> None:
    """What is refused for its price is stuck like what waits: more is offered in time."""
    world.outbox.submit("first", FIRST)
    world.node.pool.clear()
    world.start()

    def dear(raw: bytes) -> None:
        if Transaction.decode(raw).price.maximum < 8:
            raise Refusal("max fee per gas less than block base fee")

    world.node.before_taking = dear
    world.wait()
    assert Transaction.decode(world.node.pool[0]).price.maximum == 8
    world.node.mine()
    assert world.calls == [FIRST]


def test_a_new_process_goes_on_offering(world: World) -> None:
    """It knows all that was offered before, and offers more than that."""
    world.outbox.submit("first", FIRST)
    world.wait()
    world.start()
    world.wait()
    prices = [Transaction.decode(entry.signed.raw).price.maximum for entry in world.book.open()]
    assert prices == [7, 8, 9]
    assert Transaction.decode(world.node.pool[0]).price.maximum == 9


@pytest.mark.parametrize("again", [False, True])
def test_killed_after_writing_it_down(world: World, monkeypatch: pytest.MonkeyPatch, again: bool) -> None:
    """At the first price or at a higher one: the next process sends just that, and the call happens once."""

    class Killed(BaseException):
        """The power is cut."""

    keep = MemoryBook.keep

    def cut(book: Any, entry: Any, *, again: bool) -> None:
        keep(book, entry, again=again)
        raise Killed

    if again:
        world.outbox.submit("first", FIRST)
        world.outbox.tend()
        world.node.idle(STUCK)
    monkeypatch.setattr(MemoryBook, "keep", cut)
    with pytest.raises(Killed):
        world.outbox.tend() if again else world.outbox.submit("first", FIRST)
    monkeypatch.undo()
    newest = world.book.open()[-1].signed.raw
    assert newest not in world.node.pool.values()
    world.start()
    world.outbox.tend()
    assert world.node.pool == {0: newest}
    world.node.mine()
    world.node.idle(CONFIRMATIONS)
    world.outbox.tend()
    assert (world.calls, world.book.open()) == ([FIRST], [])
