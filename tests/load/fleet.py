"""Many nodes before one chain: processes of ``chainboy node run``, each with programs that it answers."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import attrs
from node_world import World, configure, secret
from unmeasured import environment

from chainboy.cid import Cid
from chainboy.content.directory import DirectoryStore
from chainboy.contracts.profile import Profile
from chainboy.testing.backends import AnvilChain
from chainboy.units import Address

COMMAND = Path(sys.executable).with_name("chainboy")
START_SECONDS = 900.0
CONFIRMATIONS = 2

NODE = """
[chain]
url = "{url}"
chain_id = {chain_id}
confirmations = {confirmations}
block_seconds = 1
[contracts]
deployment = "deployment.json"
[key]
keystore = "key.json"
password_file = "password"
[node]
content = "../content"
journal = "journal.sqlite"
poll_seconds = 0.2
start_block = {start_block}
log_level = "warning"
[pool]
kind = "threads"
workers = 1
[policy]
delivery = "always"
allowed = {allowed}
"""

PROGRAM = """# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 n"]
# outputs = ["uint256"]
# ///
# Number {number}.
def main(n):
    return n * n
"""


@attrs.define
class Runner:
    """One node, the programs it answers, and its process."""

    address: Address
    folder: Path
    programs: tuple[Cid, ...]
    process: subprocess.Popen[bytes]

    @property
    def known(self) -> int:
        """How many tasks its journal has."""
        journal = f"file:{self.folder / 'journal.sqlite'}?mode=ro"
        try:
            with closing(sqlite3.connect(journal, uri=True, timeout=10)) as db:
                return int(db.execute("SELECT count(*) FROM tasks").fetchone()[0])
        except sqlite3.OperationalError:
            return 0

    @property
    def memory(self) -> int:
        """Kibibytes that are resident now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    @property
    def log(self) -> str:
        """What it has said; warnings only."""
        return (self.folder / "node.log").read_text()


@attrs.frozen
class Fleet:
    """A chain, what is on it, the programs by number, and the nodes."""

    world: World
    backend: AnvilChain
    programs: tuple[Cid, ...]
    runners: tuple[Runner, ...]

    def memory(self) -> list[int]:
        """Of each node."""
        return [runner.memory for runner in self.runners]

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """No node sees what happens meanwhile, until all wake up to it at once."""
        for runner in self.runners:
            runner.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for runner in self.runners:
                runner.process.send_signal(signal.SIGCONT)


@contextmanager
def fleet(nodes: int, answers: int, folder: Path) -> Iterator[Fleet]:
    """``nodes`` equal nodes and as many programs, each answered by ``answers`` of them; closed at the end."""
    with ExitStack() as stack:
        backend = stack.enter_context(AnvilChain())
        world = World([100] * nodes, confirmations=CONFIRMATIONS, backend=backend, rules=_patient)
        world.content = DirectoryStore(folder / "content")
        programs = tuple(world.content.put(PROGRAM.format(number=n).encode()) for n in range(nodes))
        runners: list[Runner] = []
        stack.callback(_end, runners)
        for index in range(nodes):
            own = tuple(programs[(index + n) % nodes] for n in range(answers))
            runners.append(_start(world, backend, index, own, folder / f"node{index}"))
        made = Fleet(world, backend, programs, tuple(runners))
        _wait_until_ready(made)
        yield made


def _patient(usual: Profile) -> Profile:
    """An attempt lives as long as a task: one that never comes to a quorum is not made again meanwhile."""
    life = usual.hub.max_task_life
    return attrs.evolve(
        usual,
        registry=attrs.evolve(usual.registry, epoch_length=2 * life),
        hub=attrs.evolve(usual.hub, attempt_life=life),
    )


def _start(world: World, backend: AnvilChain, index: int, programs: Sequence[Cid], folder: Path) -> Runner:
    folder.mkdir()
    figures = {"confirmations": CONFIRMATIONS, "allowed": json.dumps([str(cid) for cid in programs])}
    config = configure(world, backend.url, secret(f"node {index}"), folder, text=NODE, **figures)
    with (folder / "node.log").open("wb") as log:
        command = [COMMAND, "node", "run", "--config", config]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment())
    return Runner(world.signers[index].address, folder, tuple(programs), process)


def _wait_until_ready(made: Fleet) -> None:
    """Until each has a journal, which comes after every check at the start."""
    deadline = time.monotonic() + START_SECONDS
    while not all((runner.folder / "journal.sqlite").exists() for runner in made.runners):
        assert all(runner.process.poll() is None for runner in made.runners), [r.log for r in made.runners]
        assert time.monotonic() < deadline, "a node does not start"
        time.sleep(0.1)


def _end(runners: Sequence[Runner]) -> None:
    """All at once, for each takes its time."""
    for runner in runners:
        runner.process.terminate()
    for runner in runners:
        try:
            runner.process.wait(120)
        except subprocess.TimeoutExpired:
            runner.process.kill()
            runner.process.wait(60)
