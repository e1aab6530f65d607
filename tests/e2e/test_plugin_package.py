"""The example plug-in package, installed like any other: its own tests, and a node with its parts."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from node_world import World, configure, secret

from chainboy.content.memory import MemoryStore
from chainboy.contracts.gateway import TaskState
from chainboy.testing.backends import AnvilChain

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "examples" / "plugin"
PARTS = """
[content.sqlite]
path = "content.sqlite"
[events.sqlite]
path = "index.sqlite"
"""

pytestmark = pytest.mark.anvil


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package installed in it."""
    target = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--target", target]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, PACKAGE], check=True, timeout=120)
    return target


def python(site: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What a Python that has the package does with these arguments."""
    path = os.pathsep.join(filter(None, [str(site), str(HERE), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_its_own_tests_pass(site: Path) -> None:
    """The conformance suites, as its README says."""
    done = python(site, "-m", "pytest", "-q", "-p", "no:cacheprovider", PACKAGE / "tests")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.fixture
def world() -> Iterator[World]:
    """One node that holds all active weight."""
    backend = AnvilChain()
    try:
        yield World([100], backend=backend)
    finally:
        backend.close()


def index(world: World, path: Path) -> None:
    """Do an indexer's work: the logs of two contracts into the package's table."""
    logs = world.chain.logs([world.gateway.address, world.hub.address], [], 0, world.chain.head().number)
    schema = "import sqlite3, sys; from chainboy_sqlite.events import SCHEMA; print(SCHEMA)"
    made = python(path.parent / "site", "-c", schema).stdout
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(made)
        rows = [
            (
                log.chain_id,
                log.block_number,
                log.block_hash,
                log.tx_hash,
                log.log_index,
                log.address,
                b"".join(log.topics),
                log.data,
            )
            for log in logs
        ]
        file.executemany("INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def test_a_node_with_its_parts(site: Path, world: World, tmp_path: Path) -> None:
    """Woken by the index, with the program out of the file: the task is answered and delivered."""
    (tmp_path / "site").symlink_to(site)
    task = world.ask(b"input")
    assert isinstance(world.content, MemoryStore)
    with closing(sqlite3.connect(tmp_path / "content.sqlite")) as file, file:
        file.execute("CREATE TABLE content (cid TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID")
        rows = [(str(cid), data) for cid, data in world.content.blobs.items()]
        file.executemany("INSERT INTO content VALUES (?, ?)", rows)
    index(world, tmp_path / "index.sqlite")
    config = configure(world, world.backend.url, secret("node 0"), tmp_path)
    config.write_text(config.read_text().replace('content = "content"\n', "") + PARTS)
    done = python(site, "-c", f"import node_process; node_process.main({str(config)!r}, -1, 'after')")
    assert done.returncode == 0, done.stderr
    assert world.gateway.state_of(task) is TaskState.DELIVERED
