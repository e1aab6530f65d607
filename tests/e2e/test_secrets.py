"""What a node process knows and nobody may read: looked for in everything that it says, keeps and shows."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import pytest
from command import chainboy
from http_chain import HttpChain, down, http_chain
from node_command import Running
from node_world import World, configure, key, secret
from signer_process import signing
from test_watching import ask
from unmeasured import environment

from chainboy.consensus.params import Mode
from chainboy.content import DirectoryStore
from chainboy.contracts.hub_events import Committed
from chainboy.service import MISUSED

pytestmark = [pytest.mark.chain, pytest.mark.xdist_group("secrets")]

KEY = secret("node 0")

SECRETS = {
    "password": "pass-w0rd-Zq7",
    "rpc user": "rpcuser-Zq7",
    "rpc password": "rpcpass-Zq7",
    "rpc path": "rpcpath-Zq7",
    "rpc query": "rpcquery-Zq7",
    "relay token": "relaytoken-Zq7",
    "relay path": "relaypath-Zq7",
    "signer token": "signertoken-Zq7",
    "alchemy": "alchemysecret-Zq7",
    "ipn path": "ipnpathsecret-Zq7-0123456789",
    "ipn key": "ipnkey-Zq7",
    "salt": "5a7b" * 16,
    "key": KEY.hex(),
}
"""Each another text, most of them too short to be told by their looks."""


def traces() -> dict[str, list[str]]:
    """How each may show: as it is, in capitals, in base64, as bytes are printed."""
    number = str(int(SECRETS["key"], 16))
    return {
        name: [text, text.upper(), base64.b64encode(text.encode()).decode().rstrip("="), number]
        for name, text in SECRETS.items()
    }


def assert_nowhere(where: str, text: str | bytes) -> None:
    """None of them, in any form."""
    plain = text.decode("latin-1") if isinstance(text, bytes) else text
    found = [name for name, forms in traces().items() for form in forms if form in plain]
    assert found == [], f"{found} in {where}"


def rpc(http: HttpChain) -> str:
    """The chain's endpoint with all that a provider may put into its address."""
    user, password, path, query = (SECRETS[f"rpc {part}"] for part in ("user", "password", "path", "query"))
    return f"http://{user}:{password}@{urlsplit(http.url).netloc}/v3/{path}?apikey={query}&k={query}"


RELAY = f"http://u:{SECRETS['relay token']}@127.0.0.1:9/{SECRETS['relay path']}?t={SECRETS['relay token']}"

PARTS = """
[events.polling]
[events.webhooks]
listen = "127.0.0.1:0"
alchemy = { key_file = "alchemy" }
ipn = { key_file = "ipn-path" }
[events.ipn]
key_file = "ipn-key"
rules = [1]
url = "ws://127.0.0.1:9/"
[watch]
listen = "127.0.0.1:0"
"""


@attrs.frozen
class Secretive:
    """A node with every kind of secret, in a folder of its own."""

    world: World
    http: HttpChain
    folder: Path

    def configure(self, form: str, *changes: tuple[str, str]) -> Path:
        """Its file."""
        path = configure(self.world, rpc(self.http), KEY, self.folder, kind="processes")
        for name in ("alchemy", "ipn-path", "ipn-key", "signer-token", "salt"):
            (self.folder / name).write_text(SECRETS[name.replace("-", " ")])
        (self.folder / "key").write_text(SECRETS["key"])
        text = path.read_text().replace("[node]", f'[node]\nlog_level = "debug"\nlog_format = "{form}"')
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text + PARTS)
        return path

    def committed(self) -> bool:
        """Whether the chain has its commitment."""
        with self.world.chain.lock:
            logs = self.world.chain.logs([self.world.hub.address], [], 0, self.world.chain.head().number)
            return bool(self.world.hub.events(logs, Committed))


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[World, HttpChain]]:
    """One node's stake, for tests that change nothing there."""
    with a_place() as made:
        yield made


@contextmanager
def a_place() -> Iterator[tuple[World, HttpChain]]:
    """One node's stake on a chain of its own, over HTTP."""
    world = World([100])
    try:
        with http_chain(world.chain) as http:
            yield world, http
    finally:
        world.backend.close()


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Secretive]:
    """A node in a world of its own."""
    with a_place() as (world, http):
        world.content = DirectoryStore(tmp_path / "content")
        yield Secretive(world, http, tmp_path)


