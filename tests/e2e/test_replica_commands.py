"""Two replicas as their operator starts them: what they show, and how one hands over to the other."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_chain import HttpChain, http_chain
from node_command import COMMAND, Running
from node_record import TRANSACTIONS, sent_by_node
from node_world import World, configure, secret
from postgres_server import PASSWORD, USER, PostgresServer

from chainboy.consensus.params import Mode
from chainboy.errors import ConfigError
from chainboy.node.checkup import Grade, examine
from chainboy.node.config import NodeConfig
from chainboy.node.start import node_of

pytestmark = [pytest.mark.chain, pytest.mark.xdist_group("postgres")]

LEASE = 20
"""Seconds: handing over must not take as long."""


class Scene:
    """A chain, a database, and a folder for each replica."""

    def __init__(self, world: World, http: HttpChain, url: str, folder: Path) -> None:
        self.world, self.http = world, http
        self._url = url
        self._folder = folder
        self.running: list[Running] = []

    def config(self, name: str, url: str = "") -> Path:
        """The configuration of one replica; all of them are the same node."""
        folder = self._folder / name
        folder.mkdir()
        path = configure(self.world, self.http.url, secret("node 0"), folder)
        (folder / "url").write_text(url or self._url)
        text = path.read_text().replace('journal = "journal.sqlite"', 'log_level = "debug"')
        journal = f'[journal]\npostgres_url_file = "url"\nlease_seconds = {LEASE}\n'
        path.write_text(f'{text}{journal}[watch]\nlisten = "127.0.0.1:0"\n')
        return path

    def start(self, name: str, says: str) -> tuple[Running, str]:
        """A replica, once it has said this, and where it can be watched."""
        made = Running(self.config(name), self.world, self.http)
        self.running.append(made)
        made.wait(lambda: says in made.log or made.process.poll() is not None)
        assert says in made.log
        return made, re.findall(r"watched at (http://[\d.:]+)/", made.log)[0]


@pytest.fixture
def scene(postgres: PostgresServer, tmp_path: Path) -> Iterator[Scene]:
    """Nobody runs yet."""
    world = World([100])
    try:
        with http_chain(world.chain) as http:
            made = Scene(world, http, postgres.database(), tmp_path)
            try:
                yield made
            finally:
                for each in made.running:
                    each.process.kill()
                    each.process.wait()
    finally:
        world.backend.close()


def shown(url: str, path: str) -> str:
    """What is there, whatever the code."""
    with urllib.request.urlopen(f"{url}{path}", timeout=30) as answer:  # noqa: S310 - the loopback
        return str(answer.read().decode())


def test_a_replica_hands_over_when_it_is_stopped(scene: Scene) -> None:
    """Long before its lease would have ended; the other one, which stood by, does what is asked next."""
    first, at_first = scene.start("first", "this replica acts")
    second, at_second = scene.start("second", "this replica stands by")
    first.wait(lambda: "chainboy_rounds_total" in shown(at_first, "/metrics"))
    assert shown(at_second, "/healthz") == "standby\n"
    assert json.loads(shown(at_second, "/readyz")) == {"role": "standby", "journal": "ok"}
    assert "chainboy_standby 1.0" in shown(at_second, "/metrics")
    assert "chainboy_standby 0.0" in shown(at_first, "/metrics")
    assert shown(at_first, "/healthz") == "alive\n"
    paths = ("/", "/metrics", "/readyz")
    pages = "".join(shown(url, path) for url in (at_first, at_second) for path in paths)

    began = time.monotonic()
    assert first.stop() == 0
    second.wait(lambda: "this replica acts" in second.log)
    assert time.monotonic() - began < LEASE / 2
    scene.world.ask(mode=Mode.RANDOM)
    second.wait(lambda: sent_by_node(scene.world) >= TRANSACTIONS)
    assert sent_by_node(scene.world) == TRANSACTIONS
    assert second.stop() == 0
    for hidden in (PASSWORD, f"{USER}:", secret("node 0").hex()):
        assert hidden not in pages
        assert hidden not in first.log + second.log


def test_the_doctor_looks_at_a_shared_journal(scene: Scene, postgres: PostgresServer) -> None:
    """Before there is one, while a replica acts, and when the server does not know the user."""

    def journal(path: Path) -> tuple[Grade, str]:
        found = [each for each in examine(NodeConfig.load(path)) if each.what == "journal"]
        return found[0].grade, found[0].found

    grade, told = journal(scene.config("before"))
    assert grade is Grade.OK
    assert told.endswith("no replica acts")
    scene.start("first", "this replica acts")
    grade, told = journal(scene.config("beside"))
    assert grade is Grade.OK
    assert re.search(r"answers, with 0 tasks under way; \S+ process \d+ \(\w+\) acts$", told)
    wrong = postgres.url("journal0").replace(PASSWORD, "wrong-secret")
    grade, told = journal(scene.config("wrong", wrong))
    assert grade is Grade.FAIL
    assert "password authentication failed" in told
    assert "wrong-secret" not in told


def test_a_text_that_is_no_url_is_a_mistake_of_the_configuration(scene: Scene) -> None:
    """One line that does not quote it, and exit code 2: nobody starts it over and over."""
    path = scene.config("bad", f"host=db password={PASSWORD}")
    with pytest.raises(ConfigError, match="for replicas; start the node with"):
        node_of(NodeConfig.load(path))
    done = subprocess.run(
        [COMMAND, "node", "run", "--config", path], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith("chainboy node: the journal's URL is none of PostgreSQL; begin it with postgresql://")
    assert PASSWORD not in done.stderr
