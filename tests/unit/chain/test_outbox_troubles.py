"""What an outbox does with refusals, and with nonces that somebody else has used or blocked."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from outbox_world import CONFIRMATIONS, FIRST, SECOND, SIGNER, World

from chainboy.chain import Call, Price
from chainboy.chain.rpc import RpcRefused
from chainboy.chain.transaction import Transaction
from chainboy.errors import InsufficientFunds
from chainboy.testing.fake_node import CHAIN_ID, Refusal


@pytest.fixture
def world() -> World:
    """Nothing is sent yet."""
    return World()


def price(maximum: int) -> Any:
    """A legacy price."""
    return Price(maximum=maximum)


@pytest.mark.parametrize(
    ("words", "kind"), [("transaction underpriced", RpcRefused), ("insufficient funds", InsufficientFunds)]
)
def test_refused_at_once(world: World, words: str, kind: type[Exception]) -> None:
    """Not under way, in no book, and its nonce goes to the next call."""

    def refuse(*_: Any) -> Any:
        raise Refusal(words)

    world.node.answers["eth_sendRawTransaction"] = refuse
    with pytest.raises(kind):
        world.outbox.submit("first", FIRST)
    assert not world.outbox.under_way("first")
    assert world.book.open() == []
    world.node.answers["eth_sendRawTransaction"] = world.node._take
    world.outbox.submit("second", SECOND)
    assert list(world.node.pool) == [0]


@pytest.mark.parametrize("words", ["transaction underpriced", "insufficient funds"])
def test_refused_later(world: World, words: str, caplog: pytest.LogCaptureFixture) -> None:
    """It keeps its nonce, for another pool may have it; told, and tried again at the next look."""
    caplog.set_level(logging.INFO)
    world.outbox.submit("first", FIRST)
    world.node.pool.clear()

    def refuse(*_: Any) -> Any:
        raise Refusal(words)

    world.node.answers["eth_sendRawTransaction"] = refuse
    world.outbox.tend()
    assert world.outbox.under_way("first")
    assert "again" in caplog.text
    world.node.answers["eth_sendRawTransaction"] = world.node._take
    world.outbox.tend()
    world.node.mine()
    assert world.calls == [FIRST]


def test_without_coins_no_more_is_offered(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A higher price would be of no use."""
    world.outbox.submit("first", FIRST)
    world.node.pool.clear()

    def poor(_: bytes) -> None:
        raise Refusal("insufficient funds for gas * price + value")

    world.node.before_taking = poor
    for _ in range(3):
        world.wait()
    assert len(world.book.open()) == 1
    assert "cannot be sent again" in caplog.text


def test_a_nonce_used_elsewhere(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The label is free at once; the book lets go when that is final, and says why."""
    world.outbox.submit("first", FIRST)
    stranger = Transaction(chain_id=CHAIN_ID, nonce=0, call=SECOND, gas=21_000, price=price(99))
    world.node.pool[0] = stranger.signed(SIGNER).raw
    world.node.mine()
    world.outbox.tend()
    assert not world.outbox.under_way("first")
    assert len(world.book.open()) == 1
    world.node.idle(CONFIRMATIONS)
    world.outbox.tend()
    assert world.book.open() == []
    assert "let no other program use the key" in caplog.text


def test_a_gap(world: World) -> None:
    """A nonce that somebody else's forgotten transaction leaves open goes to the next call."""
    stranger = Transaction(chain_id=CHAIN_ID, nonce=0, call=SECOND, gas=21_000, price=price(99))
    world.node.pool[0] = stranger.signed(SIGNER).raw
    world.outbox.submit("first", FIRST)
    del world.node.pool[0]
    world.outbox.submit("second", SECOND)
    world.node.mine()
    assert world.calls == [SECOND, FIRST]


def test_a_blocked_nonce_is_freed(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """What nobody remembers is outbid by a payment of nothing to oneself, at prices that grow."""
    caplog.set_level(logging.INFO)
    stranger = Transaction(chain_id=CHAIN_ID, nonce=0, call=SECOND, gas=21_000, price=price(9))
    world.node.pool[0] = stranger.signed(SIGNER).raw
    world.outbox.cancel(0, "a blocked nonce")
    assert Transaction.decode(world.node.pool[0]).call == SECOND
    for _ in range(5):
        world.wait()
    assert Transaction.decode(world.node.pool[0]).call == Call(to=SIGNER.address)
    world.node.mine()
    world.outbox.tend()
    assert not world.outbox.under_way("a blocked nonce")