def children(pid: int) -> list[int]:
    """The processes that a process started, and theirs."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *children(int(child))]
    return found


def assert_processes_are_silent(pid: int) -> None:
    """The list of processes and what each was started with show nothing."""
    for each in (pid, *children(pid)):
        for name in ("cmdline", "environ"):
            assert_nowhere(f"{name} of {each}", Path(f"/proc/{each}/{name}").read_bytes())


def assert_files_are_silent(folder: Path) -> None:
    """What the node writes: its journal and its log."""
    written = [path for path in folder.iterdir() if path.name.startswith(("journal", "node.log"))]
    assert len(written) >= 2
    for path in written:
        assert_nowhere(path.name, path.read_bytes())


PATHS = ("/", "/metrics", "/healthz", "/readyz", "/nothing", "/../node.toml")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND")


def assert_shown_read_only(url: str) -> None:
    """Every page by every method: secrets nowhere, and nothing but GET and HEAD answered."""
    for path in PATHS:
        for method in METHODS:
            code, body, headers = ask(url, path, method=method)
            assert_nowhere(f"{method} {path}", body + str(headers))
            assert (code in (200, 404, 503)) == (method in ("GET", "HEAD")), (method, path, code)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_node_at_work(node: Secretive, form: str) -> None:
    """It commits, its endpoint breaks down and comes back, strangers post: and it keeps its secrets."""
    running = Running(node.configure(form), node.world, node.http, environment())
    try:
        running.wait(running.started)
        with node.world.chain.lock:
            node.world.ask(mode=Mode.RANDOM)
        running.wait(node.committed)
        node.http.fault = down
        running.wait(lambda: "round of work failed" in running.log)
        node.http.fault = None
        watch = re.findall(r"watched at (http://[\d.:]+)", running.log)[0]
        assert_shown_read_only(watch)
        assert_processes_are_silent(running.process.pid)
        assert running.stop() == 0
    finally:
        running.process.kill()
        running.process.wait(30)
    assert "ipn" in running.log
    assert_files_are_silent(node.folder)


def test_a_node_with_a_signer_and_a_relay(node: Secretive, tmp_path: Path) -> None:
    """The relay cannot be reached, the signer dies: both are told without their tokens."""
    folder = tmp_path / "signer"
    folder.mkdir()
    with signing(folder, KEY, token=SECRETS["signer token"]) as signer:
        remote = (
            f'web3signer = "{signer.url}"\naddress = "{key("node 0").address}"\n'
            'salt_secret_file = "salt"\ntoken_file = "signer-token"'
        )
        old = 'keystore = "key.json"\npassword_file = "password"'
        config = node.configure("text", (old, remote), ("[node]", f'[node]\nrelay = "{RELAY}"'))
        running = Running(config, node.world, node.http, environment())
        try:
            running.wait(running.started)
            with node.world.chain.lock:
                node.world.ask(mode=Mode.RANDOM)
            running.wait(lambda: "the relay at http://127.0.0.1:9/... cannot be reached" in running.log)
            signer.kill()
            running.wait(lambda: "Web3Signer at" in running.log and "does not answer" in running.log)
            assert_processes_are_silent(running.process.pid)
            assert running.stop() == 0
        finally:
            running.process.kill()
            running.process.wait(30)
    assert_files_are_silent(node.folder)


def test_a_key_in_the_environment_goes_no_further(node: Secretive) -> None:
    """Processes that the node starts do not inherit it."""
    old = 'keystore = "key.json"\npassword_file = "password"'
    config = node.configure("text", (old, 'secret_env = "CHAINBOY_KEY"'))
    env = {**environment(), "CHAINBOY_KEY": SECRETS["key"]}
    running = Running(config, node.world, node.http, env)
    try:
        running.wait(running.started)
        with node.world.chain.lock:
            node.world.ask(b"input")
        started = children(running.process.pid)
        for each in started:
            assert_nowhere(f"environ of {each}", Path(f"/proc/{each}/environ").read_bytes())
        assert running.stop() == 0
    finally:
        running.process.kill()
        running.process.wait(30)
    assert_nowhere("the log", running.log)


BROKEN = {
    "no key": ('keystore = "key.json"', 'secret_file = "nothing"\n#'),
    "no password": ('password_file = "password"', 'password_file = "deployment.json"'),
    "another chain": ("chain_id = ", "chain_id = 1"),
    "an address of another kind": ('url = "http://', 'url = "ftp://'),
    "a relay of another kind": ("[node]", f'[node]\nrelay = "{RELAY.replace("http", "gopher")}"'),
    "unknown key": ("[node]", f'[node]\nrelays = "{RELAY}"'),
    "no journal": ('journal = "journal.sqlite"', 'journal = "none/journal.sqlite"'),
}


@pytest.mark.parametrize(("old", "new"), BROKEN.values(), ids=BROKEN)
def test_a_node_that_does_not_start(
    place: tuple[World, HttpChain], tmp_path: Path, old: str, new: str
) -> None:
    """Whatever is wrong, and whoever says it, is told without a secret."""
    config = Secretive(*place, tmp_path).configure("text", (old, new))
    if "secret_file" in new:
        config.write_text(config.read_text().replace('password_file = "password"\n', ""))
    ended = chainboy("node", "run", "--config", config)
    assert ended.code in (1, 2)
    assert_nowhere("its output", ended.out + ended.err)
    if ended.code == MISUSED:
        assert len([line for line in ended.err.splitlines() if line.startswith("chainboy node: ")]) == 1


def test_the_doctor(place: tuple[World, HttpChain], tmp_path: Path) -> None:
    """It shows all that a node depends on and what is wrong with each, but no secret."""
    node = Secretive(*place, tmp_path)
    config = node.configure("text", ("[node]", f'[node]\nrelay = "{RELAY}"'))
    port = str(urlsplit(node.http.url).port)
    config.write_text(config.read_text().replace(f":{port}/", ":9/"))
    ended = chainboy("node", "doctor", "--config", config)
    assert ended.code == 1
    assert "http://127.0.0.1:9" in ended.out
    assert_nowhere("its output", ended.out + ended.err)


def test_the_test_finds_what_it_looks_for() -> None:
    """It would see each of them."""
    for name, forms in traces().items():
        for form in forms[:3]:
            with pytest.raises(AssertionError, match=name):
                assert_nowhere("here", f"x{form}y")
    assert json.dumps(SECRETS).isascii()
    assert os.environ.get("CHAINBOY_KEY") is None
