"""A relay's transactions: sent once, and again when they are lost."""

from __future__ import annotations

import logging

import pytest
from mirrored import NODES, OPERATOR, PLACE, PROFILE
from relay_world import ENOUGH, PLENTY, STAKE, World, ready_to_deliver

from chainboy.chain.sender import Sender
from chainboy.contracts.gateway import TaskState
from chainboy.errors import ContractRefused


def test_restarted_while_a_transaction_waits() -> None:
    """The new process leaves that chain alone until the block, and then finds it done."""
    world = World()
    request = ready_to_deliver(world)
    world.remote.auto = False
    assert world.relay.step()
    again = world.start()
    assert not again.step()
    assert len(world.remote.pool) == 1
    world.remote.mine()
    assert not again.step()
    assert world.sent(world.remote) == ["deliver"]
    assert world.remote.state_of(request) is TaskState.DELIVERED


def test_sent_once_while_it_waits() -> None:
    """However often it looks; what the pool forgot is broadcast again as it was."""
    world = World()
    ready_to_deliver(world)
    world.remote.auto = False
    assert [world.relay.step() for _ in range(3)] == [True, False, False]
    (waiting,) = world.remote.pool
    world.remote.drop()
    assert not world.relay.step()
    assert world.remote.pool == [waiting]
    world.remote.mine()
    assert not world.relay.step()
    assert world.sent(world.remote) == ["deliver"]


def test_a_nonce_that_was_taken() -> None:
    """When the account's owner used it elsewhere the errand is free to be done again."""
    world = World()
    request = ready_to_deliver(world)
    other = world.remote.ask(price=2_000, life=200)
    world.remote.auto = False
    world.relay.step()
    world.remote.drop()
    world.remote.travel(other.requested_at + 4_000)
    Sender(world.remote, OPERATOR).submit(PLACE.gateway_on(world.remote).refund(other))
    world.remote.mine()
    assert world.sent(world.remote) == ["refund"]
    world.remote.auto = True
    world.relay.step()
    world.relay.step()
    assert world.sent(world.remote) == ["refund", "deliver"]
    assert world.remote.state_of(request) is TaskState.DELIVERED


def test_refunded_while_it_waits() -> None:
    """A task that was refunded is not delivered."""
    world = World()
    request = world.remote.ask(tip=ENOUGH, life=200)
    end = request.requested_at + 200 + PROFILE.gateway.refund_margin
    world.home.answer(request)
    world.remote.submit(world.home.seal(), NODES, STAKE)
    world.remote.travel(end)
    world.remote.refund(request)
    world.remote._times[-1] = end - 1  # as an endpoint that lags behind would tell
    assert not world.relay.step()
    assert list(world.destinations[0].open()) == []


def test_an_empty_purse(caplog: pytest.LogCaptureFixture) -> None:
    """It is told, and the relay goes on; with coins it delivers."""
    world = World()
    request = ready_to_deliver(world)
    world.remote.poor.add(OPERATOR.address)
    assert not world.relay.step()
    assert "is not sent" in caplog.text
    assert "send coins of remote to it" in caplog.text
    assert [entry.levelname for entry in caplog.records][-1] == "ERROR"
    world.remote.poor.clear()
    assert world.relay.step()
    assert world.remote.state_of(request) is TaskState.DELIVERED


def test_a_purse_that_empties_meanwhile(caplog: pytest.LogCaptureFixture) -> None:
    """What was lost from the pool cannot be sent again before there are coins."""
    world = World()
    request = ready_to_deliver(world)
    world.remote.auto = False
    world.relay.step()
    world.remote.drop()
    world.remote.poor.add(OPERATOR.address)
    assert not world.relay.step()
    assert "cannot be sent again" in caplog.text
    world.remote.poor.clear()
    world.relay.step()
    world.remote.mine()
    assert world.remote.state_of(request) is TaskState.DELIVERED


def test_what_would_be_refused(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Neither deliveries nor checkpoints nor seals: the reason is logged, nothing is spent."""
    caplog.set_level(logging.INFO)
    world = World()
    ready_to_deliver(world)

    def refuse(*_: object) -> int:
        raise ContractRefused("the contract refused with Whatever", "Whatever")

    monkeypatch.setattr(world.remote, "estimate_gas", refuse)
    monkeypatch.setattr(world.home, "estimate_gas", refuse)
    assert not world.relay.step()
    world.home.answer(world.remote.ask(tip=PLENTY))
    world.home.mine(seconds=10)
    assert not world.relay.step()
    world.home.seal(listed=False)
    world.sign()
    assert not world.relay.step()
    assert caplog.text.count("refused with Whatever") >= 3
    assert (world.sent(world.home), world.sent(world.remote)) == ([], [])
