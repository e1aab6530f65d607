"""Copies of a relay that take turns."""

from __future__ import annotations

from eth_utils.crypto import keccak
from mirrored import NODES, OPERATOR, STRANGER
from relay_world import ENOUGH, STAKE, World

from chainboy.chain.signer import KeySigner
from chainboy.consensus.request import Request
from chainboy.contracts.gateway import TaskState
from chainboy.relay import RelayPolicy


def turn_of(key: KeySigner, request: Request, turns: int) -> int:
    """How many blocks a copy waits for this task."""
    return int.from_bytes(keccak(key.address.encode() + request.task_id)[:4], "big") % turns


def test_copies_take_turns() -> None:
    """The one whose turn is first delivers; the other finds it done, or steps in when it is not."""
    world = World(policy=RelayPolicy(turns=50))
    world.relay.step()
    keys = (OPERATOR, STRANGER)
    request = world.remote.ask(tip=ENOUGH)
    first, second = sorted(keys, key=lambda key: turn_of(key, request, 50))
    wait = turn_of(first, request, 50)
    assert wait < turn_of(second, request, 50)
    world.home.answer(request)
    world.remote.submit(world.home.seal(), NODES, STAKE)
    relays = [world.start(key) for key in keys]
    since = world.remote.head().number
    while world.remote.state_of(request) is TaskState.REQUESTED:
        for relay in relays:
            relay.step()
        if world.remote.state_of(request) is TaskState.REQUESTED:
            world.remote.mine()
    assert world.remote.head().number == since + wait + 1  # the delivery's own block
    assert (world.sent(world.remote, first), world.sent(world.remote, second)) == (["deliver"], [])


def test_a_copy_steps_in() -> None:
    """After its own wait, if the other is gone."""
    world = World(policy=RelayPolicy(turns=50))
    request = world.remote.ask(tip=ENOUGH)
    world.home.answer(request)
    world.remote.submit(world.home.seal(), NODES, STAKE)
    late = max((OPERATOR, STRANGER), key=lambda key: turn_of(key, request, 50))
    relay = world.start(late)
    relay.step()
    world.remote.mine(turn_of(late, request, 50) - 1)
    relay.step()
    assert world.sent(world.remote, late) == []
    world.remote.mine()
    relay.step()
    assert world.sent(world.remote, late) == ["deliver"]
