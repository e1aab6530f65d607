"""Nodes whose programs run in processes of their own: they answer, survive, and leave nothing behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from http_chain import HttpChain, http_chain
from node_command import Running
from node_world import World, configure, secret
from unmeasured import environment

from chainboy import program
from chainboy.abi import uint256
from chainboy.content import DirectoryStore
from chainboy.node.runner import Node
from chainboy.pool import Pool, ProcessPool
from chainboy.testing import LocalNetwork

pytestmark = [
    pytest.mark.chain,
    pytest.mark.xdist_group("pools"),
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc; run this on Linux"),
]

ROUNDS = 8_000_000
"""Of a loop: about two seconds in the sandbox."""

LONG = b"""# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 n"]
# outputs = ["uint256"]
# ///
def main(n):
    total = 0
    while True:
        total += 1
"""


@program
def sum_of_odds(n: uint256) -> uint256:
    """One number after the other."""
    total = 0
    for i in range(n):
        total += 2 * i + 1
    return total


def apart(**options: Any) -> Node:
    """The usual node, with one process for its programs."""
    return Node.compose(**options, pool=Pool(executor=ProcessPool(1), workers=1, queue=1))


def children(pid: int) -> set[int]:
    """The processes that this one started and that are no zombies, their own ones, too."""
    found = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found |= {child, *children(child)}
    return {each for each in found if alive(each)}


def alive(pid: int) -> bool:
    """It is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def soon(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether it holds before so many seconds are over."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def burning(pid: int) -> bool:
    """It has used a second of a processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12]) > os.sysconf("SC_CLK_TCK")


def test_a_process_killed_in_the_middle_of_a_run() -> None:
    """The node runs the program again, and its answer is the right one; its processes end with it."""
    with LocalNetwork(bonds=[100], factories={0: apart}) as network:
        client = network.client()
        assert client.submit(sum_of_odds, n=10, price=10**16).result(timeout=60).value == 100
        (worker,) = multiprocessing.active_children()
        task = client.submit(sum_of_odds, n=ROUNDS, price=10**16, fuel_limit=10**11)
        assert soon(lambda: burning(worker.pid or 0))
        worker.kill()
        assert task.result(timeout=120).value == ROUNDS**2
        assert worker not in multiprocessing.active_children()
    assert not multiprocessing.active_children()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A chain with one node's stake."""
    made = World([100])
    yield made
    made.backend.close()


@pytest.fixture
def http(world: World) -> Iterator[HttpChain]:
    """The chain behind an endpoint."""
    with http_chain(world.chain) as served:
        yield served


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_node_that_ends_leaves_no_process(
    world: World, http: HttpChain, tmp_path: Path, number: signal.Signals
) -> None:
    """Told to stop, or killed, in the middle of a run of minutes: all its processes end within seconds."""
    world.content = DirectoryStore(tmp_path / "content")
    config = configure(world, http.url, secret("node 0"), tmp_path, kind="processes")
    running = Running(config, world, http, environment())
    try:
        running.wait(running.started)
        world.ask(bytes(32), source=LONG, fuel=10**11 - 1)
        running.wait(lambda: any(map(burning, children(running.process.pid))))
        started = children(running.process.pid)
        running.process.send_signal(number)
        assert running.process.wait(30) == (0 if number is signal.SIGTERM else -number)
        assert soon(lambda: not any(map(alive, started)))
        assert "Traceback" not in running.log
    finally:
        running.process.kill()
        running.process.wait()
