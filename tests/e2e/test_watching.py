"""A node in a process of its own, watched while it answers: over HTTP, in its log, in a real browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPMessage
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import pytest
from http_chain import HttpChain, down, http_chain
from node_command import Running
from node_world import PASSWORD, World, configure, secret
from prometheus_client.parser import text_string_to_metric_families
from unmeasured import environment

from chainboy.content import DirectoryStore
from chainboy.errors import ConfigError
from chainboy.node.watching.server import watch_server
from chainboy.node.watching.settings import WatchSettings
from chainboy.web import MOST_AT_ONCE, Response

pytestmark = [pytest.mark.chain, pytest.mark.xdist_group("watching")]

USER = "operator:hunter2"
"""In the URL of the endpoint, as some providers want it."""

PROGRAM = b"""# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 n"]
# outputs = ["uint256"]
# ///
def main(n):
    return n * n
"""


def ask(url: str, path: str, *, method: str = "GET", host: str | None = None) -> tuple[int, str, HTTPMessage]:
    """Code, body and headers of an answer."""
    place = urlsplit(url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=30)
    try:
        connection.request(method, path, headers={} if host is None else {"Host": host})
        response = connection.getresponse()
        return response.status, response.read().decode(), response.headers
    finally:
        connection.close()


def metrics(url: str) -> dict[str, float]:
    """The node's figures, by name and labels."""
    code, body, headers = ask(url, "/metrics")
    assert code == 200
    assert headers["Content-Type"].startswith("text/plain")
    return {
        " ".join([sample.name, *(value for _, value in sorted(sample.labels.items()))]): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }


class Watched:
    """A node that can be watched, and what its operator sees."""

    def __init__(self, world: World, http: HttpChain, folder: Path) -> None:
        self.world, self.http = world, http
        place = urlsplit(http.url)
        url = f"http://{USER}@{place.netloc}"
        config = configure(world, url, secret("node 0"), folder)
        text = config.read_text().replace("[node]", '[node]\nlog_format = "json"\nlog_level = "debug"')
        config.write_text(
            f'{text}min_price = "2000000000000000"\n[watch]\nlisten = "127.0.0.1:0"\nstale_after = 5\n'
        )
        self._config = config
        self.start()

    def start(self) -> None:
        """Start it, again if it has stopped."""
        self.running = Running(self._config, self.world, self.http, environment())
        self.running.wait(self.running.started)
        self.url = re.findall(r"watched at (http://[\d.:]+/)", self.running.log)[0]

    def wait(self, name: str, value: float) -> dict[str, float]:
        """The figures once one of them is what it should be."""
        self.running.wait(lambda: metrics(self.url).get(name) == value)
        return metrics(self.url)


@contextmanager
def a_node_at_work(folder: Path) -> Iterator[Watched]:
    """A node, alone in its world, that has answered one task and refused another."""
    world = World([100])
    world.content = DirectoryStore(folder / "content")
    try:
        with http_chain(world.chain) as http:
            made = Watched(world, http, folder)
            try:
                world.ask((7).to_bytes(32, "big"), source=PROGRAM, fuel=10**9)
                made.wait("chainboy_tasks done", 1)
                world.ask(price=10**15)
                made.wait("chainboy_tasks abstained", 1)
                yield made
            finally:
                made.running.process.kill()
                made.running.process.wait()
    finally:
        world.backend.close()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The node that these tests look at."""
    with a_node_at_work(tmp_path_factory.mktemp("watched")) as node:
        yield node


def test_the_figures_of_a_task(watched: Watched) -> None:
    """All that happened to it was counted, its whole reward is claimed, and nothing is in work."""
    told = metrics(watched.url)
    for event in (
        "accept",
        "outcome",
        "commit seen",
        "reveal seen",
        "won",
        "delivered",
        "claimed",
        "abstain",
    ):
        assert told[f"chainboy_task_events_total {event}"] == 1
    assert told["chainboy_abstentions_total price"] == 1
    assert told["chainboy_agreement_ratio"] == 1
    assert told["chainboy_fuel_total"] > 1_000
    assert told["chainboy_stake_weight"] == 100
    assert told["chainboy_active"] == 1
    home = watched.world.chain.chain_id
    assert told[f"chainboy_reward_claimed_wei_total {home}"] == 10**16 * 15 // 100
    assert told[f"chainboy_reward_claimable_wei {home}"] == 0
    assert told[f"chainboy_rpc_requests_total custom {home}"] > 50
    assert told[f"chainboy_chain_lag_blocks custom {home}"] < 10
    assert told[f"chainboy_chain_head_block custom {home}"] <= watched.world.chain.head().number


def test_ready_until_the_endpoint_is_gone(watched: Watched) -> None:
    """Alive all the time; not ready while its endpoint does not answer, and ready again after."""

    def readiness() -> tuple[int, dict[str, str]]:
        code, body, _ = ask(watched.url, "/readyz")
        return code, json.loads(body)

    watched.running.wait(lambda: readiness()[0] == 200)
    assert readiness() == (200, {"rpc": "ok", "round": "ok", "sandbox": "ok", "journal": "ok"})
    watched.http.fault = down
    try:
        until = time.monotonic() + 30
        while "check its endpoint" not in (told := readiness())[1]["rpc"]:  # the round may be late before
            assert time.monotonic() < until
            time.sleep(0.1)
        assert told[0] == 503
        assert ask(watched.url, "/healthz")[:2] == (200, "alive\n")
    finally:
        watched.http.fault = None
    watched.running.wait(lambda: readiness()[0] == 200)
    assert metrics(watched.url)["chainboy_rounds_failed_total"] > 0


def test_no_secret_is_shown_or_logged(watched: Watched) -> None:
    """Neither the account's key, its password nor the endpoint's user, anywhere; the log is whole even so."""
    shown = "".join(ask(watched.url, path)[1] for path in ("/", "/metrics", "/readyz", "/healthz"))
    log = watched.running.log
    for hidden in (secret("node 0").hex(), PASSWORD, "hunter2", "operator:"):
        assert hidden not in shown
        assert hidden not in log
    assert urlsplit(watched.http.url).netloc not in shown


def test_every_line_of_the_log_is_json(watched: Watched) -> None:
    """With a time, a level and a logger; those about the task carry its name."""
    lines = [json.loads(line) for line in watched.running.log.splitlines()]
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    moves = [line for line in lines if "-> done" in line["message"]]
    assert len(moves) == 1
    assert re.fullmatch("0x[0-9a-f]{64}", moves[0]["task"])


def test_nothing_can_be_written(watched: Watched) -> None:
    """No other method, no other path, no other host's name; HEAD says what GET does, without its body."""
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert ask(watched.url, "/metrics", method=method)[0] in (405, 501)
    for path in ("/../node.toml", "/node.toml", "/metrics/", "/%2e%2e/key.json"):
        assert ask(watched.url, path)[0] == 404
    for host in ("evil.example", "evil.example:9464", "[", ""):
        assert ask(watched.url, "/metrics", host=host)[0] == 403
    assert ask(watched.url, "/metrics", host="localhost:1")[0] == 200
    code, body, headers = ask(watched.url, "/", method="HEAD")
    assert (code, body) == (200, "")
    assert int(headers["Content-Length"]) > 1_000
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_restart_keeps_the_figures(tmp_path: Path) -> None:
    """What the journal knows is told by the next process, too."""
    with a_node_at_work(tmp_path) as node:
        before = metrics(node.url)
        assert node.running.stop() == 0
        node.start()
        after = metrics(node.url)
    kept = [name for name in before if name.startswith(("chainboy_tasks", "chainboy_task_events"))]
    kept += [name for name in before if "claimed_wei" in name or "agreement" in name]
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


