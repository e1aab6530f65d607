"""A node process that looks at the chain seldom, and is woken by webhooks, true ones and false ones."""

from __future__ import annotations

import hashlib
import hmac
import json
import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pushed_node
import pytest
import requests
from node_world import World, configure, secret

from chainboy.content.directory import DirectoryStore
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.contracts.hub_events import Committed
from chainboy.errors import ConfigError
from chainboy.testing.backends import AnvilChain, find_anvil
from chainboy.units import TaskId

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["chainboy.node.start", "chainboy.testing.node_fakes", "web3"])

KEY = "whsec_of_a_test"

EVENTS = """
[events]
polling_seconds = {pause}
[events.webhooks]
listen = "127.0.0.1:{port}"
[events.webhooks.alchemy]
key_file = "alchemy.key"
"""

try:
    find_anvil()
except ConfigError as missing:
    pytestmark = [pytest.mark.anvil, pytest.mark.skip(reason=str(missing))]
else:
    pytestmark = pytest.mark.anvil


@pytest.fixture
def world() -> Iterator[World]:
    """A chain, and one node that holds all active weight."""
    backend = AnvilChain()
    try:
        yield World([100], backend=backend)
    finally:
        backend.close()


class Station:
    """A node process and the address of its webhook."""

    def __init__(self, world: World, port: int) -> None:
        self.world = world
        self.url = f"http://127.0.0.1:{port}/alchemy"

    def post(self, *hashes: str, key: str = KEY) -> int:
        """A webhook of these transactions; the status of its answer."""
        logs = [{"transaction": {"hash": tx}} for tx in hashes]
        said = {"id": str(hashes), "event": {"data": {"block": {"logs": logs}}}}
        body = json.dumps(said).encode()
        signature = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Alchemy-Signature": signature}
        return requests.post(self.url, data=body, headers=headers, timeout=10).status_code

    def ask(self) -> tuple[TaskId, str]:
        """A request, and the hash of its transaction."""
        task = self.world.ask(b"input")
        chain, gateway = self.world.chain, self.world.gateway
        logs = chain.logs([gateway.address], [gateway.topic(TaskRequested)], 0, chain.head().number)
        return task, f"0x{logs[-1].tx_hash.hex()}"

    def committed(self, task: TaskId) -> bool:
        """Whether the node has answered, as far as others may know yet."""
        logs = self.world.chain.logs([self.world.hub.address], [], 0, self.world.chain.head().number)
        return any(event.task_id == task for event in self.world.hub.events(logs, Committed))


@contextmanager
def station(world: World, folder: Path, *, poll_seconds: float, pause: float) -> Iterator[Station]:
    """A node process whose webhook is open."""
    world.content = DirectoryStore(folder / "content")
    config = configure(world, world.backend.url, secret("node 0"), folder)  # type: ignore[attr-defined]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    text = config.read_text().replace("poll_seconds = 0.02", f"poll_seconds = {poll_seconds}")
    config.write_text(text + EVENTS.format(port=port, pause=pause))
    (folder / "alchemy.key").write_text(KEY)
    process = PROCESSES.Process(target=pushed_node.main, args=(str(config),))
    process.start()
    try:
        there = Station(world, port)
        until(lambda: opened(there.url), 60)
        yield there
    finally:
        process.terminate()
        process.join(30)
    assert process.exitcode == 0


def opened(url: str) -> bool:
    """Whether the webhook answers."""
    try:
        return requests.get(url, timeout=1).status_code == 200
    except requests.ConnectionError:
        return False


def until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for it."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds
        time.sleep(0.05)


def test_a_webhook_wakes_a_node(world: World, tmp_path: Path) -> None:
    """It looks at the chain once in ten minutes, and answers within seconds of the webhook."""
    with station(world, tmp_path, poll_seconds=600, pause=600) as there:
        time.sleep(2)  # the first round of work is over, and the long pause has begun
        task, tx = there.ask()
        time.sleep(1)
        assert not there.committed(task)
        assert there.post(tx) == 200
        until(lambda: there.committed(task), 20)


def test_webhooks_that_lie(world: World, tmp_path: Path) -> None:
    """Unsigned, of nothing, of somebody else's transaction, and too many: polling finds what is true."""
    with station(world, tmp_path, poll_seconds=0.5, pause=1) as there:
        foreign = world.chain.logs([world.registry.address], [], 0, world.chain.head().number)
        assert there.post("0x" + "ab" * 32, key="another key") == 400
        assert there.post(*(f"0x{log.tx_hash.hex()}" for log in foreign)) == 200
        for number in range(20):
            assert there.post(*(f"0x{number:02x}{index:062x}" for index in range(100))) == 200
        task, _ = there.ask()
        until(lambda: there.committed(task), 30)
