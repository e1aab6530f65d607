"""A relay's errands: one transaction for each at a time, more when stuck, and what others left behind."""

from __future__ import annotations

import logging

import pytest
from mirrored import DEPLOYMENT, OPERATOR, STRANGER, HomeChain

from chainboy.chain import Sender
from chainboy.errors import ChainError
from chainboy.relay.errands import Errands

SEAL = "a seal"
STUCK = 60


class World:
    """A chain whose blocks are mined by hand, and an account that seals."""

    def __init__(self) -> None:
        self.home = HomeChain()
        self.home.auto = False
        self.start()
        hub = DEPLOYMENT.hub_on(self.home)  # type: ignore[arg-type]
        self.seal = hub.seal(self.home.active(self.home.state))

    def start(self) -> None:
        """A new process, which remembers nothing."""
        self.errands = Errands(Sender(self.home, OPERATOR))  # type: ignore[arg-type]


@pytest.fixture
def world() -> World:
    """Nothing is sent yet."""
    return World()


def test_until_the_block(world: World) -> None:
    """Under way, and then not; it can be sent again."""
    assert not world.errands.under_way(SEAL)
    assert world.errands.run(SEAL, world.seal)
    world.errands.look()
    assert world.errands.under_way(SEAL)
    assert not world.errands.run(SEAL, world.seal)
    world.home.mine()
    world.errands.look()
    assert not world.errands.under_way(SEAL)
    assert len(world.home.sealed) == 1
    world.home.next_epoch()
    assert world.errands.run(SEAL, world.seal)
    world.home.mine()
    assert len(world.home.sealed) == 2


def test_a_reverted_one_is_done(world: World) -> None:
    """The block took it after somebody else's seal, so it did nothing."""
    Sender(world.home, STRANGER).submit(world.seal)  # type: ignore[arg-type]
    assert world.errands.run(SEAL, world.seal)
    world.home.mine()
    world.errands.look()
    assert not world.errands.under_way(SEAL)
    assert len(world.home.sealed) == 1


def test_lost(world: World) -> None:
    """It is broadcast again as it was, as often as it takes."""
    world.errands.run(SEAL, world.seal)
    (sent,) = world.home.pool
    for _ in range(2):
        world.home.drop()
        world.errands.look()
        assert world.errands.under_way(SEAL)
        assert world.home.pool == [sent]


def test_stuck(world: World) -> None:
    """The same call at a higher price, and still one errand."""
    world.errands.run(SEAL, world.seal)
    (sent,) = world.home.pool
    world.errands.look()
    world.home.idle(STUCK)
    world.errands.look()
    (dearer,) = world.home.pool
    assert dearer.hash != sent.hash
    assert (dearer.nonce, dearer.call.data) == (sent.nonce, sent.call.data)
    assert not world.errands.run(SEAL, world.seal)
    world.home.mine()
    world.errands.look()
    assert not world.errands.under_way(SEAL)
    assert len(world.home.sealed) == 1


def test_what_would_be_refused_or_cannot_be_paid(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Is not under way, and told."""
    world.home.seal()
    assert not world.errands.run(SEAL, world.seal)
    world.home.next_epoch()
    world.home.poor.add(OPERATOR.address)
    assert not world.errands.run(SEAL, world.seal)
    assert not world.errands.under_way(SEAL)
    assert "a seal is not sent" in caplog.text


def test_no_coins_any_more(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """It still is under way: some pool may have it."""
    world.errands.run(SEAL, world.seal)
    world.home.drop()
    world.home.poor.add(OPERATOR.address)
    world.errands.look()
    assert world.errands.under_way(SEAL)
    assert "cannot be sent again" in caplog.text


def test_an_endpoint_that_fails_while_it_takes_it(world: World) -> None:
    """It may have it or not: it is under way, and only one is ever mined."""
    once = world.home.once

    def cut(method: str, raw: str) -> str:
        once(method, raw)
        world.home.once = once  # type: ignore[method-assign]
        raise ChainError("the connection was cut")

    world.home.once = cut  # type: ignore[method-assign]
    with pytest.raises(ChainError, match="cut"):
        world.errands.run(SEAL, world.seal)
    assert world.errands.under_way(SEAL)
    assert len(world.home.pool) == 1
    world.home.mine()
    world.errands.look()
    assert not world.errands.under_way(SEAL)


def test_what_a_process_before_left_behind(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """It is waited for; once it is stuck its nonce is used up by nothing, and work begins."""
    caplog.set_level(logging.INFO)
    world.errands.run(SEAL, world.seal)
    (forgotten,) = world.home.pool
    world.start()
    assert not world.errands.run(SEAL, world.seal)
    assert world.home.pool == [forgotten]
    world.home.idle(STUCK - 1)
    assert not world.errands.ready
    assert world.home.pool == [forgotten]
    world.home.idle(1)
    assert not world.errands.ready
    (empty,) = world.home.pool
    assert (empty.nonce, empty.call.to, empty.call.data) == (0, OPERATOR.address, b"")
    world.errands.look()
    assert not world.errands.ready
    world.home.mine()
    assert world.errands.ready
    assert world.errands.run(SEAL, world.seal)
    world.home.mine()
    assert len(world.home.sealed) == 1


def test_what_is_mined_in_time(world: World) -> None:
    """Is left alone, one after the other."""
    first, second = Sender(world.home, OPERATOR), world.home  # type: ignore[arg-type]
    first.submit(world.seal)
    world.start()
    assert not world.errands.ready
    second.idle(STUCK // 2)
    assert not world.errands.ready
    second.mine()
    assert world.errands.ready
