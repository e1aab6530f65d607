"""``chainboy runner`` and ``chainboy node check`` as they are started, and every mistake in their files."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from declared import declare
from runner_world import SEVEN, TOKEN

from chainboy.chain.signer import KeySigner
from chainboy.cli.main import main
from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.contracts.deployment import Deployment
from chainboy.errors import ConfigError, SandboxError
from chainboy.runner.config import RunnerConfig
from chainboy.runner.serving import serving
from chainboy.sandbox.remote import RemoteSandbox
from chainboy.sandbox.runtimes import DEFAULT
from chainboy.service import STOPPED

RUNNER = """
[runner]
listen = "unix://runner.sock"
token_file = "token"
"""

NODE = """
[chain]
url = "http://127.0.0.1:9"
profile = "siberium"
[contracts]
deployment = "deployment.json"
[key]
secret_file = "key"
[node]
content = "content"
journal = "journal.sqlite"
[sandboxes.runner]
url = "unix://runner.sock"
token_file = "token"
"""


NETWORK = """
[home]
name = "home"
chain_id = 5
urls = ["http://127.0.0.1:9"]
confirmations = 0
block_seconds = 1
"""

OF_NETWORK = "[network]\nfile = 'network.toml'\n" + NODE[NODE.index("[key]") :]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A runner's folder."""
    (tmp_path / "token").write_text(TOKEN)
    path = tmp_path / "runner.toml"
    path.write_text(RUNNER)
    return path


