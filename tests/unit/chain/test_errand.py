"""One transaction at a time: again until a block has it, and free when that cannot be any more."""

from __future__ import annotations

import pytest
from mirrored import DEPLOYMENT, OPERATOR, STRANGER, HomeChain

from chainboy.chain import Sender
from chainboy.chain.errand import Errand
from chainboy.errors import ChainError, ContractRefused, InsufficientFunds


class World:
    """A chain whose blocks are mined by hand, and an account that seals."""

    def __init__(self) -> None:
        self.home = HomeChain()
        self.home.auto = False
        self.sender = Sender(self.home, OPERATOR)  # type: ignore[arg-type]
        self.errand = Errand(self.sender)
        hub = DEPLOYMENT.hub_on(self.home)  # type: ignore[arg-type]
        self.seal = hub.seal(self.home.active(self.home.state))


@pytest.fixture
def world() -> World:
    """Nothing is sent yet."""
    return World()


def test_until_the_block(world: World) -> None:
    """Under way, and then not; it can be sent again."""
    assert not world.errand.under_way()
    world.errand.submit(world.seal)
    assert world.errand.under_way()
    world.home.mine()
    assert not world.errand.under_way()
    assert len(world.home.sealed) == 1
    world.home.next_epoch()
    world.errand.submit(world.seal)
    world.home.mine()
    assert len(world.home.sealed) == 2


def test_a_reverted_one_is_done(world: World) -> None:
    """The block took it after somebody else's seal, so it did nothing."""
    Sender(world.home, STRANGER).submit(world.seal)  # type: ignore[arg-type]
    world.errand.submit(world.seal)
    world.home.mine()
    assert not world.errand.under_way()
    assert len(world.home.sealed) == 1


def test_lost(world: World) -> None:
    """It is broadcast again as it was, as often as it takes."""
    world.errand.submit(world.seal)
    (sent,) = world.home.pool
    for _ in range(2):
        world.home.drop()
        assert world.errand.under_way()
        assert world.home.pool == [sent]


def test_a_nonce_that_was_taken(world: World) -> None:
    """By another process with the same key: it will never be in a block."""
    world.errand.submit(world.seal)
    world.home.drop()
    world.home.seal()
    world.home.mine(seconds=10)
    hub = DEPLOYMENT.hub_on(world.home)  # type: ignore[arg-type]
    Sender(world.home, OPERATOR).submit(hub.seal([]))  # type: ignore[arg-type]
    world.home.mine()
    assert not world.errand.under_way()
    assert world.home.pool == []


def test_what_would_be_refused(world: World) -> None:
    """Is not under way."""
    world.home.seal()
    with pytest.raises(ContractRefused, match="AlreadySealed"):
        world.errand.submit(world.seal)
    assert not world.errand.under_way()


def test_no_coins(world: World) -> None:
    """Neither is what cannot be paid; another account's errand is."""
    world.home.poor.add(OPERATOR.address)
    with pytest.raises(InsufficientFunds):
        world.errand.submit(world.seal)
    assert not world.errand.under_way()
    other = Errand(Sender(world.home, STRANGER))  # type: ignore[arg-type]
    other.submit(world.seal)
    assert other.under_way()


def test_no_coins_any_more(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """It still is under way: some pool may have it."""
    world.errand.submit(world.seal)
    world.home.drop()
    world.home.poor.add(OPERATOR.address)
    assert world.errand.under_way()
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
        world.errand.submit(world.seal)
    assert world.errand.under_way()
    assert len(world.home.pool) == 1
    world.home.mine()
    assert not world.errand.under_way()
