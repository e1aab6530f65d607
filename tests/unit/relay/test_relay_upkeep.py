"""Checkpoints that a relay has sealed and brings, and those it leaves."""

from __future__ import annotations

import logging

import pytest
from mirrored import NODES, PROFILE, TRUST_EPOCHS
from relay_world import ENOUGH, PLENTY, STAKE, World

from chainboy.contracts.gateway import TaskState
from chainboy.relay import RelayPolicy


def test_a_new_distribution_is_brought() -> None:
    """By the backstop alone, whoever pays; to the second in which it counts."""
    for backstop in (True, False):
        world = World(policy=RelayPolicy(backstop=backstop))
        world.steps(3)
        assert (world.sent(world.home), world.sent(world.remote)) == ([], [])
        world.home.bond(NODES[0], 1)
        world.steps(2)
        assert world.sent(world.home) == []
        world.home.next_epoch()
        world.remote.travel(world.home.now)
        world.steps(4)
        brought = world.sent(world.home), world.sent(world.remote)
        assert brought == ((["seal"], ["submit"]) if backstop else ([], []))
        assert world.remote.book.stake.stake_total == (101 if backstop else 100)


def test_a_quiet_chain_is_kept_alive(caplog: pytest.LogCaptureFixture) -> None:
    """At half of the trust period, again and again; never by others than the backstop."""
    caplog.set_level(logging.INFO)
    world = World(policy=RelayPolicy(backstop=True))
    half = (TRUST_EPOCHS + 1) // 2
    world.home.next_epoch(half - 1)
    world.remote.travel(world.home.now)
    world.steps(3)
    assert world.sent(world.remote) == []
    for times in (1, 2, 3):
        world.home.next_epoch(1 if times == 1 else half)
        world.remote.travel(world.home.now)
        world.steps(4)
        assert world.sent(world.remote) == ["submit"] * times
        assert world.remote.book.stake.epoch == world.home.epoch
    assert world.remote.book.live_until > world.home.now + PROFILE.trust_period - 600
    assert "NumberNotNewer" not in caplog.text  # what is there already is not even tried


def test_checkpoints_sealed_without_need() -> None:
    """Whatever anybody seals after it, the one that nodes signed is brought."""
    world = World()
    request = world.remote.ask(tip=ENOUGH)
    world.home.answer(request)
    world.home.seal()
    world.sign()
    for _ in range(3):
        world.home.mine(seconds=10)
        world.home.seal(listed=False)
    world.remote.travel(world.home.now)
    world.steps(4, signing=False)
    assert world.remote.state_of(request) is TaskState.DELIVERED
    assert world.remote.book.last_number == 1
    assert world.sent(world.home) == []


def test_a_verifier_that_is_ahead() -> None:
    """Somebody brought a later checkpoint without news: nothing older is sent, and the next seal is."""
    world = World()
    world.home.seal()
    world.home.mine(seconds=10)
    world.remote.travel(world.home.now)
    world.remote.submit(world.home.seal(listed=False), NODES, STAKE)
    request = world.remote.ask(tip=PLENTY)
    world.home.answer(request)
    world.home.mine(seconds=10)
    world.remote.travel(world.home.now)
    world.steps(4)
    assert (world.sent(world.home), world.sent(world.remote)) == (["seal"], ["submit", "deliver"])
    assert world.remote.book.last_number == 3


def test_signatures_that_never_come() -> None:
    """A checkpoint that nobody signs is not the last: once it is half as old as it may become, another is."""
    world = World(policy=RelayPolicy(backstop=True))
    half = (TRUST_EPOCHS + 1) // 2
    world.home.next_epoch(half)
    world.remote.travel(world.home.now)
    world.steps(6, signing=False)
    assert world.sent(world.home) == ["seal"]
    world.home.next_epoch(half - 1)
    world.steps(4, signing=False)
    assert world.sent(world.home) == ["seal"]
    world.home.next_epoch()
    world.remote.travel(world.home.now - 5)
    world.steps(1, signing=False)
    assert world.sent(world.home) == ["seal", "seal"]