def test_more_watchers_than_places() -> None:
    """Silent connections take all places; the next is closed at once, and when they go, others are served."""
    server = watch_server(WatchSettings(listen=("127.0.0.1", 0)), {"/": lambda: Response(body=b"here")})
    with server:
        place = urlsplit(server.url)
        address = (place.hostname or "", place.port or 0)
        silent = [socket.create_connection(address) for _ in range(MOST_AT_ONCE)]
        with pytest.raises((HTTPException, OSError)):
            ask(server.url, "/")
        for each in silent:
            each.close()
        until = time.monotonic() + 10
        while True:
            try:
                assert ask(server.url, "/")[1] == "here"
                break
            except (HTTPException, OSError):
                assert time.monotonic() < until
        with pytest.raises(ConfigError, match="cannot be used"):
            watch_server(WatchSettings(listen=address), {})


def test_a_fault_of_a_page_costs_one_answer() -> None:
    """The next is served; on an address that others reach, any host's name is answered."""

    def broken() -> Response:
        raise RuntimeError("a bug")

    settings = WatchSettings(listen=("::1", 0))
    with watch_server(settings, {"/": broken, "/good": lambda: Response(body=b"good")}) as server:
        with pytest.raises((HTTPException, OSError)):
            ask(server.url, "/")
        assert ask(server.url, "/good")[1] == "good"
    everywhere = attrs.evolve(settings, listen=("0.0.0.0", 0))  # noqa: S104 - that is the point
    with watch_server(everywhere, {"/": lambda: Response(body=b"x")}) as server:
        port = urlsplit(server.url).port
        assert ask(f"http://127.0.0.1:{port}/", "/", host="node.example")[0] == 200


@pytest.fixture(scope="module")
def chromium() -> str:
    """A browser; where there is none, a line that says how to get it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        told = "no Chromium is installed: apt-get install chromium"
        pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)
    return found


def browse(chromium: str, url: str, profile: Path, *options: str) -> str:
    """What a headless browser prints of the page."""
    command = [
        chromium,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        f"--user-data-dir={profile}",
        "--enable-logging=stderr",
        *options,
        url,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "Refused to" not in done.stderr
    assert "Content Security Policy" not in done.stderr
    return done.stdout


def test_the_page_in_a_browser(watched: Watched, chromium: str, tmp_path: Path) -> None:
    """It shows the task, the income and the node, and the policy lets its style work."""
    shown = browse(chromium, watched.url, tmp_path, "--dump-dom")
    assert "<h1>ChainBoy node</h1>" in shown
    assert watched.world.signers[0].address in shown
    assert "100.0%" in shown
    assert "0.001500" in shown


def corner(png: bytes) -> bytes:
    """The first pixel of a picture without an alpha channel or with one: no filter changes that pixel."""
    data, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    return zlib.decompress(data)[1:4]


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (360, True)])
def test_the_page_is_readable(
    watched: Watched, chromium: str, tmp_path: Path, width: int, dark: bool
) -> None:
    """Wide and light, narrow and dark: a picture of it has the background of its scheme, and words on it."""
    picture = tmp_path / "page.png"
    options = ["--hide-scrollbars", f"--window-size={width},900", f"--screenshot={picture}"]
    if dark:
        options.append("--blink-settings=preferredColorScheme=0")
    browse(chromium, watched.url, tmp_path / "profile", *options)
    assert max(corner(picture.read_bytes())) < 64 if dark else min(corner(picture.read_bytes())) > 240
