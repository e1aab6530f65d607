"""A journal backed up while its node works, and restored later: nothing is done twice, nothing is lost.

The commands are those of the operations handbook. Rule: protocol, section 12, invariant 7.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from node_world import World

from chainboy.consensus.rewards import split_reward
from chainboy.contracts.gateway_events import RewardClaimed
from chainboy.contracts.hub_events import Committed, EntrySkipped, Revealed
from chainboy.node.machine import State
from chainboy.node.runner import Node
from chainboy.units import TaskId

HANDBOOK = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
PRICE = 10**16
TRANSACTIONS = 5
"""Commit, reveal, finalize, deliver, claim."""

LIFE = [
    State.SEEN,
    State.ACCEPTED,
    State.COMPUTED,
    State.COMMITTING,
    State.COMMITTED,
    State.REVEALING,
    State.REVEALED,
    State.FINALIZED,
    State.DELIVERED,
    State.DONE,
]
"""The states of a task that goes well."""


@pytest.fixture(scope="module")
def world() -> World:
    """A network of one node."""
    return World([100])


def commands(title: str) -> str:
    """The commands of a section of the handbook."""
    (section,) = re.findall(rf"^### {title}\n(.*?)(?=^##|\Z)", HANDBOOK.read_text(), re.MULTILINE | re.DOTALL)
    (block,) = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return str(block)


def type_in(title: str, folder: Path) -> None:
    """What the section tells to type, in ``folder``; ``python`` is this one."""
    text = commands(title).replace("python ", f"{sys.executable} ")
    subprocess.run(["bash", "-ec", text], cwd=folder, check=True, timeout=60)


def reach(node: Node, world: World, task: TaskId, state: State) -> None:
    """Let the node work until the task is as far as ``state``."""
    for _ in range(60):
        node.step()
        world.backend.mine()
        found = node.parts.journal.task(task)
        if found is not None and LIFE.index(found.state) >= LIFE.index(state):
            return
    pytest.fail(f"it does not get there: {found}")


@pytest.mark.parametrize("lived_on", [False, True], ids=["the machine died then", "the node lived on"])
@pytest.mark.parametrize(
    "state", [State.ACCEPTED, State.COMMITTING, State.REVEALING, State.REVEALED, State.FINALIZED]
)
def test_restored_from_any_moment(world: World, tmp_path: Path, state: State, *, lived_on: bool) -> None:
    """Backed up in this state, with the journal open; restored after a crash, or when all is done."""
    (tmp_path / "mynode").mkdir()
    journal = tmp_path / "mynode" / "journal.sqlite"
    first = world.chain.head().number
    sent = world.chain.nonce(world.signers[0].address, pending=False)
    node = world.node(0, journal)
    task = world.ask(b"input")
    reach(node, world, task, state)
    type_in("Back up", tmp_path)
    if lived_on:
        reach(node, world, task, State.DONE)
    node.close()
    type_in("Restore", tmp_path)
    again = world.node(0, journal)
    reach(again, world, task, State.DONE)
    again.close()

    head = world.chain.head().number
    hub = world.chain.logs([world.hub.address], [], first, head)
    gateway = world.chain.logs([world.gateway.address], [], first, head)
    assert [e.attempt for e in world.hub.events(hub, Committed) if e.task_id == task] == [1]
    assert len([e for e in world.hub.events(hub, Revealed) if e.task_id == task]) == 1
    assert world.hub.events(hub, EntrySkipped) == ()
    claimed = [e.amount for e in world.gateway.events(gateway, RewardClaimed) if e.task_id == task]
    assert claimed == list(split_reward(PRICE, [100]).shares)
    assert world.chain.nonce(world.signers[0].address, pending=False) == sent + TRANSACTIONS


def test_without_a_journal(world: World, tmp_path: Path) -> None:
    """Lost after the commitment: the chain tells what was committed to, the key what its salt was."""
    first = world.chain.head().number
    node = world.node(0, tmp_path / "lost.sqlite")
    task = world.ask(b"input")
    reach(node, world, task, State.COMMITTING)
    node.close()
    again = world.node(0, tmp_path / "new.sqlite")
    reach(again, world, task, State.DONE)
    again.close()
    logs = world.chain.logs([world.hub.address], [], first, world.chain.head().number)
    assert len([e for e in world.hub.events(logs, Revealed) if e.task_id == task]) == 1
