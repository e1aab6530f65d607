"""The hub's seals over the real registry: the mirror's checkpoints and refusals, whatever changes."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from bare_evm.recording import record
from bare_evm.world import HUB, REGISTRY, World
from hypothesis import event, given
from hypothesis import strategies as st

from chainboy.consensus.distribution import StakeDistribution, node_number
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.stake import Offence

OWNER, PAYOUT = to_address(b"\xa1" * 20), to_address(b"\xa2" * 20)
BLOCK_GAS = 4_500_000
"""What the largest seal must stay below."""
NODES = 6
AMOUNTS = st.sampled_from([0, 1, 10, 19, 20, 30, 90, 2**96])
CHANGES = ("bond", "bond", "unbond", "unbond all", "enter", "evict", "slash", "setPayout", "undo")
LISTS = (
    *("right", "right", "right", "right", "none", "none", "none", "none"),
    *("short", "swapped", "twice", "foreign", "outsider", "nobody", "next epoch's"),
)


@attrs.frozen
class Step:
    """A change, some time, a record, or a seal of some list."""

    name: str
    number: int
    amount: int


STEPS = st.one_of(
    st.builds(Step, name=st.sampled_from(CHANGES), number=st.integers(0, NODES - 1), amount=AMOUNTS),
    st.builds(Step, st.sampled_from(LISTS), st.integers(0, NODES - 1), st.sampled_from([0, 1, 1])),
    st.builds(
        Step,
        name=st.just("wait"),
        number=st.just(0),
        amount=st.sampled_from([1, HUB.min_seal_interval - 1, HUB.min_seal_interval, REGISTRY.epoch_length]),
    ),
    st.sampled_from([Step(name, 0, 0) for name in ("epoch", "epoch", "last second", "record")]),
)


@pytest.fixture(scope="module")
def world() -> World:
    """Contracts without nodes; every example forks it."""
    return World(nodes=NODES)


@attrs.frozen
class Changed:
    """An event of the registry."""

    node: str
    from_epoch: int
    weight: int


_FIELDS = {"node": "node", "fromEpoch": "from_epoch", "weight": "weight"}


@attrs.define
class Chronicle:
    """What a follower of the registry's events knows."""

    world: World
    changes: list[Changed] = attrs.field(factory=list)

    def take(self, step: Step) -> None:
        """Make the call on both sides, or let time pass."""
        world = self.world
        if step.name in LISTS:
            self.seal(step)
        elif step.name in CHANGES:
            self.change(step, world.nodes[step.number].address)
        elif step.name == "record":
            record(world, len(world.rounds.records))
        elif step.name == "wait":
            world.advance(step.amount, 1)
        else:
            world.next_epoch()
            world.advance(REGISTRY.epoch_length - 1 if step.name == "last second" else 0, 1)

    def change(self, step: Step, node: str) -> None:
        """Whatever may change a weight."""
        world = self.world
        if step.name == "slash":
            world.slash(node, world.epoch, Offence.UNREVEALED_RANDOM, sender=world.hub.address)
            self.follow()
        elif step.name == "undo":
            self.call("bond", node, 10)
            self.call("unbond", node, 10)
        elif step.name == "unbond all":
            self.call("unbond", node, world.stake.node(node).bonded)
        elif step.name == "evict":
            entries = StakeDistribution.at_epoch(self.changes, world.epoch + 1).entries
            victim, _ = min(entries, key=lambda entry: entry[1], default=(ZERO_ADDRESS, 0))
            self.call("enter", node, victim)
        else:
            given = {"enter": ZERO_ADDRESS, "setPayout": OWNER}
            self.call(step.name, node, given.get(step.name, step.amount))

    def call(self, name: str, *args: Any) -> None:
        """One of the registry's."""
        if not self.world.stake_call(name, *args, sender=OWNER).refused:
            self.follow()

    def follow(self) -> None:
        """Read the weights that the last call changed."""
        for log in self.world.registry.events(self.world.evm.last_logs):
            if log.name == "WeightChanged":
                self.changes.append(Changed(**{_FIELDS[name]: value for name, value in log.fields.items()}))

    def nodes(self, epoch: int) -> list[str]:
        """Who is active, ascending."""
        return list(StakeDistribution.at_epoch(self.changes, epoch).nodes)

    def seal(self, step: Step) -> None:
        """The list that a follower would give, or what is not quite it."""
        world = self.world
        if step.amount and world.seals.distribution_epoch == world.epoch:
            world.next_epoch()
        nodes = self.spoilt(step, self.nodes(world.epoch))
        done = world.seal(nodes)
        event(f"{step.name}: {done.name or 'sealed'}")
        world.compare_seals()
        if not done.refused and (nodes or done.value.epoch == world.epoch):
            assert done.value.stake_hash == StakeDistribution.at_epoch(self.changes, world.epoch).hash

    def spoilt(self, step: Step, nodes: list[str]) -> list[str]:
        """What the step makes of the right list."""
        at = step.number % max(1, len(nodes))
        outsider = self.world.nodes[step.number].address
        made = {
            "none": [],
            "short": nodes[:at] + nodes[at + 1 :],
            "swapped": nodes[at:] + nodes[:at],
            "twice": nodes[: at + 1] + nodes[at:],
            "foreign": sorted([*nodes, PAYOUT], key=node_number),
            "outsider": sorted({*nodes, outsider}, key=node_number),
            "nobody": [ZERO_ADDRESS, *nodes],
            "next epoch's": self.nodes(self.world.epoch + 1),
        }
        return made.get(step.name, nodes)


