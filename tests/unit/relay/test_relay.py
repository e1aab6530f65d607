"""A relay's rounds of work: what fails keeps nothing else waiting, what is settled is forgotten."""

from __future__ import annotations

import threading

import pytest
from mirrored import COST, DEPLOYMENT, NODES, OPERATOR, PLACE, PROFILE, HomeChain
from relay_world import PLENTY, STAKE, World, ready_to_deliver

from chainboy.chain.sender import Sender
from chainboy.checkpoints import Bridge, Ledger
from chainboy.contracts.gateway import TaskState
from chainboy.errors import ChainError
from chainboy.relay import Destination, Relay, RelayPolicy


def test_a_chain_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """The others are served all the same, the failure is told, and it is made up for later."""
    world = World(remotes=2, policy=RelayPolicy(unpaid=True))
    requests = [remote.ask(price=price) for remote, price in zip(world.remotes, (1_000, 2_000), strict=True)]
    for request in requests:
        world.home.answer(request)
    sealed = world.home.seal()
    for remote in world.remotes:
        remote.submit(sealed, NODES, STAKE)
    world.remote.down = True
    with pytest.raises(ChainError, match="endpoint of remote is down"):
        world.relay.step()
    assert "remote has to wait" in caplog.text
    assert world.remotes[1].state_of(requests[1]) is TaskState.DELIVERED
    world.remote.down = False
    assert world.relay.step()
    assert world.remote.state_of(requests[0]) is TaskState.DELIVERED


def test_a_seal_for_one_while_another_fails() -> None:
    """A chain that is down does not keep the hub from sealing for the rest."""
    world = World(remotes=2)
    request = world.remotes[1].ask(tip=PLENTY)
    world.home.answer(request)
    world.remote.down = True
    with pytest.raises(ChainError):
        world.relay.step()
    assert world.sent(world.home) == ["seal"]


def test_what_is_settled_is_forgotten() -> None:
    """Delivered by others, refunded, or too old to be delivered: to the second."""
    world = World()
    delivered, refunded, old = (world.remote.ask(price=price, life=life) for price, life in
                                ((1_000, 3_000), (2_000, 200), (3_000, 300)))  # fmt: skip
    world.relay.step()
    (destination,) = world.destinations
    assert {each.task_id for each in destination.open()} == {
        delivered.task_id,
        refunded.task_id,
        old.task_id,
    }
    record = world.home.answer(delivered)
    world.remote.submit(world.home.seal(), NODES, STAKE)
    world.relay.step()
    ledger = Ledger(world.home, DEPLOYMENT)
    ledger.follow(world.home.head().number)
    bridge = Bridge(ledger, world.home, DEPLOYMENT, PLACE.verifier_on(world.remote))
    proof = bridge.proof(delivered.task_id)
    assert proof is not None
    if world.remote.state_of(delivered) is TaskState.REQUESTED:
        world.remote.settle(delivered, record, proof)
    world.relay.step()
    assert {each.task_id for each in destination.open()} == {refunded.task_id, old.task_id}
    assert world.relay._rounds == {}
    for request, price in ((refunded, 2_000), (old, 3_000)):
        end = request.requested_at + (200 if price == 2_000 else 300) + PROFILE.gateway.refund_margin
        world.remote.travel(end - 1)
        world.relay.step()
        assert request.task_id in {each.task_id for each in destination.open()}
        world.remote.travel(end)
        world.relay.step()
        assert request.task_id not in {each.task_id for each in destination.open()}
    assert list(destination.open()) == []


def test_the_home_chain_s_own_gateway() -> None:
    """No checkpoint, no proof: the hub is beside it."""
    home = HomeChain()
    destination = Destination(DEPLOYMENT.gateway_on(home), Sender(home, OPERATOR))
    relay = Relay(Sender(home, OPERATOR), DEPLOYMENT, [destination])
    poor, fair = home.ask(tip=1), home.ask(tip=2 * COST)
    assert not relay.step()
    for request in (poor, fair):
        home.answer(request)
    assert relay.step()
    assert not relay.step()
    states = [home.state.escrow.state_of(each.task_id) for each in (poor, fair)]
    assert [state.name for state in states] == ["REQUESTED", "DELIVERED"]
    assert home.sealed == []


def test_a_home_chain_that_fails() -> None:
    """Nothing can be done, and nothing is."""
    world = World()
    ready_to_deliver(world)
    world.home.down = True
    with pytest.raises(ChainError, match="home is down"):
        world.relay.step()
    assert world.sent(world.remote) == []


def test_what_nobody_asked_for() -> None:
    """Other events of the gateway, from an endpoint that does not filter, are no requests."""
    world = World()
    world.remote.ask(tip=1)
    fields = {"task_id": bytes(32), "success": True}
    world.remote.emit((PLACE.gateway, "ITaskGateway", "CallbackDone", fields))
    logs = world.remote.logs
    world.remote.logs = lambda where, _, *blocks: logs(where, (), *blocks)  # type: ignore[method-assign]
    world.relay.step()
    assert len(list(world.destinations[0].open())) == 1


class Stop(threading.Event):
    """Notes the pauses, and ends after so many."""

    def __init__(self, world: World, most: int) -> None:
        super().__init__()
        self.world, self.most = world, most
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """No time passes."""
        self.pauses.append(timeout or 0)
        self.world.home.down = len(self.pauses) < self.most - 1
        if len(self.pauses) == self.most:
            self.set()
        return self.is_set()


def test_the_loop() -> None:
    """Longer pauses while it fails, up to a minute; the usual one afterwards."""
    world = World()
    request = ready_to_deliver(world)
    world.home.down = True
    stop = Stop(world, 9)
    world.relay.run(stop, pause=1.0)
    assert stop.pauses == [2, 4, 8, 16, 32, 60, 60, 60, 1]
    assert world.remote.state_of(request) is TaskState.DELIVERED
