"""Two replicas of one node in processes of their own, the chain they work on, and the journal they share."""

from __future__ import annotations

import multiprocessing
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import replica_process
from http_chain import HttpChain, http_chain
from node_world import World, configure, secret

from chainboy.content.directory import DirectoryStore

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["replica_process", "psycopg", "web3"])
"""Processes that need not import everything again."""

LEASE = 3.0
HAND_OVER = 1.5
"""Seconds."""

PATIENCE = 90.0


class Process:
    """One replica."""

    def __init__(self, config: Path, name: str) -> None:
        self._path = config.parent / f"{name}.log"
        self._path.touch()
        self.process: BaseProcess = PROCESSES.Process(
            target=replica_process.main, args=(str(config), str(self._path))
        )
        self.process.start()
        self.pid = self.process.pid or 0

    @property
    def log(self) -> str:
        """All that it has said."""
        return self._path.read_text()

    @property
    def acts(self) -> bool:
        """By its log."""
        return self.told[-1:] == ["acts"]

    @property
    def stands_by(self) -> bool:
        """By its log."""
        return self.told[-1:] == ["stands by"]

    @property
    def told(self) -> list[str]:
        """What it has said of its part, in order."""
        return re.findall(r"this replica (acts|stands by|stands aside|pauses|does not act)", self.log)

    def end(self) -> None:
        """By force, if it has not ended."""
        self.process.kill()
        self.process.join()
        self.process.close()


class Pair:
    """The world, and what its two replicas do in it."""

    def __init__(self, world: World, http: HttpChain, config: Path) -> None:
        self.world, self.http = world, http
        self.config = config
        self.replicas: list[Process] = []

    def start(self, config: Path | None = None) -> Process:
        """One more replica."""
        self.replicas.append(Process(config or self.config, f"replica-{len(self.replicas)}"))
        return self.replicas[-1]

    def both(self, config: Path | None = None) -> tuple[Process, Process]:
        """Two new ones: who acts, with this configuration if one is given, and who stands by."""
        first = self.start(config)
        self.wait(lambda: first.acts)
        second = self.start()
        self.wait(lambda: second.stands_by)
        return first, second

    def wait(self, condition: Callable[[], bool]) -> float:
        """Wait; a block is mined whenever a node has looked for one. Seconds that it took."""
        begin, looks = time.monotonic(), self._looks()
        while not condition():
            assert time.monotonic() - begin < PATIENCE, "\n---\n".join(each.log for each in self.replicas)
            if self._looks() > looks:
                looks = self._looks()
                with self.world.chain.lock:
                    self.world.backend.mine()
            time.sleep(0.01)
        return time.monotonic() - begin

    def freeze_at(self, write: int, side: str) -> None:
        """Let who acts stop at this one of its next journal writes, ``before`` or ``after`` it."""
        order = self.config.with_name("freeze.new")
        order.write_text(f"{write} {side}")
        order.rename(self.config.with_name("freeze"))

    @property
    def frozen(self) -> bool:
        """It has stopped, or nobody was told to."""
        return not self.config.with_name("freeze").exists()

    def _looks(self) -> int:
        return self.http.asked.count("eth_getBlockByNumber")


@contextmanager
def pair(folder: Path, url: str) -> Iterator[Pair]:
    """Two replicas to be, of a node that has most tokens of its world; the journal is at ``url``."""
    world = World([100, 50])
    world.content = DirectoryStore(folder / "content")
    try:
        with http_chain(world.chain) as http:
            made = Pair(world, http, _configured(world, http.url, url, folder))
            try:
                yield made
            finally:
                for each in made.replicas:
                    each.end()
    finally:
        world.backend.close()


def _configured(world: World, chain_url: str, url: str, folder: Path) -> Path:
    config = configure(world, chain_url, secret("node 0"), folder)
    (folder / "journal-url").write_text(url + "\n")
    text = config.read_text().replace('journal = "journal.sqlite"\n', "")
    config.write_text(
        f'{text}[journal]\npostgres_url_file = "journal-url"\nlease_seconds = {LEASE}\n'
        f"hand_over_seconds = {HAND_OVER}\n"
    )
    return config