@given(
    bonds=st.lists(st.sampled_from([0, 10, 20, 30, 40]), min_size=NODES, max_size=NODES),
    steps=st.lists(STEPS, min_size=8, max_size=30),
)
def test_scripts(world: World, bonds: list[int], steps: list[Step]) -> None:
    """Some members, a list sealed first or not; then whatever comes."""
    with world.fork():
        world.fund(OWNER, 2**93)
        told = Chronicle(world)
        for node, bond in zip(world.nodes, bonds, strict=True):
            world.register(node, PAYOUT, sender=OWNER)
            told.call("bond", node.address, bond)
            told.call("enter", node.address, ZERO_ADDRESS)
        for step in steps:
            told.take(step)
        world.compare_stake(past=0)
        assert world.hub.view("recordsRoot") == world.seals.records.root


@given(epochs=st.integers(0, 3), change=st.sampled_from(["", "bond", "undo"]), by=st.integers(-1, 1))
def test_redating(world: World, epochs: int, change: str, by: int) -> None:
    """The interval at its edge; an epoch with a change, even one undone, keeps the distribution's own."""
    with world.fork():
        for node in world.nodes[:3]:
            world.join(node, 20, owner=OWNER)
        world.fund(OWNER, 100)
        world.next_epoch()
        told = Chronicle(world)
        world.seal(sorted((node.address for node in world.nodes[:3]), key=node_number))
        if change:
            told.take(Step(change, 0, 10))
        world.advance(epochs * REGISTRY.epoch_length, 1)
        world.seal([])
        world.advance(HUB.min_seal_interval + by, 1)
        done = world.seal([])
        if not done.refused:
            changed = change and epochs
            assert done.value.epoch == (1 if changed else 1 + epochs)
        world.compare_seals()


def test_256_nodes() -> None:
    """The longest list."""
    world = World(attrs.evolve(REGISTRY, max_active=256, min_bond=1, min_active_weight=1), nodes=256)
    for number, node in enumerate(world.nodes):
        world.join(node, 10**21 + number, owner=OWNER)
    world.next_epoch()
    nodes = sorted((node.address for node in world.nodes), key=node_number)
    assert world.seal(nodes[:-1]).name == "DistributionIncomplete"
    assert not world.seal(nodes).refused
    calldata = world.hub.data("seal", nodes)
    assert world.hub.gas + sum(16 if byte else 4 for byte in calldata) + 21_000 < BLOCK_GAS
    world.compare_seals()
