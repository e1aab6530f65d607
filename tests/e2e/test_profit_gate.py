"""A node that takes only what pays, on the compiled contracts: its decisions, and what it learns of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from node_world import EAGER, World

from chainboy.contracts.hub_events import Committed
from chainboy.node.economics.gate import ProfitGate
from chainboy.node.economics.history import Ending
from chainboy.node.economics.market import ChainMarket
from chainboy.node.economics.tariff import Tariff
from chainboy.node.machine import Duty
from chainboy.node.policy import Delivery
from chainboy.node.runner import Node
from chainboy.units import TaskId, Wei

pytestmark = pytest.mark.chain

BONDS = [400, 350, 250]
WORD = (5).to_bytes(32, "big")
GWEI = 10**9
GAS = 100_000 + 50_000 + 45_000 + 110_000
"""Commit, reveal, claim and finalise, as a node without a history reckons."""

PROUD = attrs.evolve(EAGER, delivery=Delivery.NEVER, tariff=Tariff(profit_gate=True))


@attrs.define
class Dial:
    """What gas costs."""

    price: int = GWEI


@pytest.fixture
def dial(monkeypatch: pytest.MonkeyPatch) -> Dial:
    """The price of gas, in the test's hand; an empty embedded chain would soon give it away."""
    made = Dial()
    monkeypatch.setattr(ChainMarket, "gas_price", lambda _: Wei(made.price))
    return made


@pytest.fixture
def world() -> Iterator[World]:
    """An embedded chain where every block is final."""
    made = World(BONDS)
    yield made
    made.backend.close()


def gate(node: Node) -> ProfitGate:
    """The node's gate."""
    found = node.parts.gate
    assert isinstance(found, ProfitGate)
    return found


def state(node: Node, task: TaskId) -> str:
    """Where the task stands."""
    found = node.parts.journal.task(task)
    return "unknown" if found is None else found.state.value


def used(world: World, node: Node) -> dict[Duty, int]:
    """Gas of each of the node's transactions, as the chain's receipts have it."""
    found = {}
    for tx_hash, duty in node.parts.journal._db.read("SELECT tx_hash, duty FROM transactions"):
        receipt = world.chain.receipt(tx_hash)
        assert receipt is not None
        found[Duty(duty)] = receipt.gas_used
    return found


def commit_order(world: World, task: TaskId) -> list[str]:
    """Who committed, first to last."""
    logs = world.chain.logs([world.hub.address], [], 0, world.chain.head().number)
    return [event.node for event in world.hub.events(logs, Committed) if event.task_id == task]


def test_it_takes_what_pays_and_leaves_what_does_not(world: World, dial: Dial, tmp_path: Path) -> None:
    """15 % of the price against four transactions; the others answer both. What it used is remembered."""
    nodes = [world.node(0, tmp_path / "proud.sqlite", policy=PROUD), world.node(1), world.node(2)]
    edge = GAS * dial.price * 100 // 15
    good, poor = world.ask(WORD, price=edge + 100), world.ask(WORD, price=edge - 100)
    world.work(nodes, good, poor, after=1)
    assert [state(node, good) for node in nodes] == ["done"] * 3
    assert [state(node, poor) for node in nodes] == ["abstained", "done", "done"]
    (refusal,) = nodes[0].parts.journal.transitions(poor)
    reward = (edge - 100) * 15 // 100
    assert refusal.reason == (
        f"price {edge - 100} wei brings about {reward}, less {GAS} gas at {GWEI} wei and 0 for the run is "
        f"{reward - GAS * GWEI}, below our minimum of 0"
    )
    history = gate(nodes[0]).history
    assert {each.duty: each.gas for each in history.transactions} == used(world, nodes[0])
    rank = commit_order(world, good).index(nodes[0].address)
    assert history.endings == (Ending.LEADER if rank < 2 else Ending.FOLLOWER,)
    assert [run.fuel for run in history.runs] == [32]
    nodes[0].close()
    again = world.node(0, tmp_path / "proud.sqlite", policy=PROUD)
    assert gate(again).history.endings == history.endings
    for node in [again, *nodes[1:]]:
        node.close()
