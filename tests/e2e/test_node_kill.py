"""A node process killed with SIGKILL at every journal write, against a chain in another process.

Rule: protocol, section 12, invariant 7: it loses no reward, never commits twice in an attempt, never reuses a
nonce.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from pathlib import Path

import node_process
import pytest
from node_record import TRANSACTIONS, check_task, sent_by_node
from node_world import World, configure, secret

from chainboy.consensus.params import Mode
from chainboy.content.directory import DirectoryStore
from chainboy.testing.backends import AnvilChain

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["chainboy.node.start", "chainboy.testing.node_fakes", "web3"])
"""Processes that need not import everything again."""

STATES = 10
"""States that a task goes through, each with a journal write of its own."""

SECRET = secret("node 0")

pytestmark = pytest.mark.anvil


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A chain in a process of its own, with the contracts and one node that holds all active weight."""
    backend = AnvilChain()
    try:
        yield World([100], backend=backend)
    finally:
        backend.close()


@pytest.fixture
def config(world: World, tmp_path: Path) -> Path:
    """A configuration file of that node, with a journal of its own."""
    world.content = DirectoryStore(tmp_path / "content")
    return configure(world, world.backend.url, SECRET, tmp_path)


def run(config: Path, fuse: int, stage: str = "after") -> int:
    """Run the node in a process of its own; returns its exit code, negative for the signal that ended it."""
    process = PROCESSES.Process(target=node_process.main, args=(str(config), fuse, stage))
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def kill_until_done(config: Path, fuse: int, stage: str) -> int:
    """Kill process after process at the same write of each, until one has nothing left to do."""
    for kills in range(60):
        code = run(config, fuse, stage)
        if code == 0:
            return kills
        assert code == -signal.SIGKILL
    raise AssertionError("the node makes no progress")


@pytest.mark.parametrize("stage", ["before", "after"])
def test_killed_at_each_write(world: World, config: Path, stage: str) -> None:
    """For every journal write of a task's life: killed right before or after it, and started again."""
    for fuse in range(60):
        first, sent = world.chain.head().number, sent_by_node(world)
        task = world.ask(b"input")
        code = run(config, fuse, stage)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        assert run(config, -1, stage) == 0
        check_task(world, task, first)
        assert sent_by_node(world) == sent + TRANSACTIONS
    assert fuse > STATES + TRANSACTIONS


@pytest.mark.parametrize(
    ("mode", "fuse", "stage"),
    [(Mode.EXACT, 0, "after"), (Mode.RANDOM, 1, "before"), (Mode.MEDIAN, 1, "after")],
)
def test_killed_in_a_row(world: World, config: Path, mode: Mode, fuse: int, stage: str) -> None:
    """No process lives for more than one or two writes; together they do all that one would have done."""
    first, sent = world.chain.head().number, sent_by_node(world)
    task = world.ask((5).to_bytes(32, "big"), mode=mode)
    assert kill_until_done(config, fuse, stage) > STATES // 2
    check_task(world, task, first)
    assert sent_by_node(world) == sent + TRANSACTIONS
