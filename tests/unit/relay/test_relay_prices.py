"""What a relay carries, and for how much: to the wei."""

from __future__ import annotations

import pytest
from mirrored import COST, NODES, OPERATOR, PRICE_OF_GAS
from relay_world import ENOUGH, LIKELY, PLENTY, STAKE, World

from chainboy.contracts.gateway import TaskState
from chainboy.relay import RelayPolicy


def test_a_tip_that_pays() -> None:
    """Sealed, brought once signed, delivered: one transaction at a time, and the tip is the relay's."""
    world = World()
    request = world.remote.ask(tip=PLENTY)
    assert not world.relay.step()
    world.home.answer(request)
    assert world.relay.step()
    assert (world.sent(world.home), world.sent(world.remote)) == (["seal"], [])
    world.remote.travel(world.home.now)
    world.sign(NODES[:1])
    assert not world.relay.step()
    world.sign()
    assert world.relay.step()
    assert world.sent(world.remote) == ["submit"]
    assert world.remote.book.last_number == 1
    assert world.relay.step()
    assert world.remote.state_of(request) is TaskState.DELIVERED
    assert world.remote.state.escrow.credit_of(OPERATOR.address) == PLENTY
    assert not world.relay.step()
    assert (world.sent(world.home), world.sent(world.remote)) == (["seal"], ["submit", "deliver"])


def test_to_the_wei() -> None:
    """One wei less and nobody's gas is spent."""
    world = World()
    request = world.remote.ask(tip=ENOUGH - 1)
    world.home.answer(request)
    world.home.seal()
    world.sign()
    world.steps()
    assert (world.sent(world.home), world.sent(world.remote)) == ([], [])
    assert world.remote.state_of(request) is TaskState.REQUESTED


def test_nothing_that_pays() -> None:
    """Not even a seal."""
    world = World()
    world.home.answer(world.remote.ask(tip=LIKELY - 1))
    world.home.answer(world.remote.ask())
    world.home.answer(world.remote.ask(tip=PLENTY - 1))
    world.steps()
    assert (world.sent(world.home), world.sent(world.remote)) == ([], [])


def test_a_checkpoint_is_shared() -> None:
    """Two tips that leave half of its price each bring it; a task without a tip changes nothing."""
    world = World()
    half = LIKELY + (COST + COST // 10) // 2
    first, second, poor = world.remote.ask(tip=half), world.remote.ask(tip=half), world.remote.ask()
    for request in (first, poor):
        world.home.answer(request)
    world.home.seal()
    world.steps(3)
    assert world.sent(world.remote) == []
    world.home.answer(second)
    world.home.seal(listed=False)
    world.steps()
    assert world.sent(world.remote) == ["submit", "deliver", "deliver"]
    states = [world.remote.state_of(each).name for each in (first, second, poor)]
    assert states == ["DELIVERED", "DELIVERED", "REQUESTED"]


def test_only_those_it_helps_pay() -> None:
    """A tip for a task whose record came later does not bring a checkpoint that lacks it."""
    world = World()
    half = LIKELY + 250_000 * PRICE_OF_GAS * 11 // 20
    early, late = world.remote.ask(tip=half // 2), world.remote.ask(tip=2 * half)
    world.home.answer(early)
    world.home.seal()
    world.home.answer(late)
    world.sign()
    world.relay.step()
    assert world.sent(world.remote) == []
    world.steps()
    assert (world.sent(world.home), world.sent(world.remote)) == (["seal"], ["submit", "deliver", "deliver"])
    assert world.remote.book.last_number == 2


def test_a_checkpoint_for_nobody() -> None:
    """Where nothing waits for it, it is not brought."""
    world = World()
    world.home.record(b"somebody else's")
    world.home.seal()
    world.steps(3)
    assert (world.sent(world.home), world.sent(world.remote)) == ([], [])


def test_a_delivery_under_a_checkpoint_that_is_there() -> None:
    """Only its own cost and margin count, to the wei."""
    world = World()
    least = COST + COST // 10
    poor, fair = world.remote.ask(tip=least - 1), world.remote.ask(tip=least)
    for request in (poor, fair):
        world.home.answer(request)
    world.remote.submit(world.home.seal(), NODES, STAKE)
    world.steps(3)
    assert world.sent(world.remote) == ["deliver"]
    assert world.remote.state_of(fair) is TaskState.DELIVERED
    world.remote.price -= 1
    world.steps(3)
    assert world.remote.state_of(poor) is TaskState.DELIVERED


def test_callback_gas_costs() -> None:
    """It is reckoned in before the delivery can be tried, to the wei."""
    gas = 50_000
    for short, sent in ((1, []), (0, ["submit", "deliver"])):
        world = World()
        world.home.answer(world.remote.ask(tip=ENOUGH + gas * PRICE_OF_GAS - short, callback_gas=gas))
        world.home.seal()
        world.steps(3)
        assert world.sent(world.remote) == sent


def test_gas_that_became_dear() -> None:
    """What was worth sealing for is not brought at any price; nor is it sealed for again."""
    world = World()
    world.home.answer(world.remote.ask(tip=PLENTY))
    world.relay.step()
    world.remote.price *= 2
    world.steps()
    assert (world.sent(world.home), world.sent(world.remote)) == (["seal"], [])
    world.remote.price //= 2
    world.steps(3)
    assert world.sent(world.remote) == ["submit", "deliver"]


def test_unpaid() -> None:
    """Who carries for nothing carries what has no tip, too."""
    world = World(policy=RelayPolicy(unpaid=True))
    request = world.remote.ask()
    world.home.answer(request)
    world.steps()
    assert world.sent(world.remote) == ["submit", "deliver"]
    assert world.remote.state_of(request) is TaskState.DELIVERED


@pytest.mark.parametrize("unpaid", [False, True])
def test_no_consensus(*, unpaid: bool) -> None:
    """Nobody is paid for bringing it, so only who carries for nothing does; then all is credited back."""
    world = World(policy=RelayPolicy(unpaid=unpaid))
    request = world.remote.ask(tip=ENOUGH)
    record = world.home.answer(request, (None,) * 4)
    assert not record.has_consensus
    world.remote.submit(world.home.seal(), NODES, STAKE)
    world.steps(3)
    assert world.sent(world.remote) == (["deliver"] if unpaid else [])
    credit = world.remote.state.escrow.credit_of(request.requester)
    assert credit == (1_000 + ENOUGH if unpaid else 0)


def test_requests_that_are_not_final() -> None:
    """They wait for their chain's confirmations."""
    world = World(confirmations=3)
    request = world.remote.ask(tip=PLENTY)
    world.home.answer(request)
    world.remote.mine(2)
    assert not world.relay.step()
    world.remote.mine()
    assert world.relay.step()
