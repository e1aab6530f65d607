"""A shadow beside honest nodes on the compiled contracts: it sends nothing, and its figures are what would be."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_chain import http_chain
from node_command import COMMAND
from node_world import EAGER, World, configure

from chainboy.chain.client import Chain
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode
from chainboy.consensus.rewards import split_reward
from chainboy.contracts.hub_events import Committed, Finalized
from chainboy.errors import ConfigError
from chainboy.node.economics.tariff import Tariff
from chainboy.node.policy import Policy
from chainboy.node.runner import Node
from chainboy.node.shadow.nobody import Nobody
from chainboy.node.shadow.report import Report, to_lines, to_table
from chainboy.node.shadow.shadow import Shadow
from chainboy.node.shadow.start import load, shadow_of
from chainboy.node.watching.causes import Cause
from chainboy.sandbox.protocol import Job
from chainboy.testing.node_fakes import FakeSandbox
from chainboy.units import Fuel, TaskId, Wei, Weight

pytestmark = pytest.mark.chain

BONDS = [400, 300, 200]
BOND = Weight(250)
PRICE = 10**16
WORD = (5).to_bytes(32, "big")


@pytest.fixture
def world() -> Iterator[World]:
    """An embedded chain where two blocks make one final."""
    made = World(BONDS, confirmations=2)
    yield made
    made.backend.close()


@pytest.fixture
def nodes(world: World) -> Iterator[list[Node]]:
    """Three honest nodes."""
    made = [world.node(index) for index in range(3)]
    yield made
    for node in made:
        node.close()


def shadow(
    world: World, path: Path, policy: Policy = EAGER, sandbox: FakeSandbox | None = None
) -> Shadow:
    """A shadow without any key, its journal at ``path``."""
    node = world.node(0, path, signer=Nobody(), policy=policy, sandbox=sandbox or FakeSandbox())
    return Shadow(node.parts, bond=BOND, policy=policy, gas_price=lambda: Wei(7))


def work(world: World, nodes: list[Node], *tasks: TaskId, rounds: int = 150) -> None:
    """Let all work in this order, block by block, until none has anything left to do."""
    for _ in range(rounds):
        for node in nodes:
            node.step()
            while node.busy:
                threading.Event().wait(0.001)
        journals = [node.parts.journal for node in nodes]
        if all(not journal.active() and all(map(journal.task, tasks)) for journal in journals):
            return
        world.backend.mine()
    raise AssertionError("the nodes did not finish")


def weights(world: World, task: TaskId) -> list[int]:
    """The weights of those who committed, in commit order, from the logs."""
    logs = world.chain.logs([world.hub.address], [], 0, world.chain.head().number)
    return [event.weight for event in world.hub.events(logs, Committed) if event.task_id == task]


def total(report: Report) -> int:
    """What the report says was earned."""
    return sum(report.income.values())


def test_it_agrees_and_earns_what_the_last_of_the_winners_would(
    world: World, nodes: list[Node], tmp_path: Path
) -> None:
    """Looking after the others it is last in every mode's round: the mirror's reward with it at the end."""
    spectator = shadow(world, tmp_path / "shadow.sqlite")
    tasks = [world.ask(WORD, mode=mode) for mode in Mode]
    work(world, [*nodes, spectator.node], *tasks)
    report = spectator.report()
    spectator.node.close()
    assert (report.seen, report.taken, report.answered, report.missed) == (3, 3, 3, 0)
    assert (report.compared, report.agreed, report.agreement) == (2, 2, "100.00")
    assert report.ranks == {"first": 0, "second": 0, "later": 3}
    expected = sum(split_reward(PRICE, [*weights(world, task), BOND]).shares[-1] for task in tasks)
    assert total(report) == expected > 0
    # A commit, a reveal and a claim each, by the documented figures; the first in line finalises.
    assert report.gas_cost == 3 * (100_000 + 50_000 + 45_000) * 7 + delivered(spectator)
    assert report.profit == expected - report.gas_cost
    assert report.runs == 2
    assert report.fuel == 2 * 32


def delivered(spectator: Shadow) -> int:
    """Gas for deliveries that an eager shadow would have tried, at 7 wei."""
    del spectator
    return 0