@contextmanager
def running(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A runner in a process of its own, once it has its socket."""
    command = [sys.executable, "-m", "chainboy.runner", "--config", config]
    with (config.parent / "log").open("ab") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            end = time.monotonic() + 60
            while "runs programs" not in (said := (config.parent / "log").read_text()):
                assert process.poll() is None, said
                assert time.monotonic() < end, said
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """``chainboy`` in this process: its exit code, and what it said."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, said.out, said.err


def test_a_runner_in_a_process(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It runs programs, tells what it serves, survives SIGKILL with its socket left, and stops when told."""
    sandbox = RemoteSandbox(f"unix://{config.parent}/runner.sock", config.parent / "token")
    status = ("runner", "status", "--config", str(config))
    with running(config) as killed:
        assert sandbox.run(SEVEN).outcome.payload[-1] == 7
        assert (config.parent / "runner.sock").stat().st_mode & 0o777 == 0o600
        code, said, _ = run(capsys, *status)
        assert code == 0
        assert said.endswith(f" at unix://{config.parent}/runner.sock serves {DEFAULT}\n")
        killed.send_signal(signal.SIGKILL)
    assert (config.parent / "runner.sock").exists()
    code, _, told = run(capsys, *status)
    assert code == 1
    assert "see that it runs" in told
    (config.parent / "log").unlink()
    with running(config) as process:
        assert sandbox.run(SEVEN).outcome.payload[-1] == 7
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == STOPPED
    assert not (config.parent / "runner.sock").exists()
    assert TOKEN not in (config.parent / "log").read_text()


def test_one_runner_at_a_socket(config: Path) -> None:
    """A second one is refused, and a file that is no socket is left alone."""
    loaded = RunnerConfig.load(config)
    with serving(loaded), pytest.raises(ConfigError, match=r"runner\.sock cannot be used"):
        serving(loaded)
    (config.parent / "runner.sock").write_text("precious")
    with pytest.raises(ConfigError, match=r"runner\.sock cannot be used"):
        serving(loaded)
    assert (config.parent / "runner.sock").read_text() == "precious"


def test_a_runner_at_a_port(config: Path) -> None:
    """The same over TCP, for a machine of its own."""
    config.write_text(RUNNER.replace("unix://runner.sock", "127.0.0.1:0"))
    with serving(RunnerConfig.load(config)) as server:
        sandbox = RemoteSandbox(server.url.rstrip("/"), config.parent / "token")
        assert sandbox.serves(DEFAULT)
        assert sandbox.run(SEVEN).outcome.payload[-1] == 7


@pytest.mark.parametrize(
    ("listen", "url"),
    [
        ("unix:///run/r.sock", "unix:///run/r.sock"),
        ("127.0.0.1:8700", "http://127.0.0.1:8700"),
        ("[::1]:8700", "http://[::1]:8700"),
    ],
)
def test_where_its_node_finds_it(config: Path, listen: str, url: str) -> None:
    """The address for the node's file follows from where it listens."""
    config.write_text(RUNNER.replace("unix://runner.sock", listen))
    assert RunnerConfig.load(config).url == url


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[runner]", "[running]", r"\[runner\] is missing"),
        ('listen = "unix://runner.sock"', "", r"runner\.listen is missing"),
        ("unix://runner.sock", "unix://", r"runner\.listen cannot be 'unix://': give unix://"),
        ("unix://runner.sock", "runner.sock", r"runner\.listen .*HOST:PORT"),
        ('token_file = "token"', "", r"runner\.token_file is missing"),
        ('token_file = "token"', 'token_file = "nowhere"', "nowhere cannot be read"),
        ("[runner]", "[runner]\nworkers = 0", r"runner\.workers .*1 or more"),
        ("[runner]", "[runner]\nworker = 1", r"runner\.worker is not known"),
        ("[runner]", "[sandboxes.nobodys]\n[runner]", r"sandboxes\.nobodys is not known"),
    ],
)
def test_mistakes(
    config: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    """Each is one sentence that names the key, with exit code 2, whether it is checked or run."""
    config.write_text(RUNNER.replace(old, new))
    for command in ("check", "run"):
        code, _, told = run(capsys, "runner", command, "--config", str(config))
        assert (code, told.count("\n")) == (2, 1)
        assert re.search(message, told), told


def test_a_runner_of_runners(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs programs itself."""
    declare(monkeypatch)
    config.write_text(RUNNER + '[sandboxes.runner]\nurl = "unix:///x"\ntoken_file = "token"\n')
    with pytest.raises(ConfigError, match="cannot hand programs on"):
        serving(RunnerConfig.load(config))


def test_a_runner_without_a_sandbox_that_works(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is better than something else than what was released."""

    def fail(*_: object) -> None:
        raise SandboxError("vector 1 differs")

    monkeypatch.setattr("chainboy.sandbox.proven.self_test", fail)
    with pytest.raises(SandboxError, match="no sandbox here"):
        serving(RunnerConfig.load(config))


@pytest.fixture
def node(config: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A node's folder beside the runner's."""
    declare(monkeypatch)
    folder = config.parent
    (folder / "key").write_text("11" * 32)
    places = dict.fromkeys(("token", "registry", "hub", "verifier", "gateway"), ZERO_ADDRESS)
    Deployment(chain_id=111_111, **places).save(folder / "deployment.json")
    (folder / "network.toml").write_text(NETWORK)
    (folder / "node.toml").write_text(NODE)
    return folder / "node.toml"


def test_a_node_that_is_checked(node: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Key, contracts and token are opened; nobody is asked, for nobody is there."""
    assert run(capsys, "node", "check", "--config", str(node)) == (
        0,
        f"{node} is in order; the node's address is {KeySigner(bytes([0x11]) * 32).address}\n",
        "",
    )


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("node.toml", NODE.replace("siberium", "siberia"), r"chain\.profile"),
        ("node.toml", NODE.replace("unix:", "gopher:"), r"sandboxes\.runner\.url: give unix://"),
        ("node.toml", NODE + "wall_clock_limit = 0\n", r"sandboxes\.runner\.wall_clock_limit"),
        ("node.toml", OF_NETWORK, "no contracts are known"),
        ("key", "zz", "has no private key"),
        ("token", "short", "32 or more"),
        ("deployment.json", "{}", "no deployment"),
    ],
)
def test_mistakes_of_a_node(
    node: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, message: str
) -> None:
    """Each ends the check with exit code 2, so that what is started again and again is never started."""
    (node.parent / name).write_text(text)
    code, _, told = run(capsys, "node", "check", "--config", str(node))
    assert (code, told.count("\n")) == (2, 1)
    assert re.search(message, told), told
