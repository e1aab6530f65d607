"""The registry under short scripts of calls: the same refusals and states as its mirror, at every edge."""

from __future__ import annotations

import attrs
import pytest
from bare_evm.world import BANK, FLAWS, REGISTRY, TREASURER, World
from hypothesis import given
from hypothesis import strategies as st

from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.stake import Offence

OWNER, OTHER, PAYOUT = (to_address(bytes([n]) * 20) for n in (0xA1, 0xA2, 0xA3))
NODES = 6

NUMBERS = st.integers(0, NODES - 1)
AMOUNTS = st.sampled_from([0, 1, 9, 10, 11, 20, 30, 40, 90, 100, 2**96])
BONDS = st.sampled_from([10, 10, 20, 20, 30, 40, 90, 100])
SENDERS = st.sampled_from([OWNER, OWNER, OWNER, OTHER])


@attrs.frozen
class Step:
    """One call, or some time."""

    name: str
    number: int
    other: int
    amount: int
    sender: str


STEPS = st.builds(
    Step,
    name=st.sampled_from([
        *("bond", "unbond", "unbond", "enter", "enter", "evict", "evict", "evict", "withdraw", "setPayout"),
        *("alive", "dropIdle", "dropIdle", "moveTreasury", "slash", "slash", "noteCommit", "register"),
        *("epoch", "epoch", "epoch", "last second"),
    ]),
    number=NUMBERS,
    other=NUMBERS,
    amount=AMOUNTS,
    sender=SENDERS,
)  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    """Contracts without nodes; every example forks it."""
    return World(attrs.evolve(REGISTRY, idle_epochs=2), nodes=NODES)


def take(world: World, step: Step) -> None:
    """Make the call on both sides."""
    node, other = world.nodes[step.number], world.nodes[step.other].address
    hub, count, epoch = world.hub.address, step.amount % 7, world.epoch
    if step.name == "epoch":
        world.next_epoch()
    elif step.name == "last second":
        world.next_epoch()
        world.next_epoch()
        world.advance(-1, 1)
    elif step.name == "register":
        flaw = ["", *FLAWS][count % 7]
        world.register(node, [PAYOUT, ZERO_ADDRESS][count % 2], sender=step.sender, flaw=flaw)
    elif step.name in {"enter", "evict"}:
        victim = ZERO_ADDRESS if step.name == "enter" else other
        world.stake_call("enter", node.address, victim, sender=step.sender)
    elif step.name == "slash":
        sender = hub if count else step.sender
        world.slash(node.address, max(0, epoch - step.other % 3), Offence(count % 3), sender=sender)
    elif step.name == "noteCommit":
        sender = hub if count else step.sender
        world.note_commit(node.address, max(0, epoch - step.other % 4), sender=sender)
    elif step.name == "moveTreasury":
        to, sender = [PAYOUT, ZERO_ADDRESS][count == 1], [TREASURER, OTHER][step.sender == OTHER]
        world.stake_call("moveTreasury", to, step.amount, sender=sender)
    elif step.name in {"withdraw", "setPayout"}:
        to = [PAYOUT, OTHER, ZERO_ADDRESS][count % 3]
        world.stake_call(step.name, node.address, to, sender=step.sender)
    elif step.name in {"alive", "dropIdle"}:
        world.stake_call(step.name, node.address, sender=step.sender)
    else:
        world.stake_call(step.name, node.address, step.amount, sender=step.sender)


@given(bonds=st.lists(BONDS, min_size=NODES, max_size=NODES), steps=st.lists(STEPS, min_size=5, max_size=20))
def test_scripts(world: World, bonds: list[int], steps: list[Step]) -> None:
    """Four members and two who wait; then whatever comes."""
    with world.fork():
        world.fund(OWNER, 2**93)
        for node, bond in zip(world.nodes, bonds, strict=True):
            world.register(node, PAYOUT, sender=OWNER)
            world.stake_call("bond", node.address, bond, sender=OWNER)
            world.stake_call("enter", node.address, ZERO_ADDRESS, sender=OWNER)
        world.next_epoch()
        for step in steps:
            take(world, step)
        world.compare_stake()


@given(
    weights=st.lists(st.one_of(st.sampled_from([10, 20, 50]), st.integers(10, 40)), min_size=4, max_size=4),
    others=st.lists(st.sampled_from([10, 11, 60, 61]), min_size=2, max_size=2),
    kind=st.sampled_from(["evict", "drop", "jail"]),
)
def test_budgets(world: World, weights: list[int], others: list[int], kind: str) -> None:
    """How many of a set others can take in one epoch, at and beside a quarter of its weight."""
    with world.fork():
        for node, weight in zip(world.nodes, weights, strict=False):
            world.join(node, weight, owner=OWNER, payout=PAYOUT)
        world.fund(OWNER, 10**6)
        for node, weight in zip(world.nodes[4:], others, strict=True):
            world.register(node, PAYOUT, sender=OWNER)
            world.stake_call("bond", node.address, weight, sender=OWNER)
        for _ in range(4):
            world.next_epoch()
        order = sorted(range(4), key=weights.__getitem__)
        for turn, number in enumerate(order):
            victim = world.nodes[number].address
            if kind == "evict" and turn < 2:
                world.stake_call("enter", world.nodes[4 + turn].address, victim, sender=OWNER)
            if kind == "drop":
                world.stake_call("dropIdle", victim, sender=BANK)
            if kind == "jail":
                world.slash(victim, world.epoch, Offence.UNREVEALED, sender=world.hub.address)
        world.compare_stake()


@given(
    last=st.integers(0, 3),
    now=st.integers(0, 3),
    offences=st.lists(st.sampled_from(Offence), min_size=1, max_size=4),
)
def test_repeated_slashes(world: World, last: int, now: int, offences: list[Offence]) -> None:
    """Which of them count, by the epochs of their rounds."""
    with world.fork():
        world.join(world.nodes[0], 100, owner=OWNER)
        for _ in range(3):
            world.next_epoch()
        address, hub = world.nodes[0].address, world.hub.address
        for turn, offence in enumerate(offences):
            world.slash(address, [last, now][turn % 2], offence, sender=hub)
        world.compare_stake()


def test_what_is_forgotten(world: World) -> None:
    """A node that changes in every epoch: which of its past both sides still know."""
    with world.fork():
        world.join(world.nodes[0], 100, owner=OWNER, payout=PAYOUT)
        world.fund(OWNER, 10)
        for _ in range(5):
            world.next_epoch()
            world.compare_stake(past=9)
            world.stake_call("bond", world.nodes[0].address, 1, sender=OWNER)
            world.compare_stake(past=9)
