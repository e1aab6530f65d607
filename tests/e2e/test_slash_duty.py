"""Nodes that have silent ones slashed, on the compiled contracts: who pays, once, and what it costs whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from node_world import EAGER, World

from chainboy.consensus.params import Mode
from chainboy.contracts.registry_events import Jailed, Offence, Slashed
from chainboy.node.machine import Duty
from chainboy.node.policy import Policy
from chainboy.node.runner import Node
from chainboy.testing.adversaries import copying_node
from chainboy.testing.node_fakes import FakeSandbox
from chainboy.units import Wei

pytestmark = pytest.mark.chain

BONDS = [4_000, 3_000, 1_000]
SILENT = 2
WORD = (5).to_bytes(32, "big")
SHARES = {Offence.UNREVEALED: 100, Offence.UNREVEALED_RANDOM: 1_000}
PAYING = attrs.evolve(EAGER, slash_budget=Wei(10**18), finalize_backoff=1)
STINGY = attrs.evolve(EAGER, slash_budget=Wei(1))


@pytest.fixture
def world() -> Iterator[World]:
    """An embedded chain where every block is final."""
    made = World(BONDS)
    yield made
    made.backend.close()


def village(world: World, policy: Policy) -> list[Node]:
    """Two nodes with this policy, and one that commits to what it cannot reveal."""
    silent = copying_node(
        chain=world.chain,
        deployment=world.deployment,
        signer=world.signers[SILENT],
        content=world.content,
        sandbox=FakeSandbox(),
        journal=":memory:",
        policy=EAGER,
    )
    return [*(world.node(index, policy=policy) for index in range(SILENT)), silent]


def told(world: World, kind: type) -> list[Any]:
    """The registry's events of one kind."""
    logs = world.chain.logs([world.registry.address], [], 0, world.chain.head().number)
    return list(world.registry.events(logs, kind))


def calls(nodes: list[Node]) -> int:
    """How many slashing transactions all of them have signed."""
    rows = [node.parts.journal._db.read("SELECT duty FROM transactions") for node in nodes]
    return sum(duty == Duty.SLASH.value for each in rows for (duty,) in each)


def test_one_of_them_has_the_silent_node_slashed(world: World) -> None:
    """One of two that would pay: 1 % once for its rounds of the epoch, and 10 % of the rest in RANDOM."""
    nodes = village(world, PAYING)
    world.work(nodes, world.ask(WORD), world.ask(WORD), world.ask(mode=Mode.RANDOM), after=3)
    silent, slashed = world.signers[SILENT].address, told(world, Slashed)
    assert {event.node for event in slashed} == {silent}
    bond = BONDS[SILENT]
    for event in slashed:
        assert event.amount == bond * SHARES[event.offence] // 10_000
        bond -= event.amount
    assert sorted(event.offence for event in slashed) == [Offence.UNREVEALED, Offence.UNREVEALED_RANDOM]
    assert world.registry.node_of(silent).bonded == bond
    assert world.registry.treasury() == BONDS[SILENT] - bond
    assert {event.node for event in told(world, Jailed)} == {silent}
    # The second silence of the epoch would cost it nothing more, so nobody pays for a call.
    assert calls(nodes) == 2
    for node in nodes:
        node.close()


def test_nobody_pays_more_than_the_budget_nor_too_late(world: World) -> None:
    """While gas costs more nothing is sent; a node that would pay does it, unless two epochs have gone by."""
    nodes = village(world, STINGY)
    world.work(nodes, world.ask(WORD), after=2)
    assert told(world, Slashed) == []
    assert calls(nodes) == 0
    rich = world.node(0, policy=PAYING)
    world.work([rich], after=3)
    assert len(told(world, Slashed)) == 1
    world.work(nodes, world.ask(mode=Mode.RANDOM))
    for _ in range(3):
        world.next_epoch()
    late = world.node(1, policy=PAYING)
    world.work([late], after=3)
    assert len(told(world, Slashed)) == 1
    assert calls([late]) == 0
    for node in [*nodes, rich, late]:
        node.close()
