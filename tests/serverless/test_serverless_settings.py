"""The table of a function in a node's file: what it means, and each mistake by the name of its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainboy.errors import ConfigError
from chainboy.node.config import NodeConfig
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.serverless import Bucket, DirectoryResults, Function, Precondition, Request, S3Results
from chainboy.serverless.budget import Budget
from chainboy.serverless.settings import Settings, configured
from chainboy.testing.node_conformance import SIGNING_KEY

NODE = """
[network]
file = "network.toml"
[key]
secret_env = "NOBODY"
[node]
content = "content"
journal = "journal.sqlite"
"""

FOLDER = """
[serverless.store.directory]
path = "results"
"""


def write(folder: Path, text: str) -> Path:
    """A node's file with ``text`` at its end."""
    path = folder / "node.toml"
    path.write_text(NODE + text)
    return path


def settings(folder: Path, text: str) -> Settings:
    """What the table in ``text`` says."""
    config = NodeConfig.load(write(folder, text))
    assert config.serverless is not None
    return configured(config.serverless, folder)


def test_defaults(tmp_path: Path) -> None:
    """A store is all that must be said."""
    found = settings(tmp_path, FOLDER)
    assert found == Settings(store=DirectoryResults(tmp_path / "results"))
    assert (found.name, found.budget, found.tick_key_file) == ("node", Budget(), None)


def test_all_keys(tmp_path: Path) -> None:
    """Each arrives where it belongs."""
    text = """
[serverless]
deadline = 20
reserve = 2.5
linger = 7
name = "other"
tick_key_file = "tick.key"
[serverless.store.s3]
bucket = "mine"
prefix = "p/"
endpoint = "https://storage.example"
region = "r"
precondition = "generation"
"""
    found = settings(tmp_path, text)
    assert found.budget == Budget(deadline=20, reserve=2.5, linger=7)
    assert (found.name, found.tick_key_file) == ("other", tmp_path / "tick.key")
    assert isinstance(found.store, S3Results)
    assert found.store._bucket == Bucket(
        name="mine",
        prefix="p/",
        endpoint="https://storage.example",
        region="r",
        precondition=Precondition.GENERATION,
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", r"\[serverless\] is missing"),
        ("[serverless]\n", r"serverless.\[store\] is missing"),
        ("[serverless.store]\n", "serverless.store must have one table"),
        ("[serverless.store.floppy]\n", "serverless.store.floppy is not known; use one of directory, s3"),
        ("[serverless.store.directory]\n", "serverless.store.directory.path is missing"),
        ("[serverless.store.s3]\n", "serverless.store.s3.bucket is missing"),
        (FOLDER + "[serverless.store.s3]\nbucket='b'\n", "serverless.store must have one table"),
        (FOLDER + "size = 1\n", "serverless.store.directory.size is not known"),
        ("[serverless]\ndeadlin = 1\n" + FOLDER, "serverless.deadlin is not known"),
        ("[serverless]\ndeadline = 0\n" + FOLDER, "serverless.deadline cannot be 0"),
        ("[serverless]\ndeadline = 5\n" + FOLDER, "serverless.reserve: .*lower it"),
        ("[serverless]\nname = '../x'\n" + FOLDER, "serverless.name: "),
        ("[serverless]\ntick_key_file = 'none'\n" + FOLDER, "none cannot be read"),
        (FOLDER + "[events.websocket]\nurls = { 1 = 'ws://h' }\n", "websocket. listens all the time"),
        (FOLDER + "[events.webhooks.alchemy]\nkey_file = 'none'\n", "none cannot be read"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, error: str) -> None:
    """One sentence that names the key."""
    with pytest.raises(ConfigError, match=error):
        Function.load(write(tmp_path, text))


def test_a_tick_secret_that_is_short(tmp_path: Path) -> None:
    """It is refused and not shown."""
    (tmp_path / "tick.key").write_text("short")
    with pytest.raises(ConfigError, match="20 or more") as caught:
        Function.load(write(tmp_path, "[serverless]\ntick_key_file = 'tick.key'\n" + FOLDER))
    assert "short" not in str(caught.value)


def test_a_server_takes_the_same_file(tmp_path: Path) -> None:
    """It does not mind the table."""
    assert NodeConfig.load(write(tmp_path, FOLDER)).serverless is not None


def test_a_function_of_a_file(tmp_path: Path) -> None:
    """Its webhooks are checked before anything is loaded; what then fails is told, and no secret with it."""
    (tmp_path / "alchemy.key").write_text(SIGNING_KEY)
    (tmp_path / "tick.key").write_text("a secret of twenty characters")
    text = "[serverless]\ntick_key_file = 'tick.key'\n" + FOLDER
    function = Function.load(write(tmp_path, text + "[events.webhooks.alchemy]\nkey_file = 'alchemy.key'\n"))
    assert function.handle(Request(method="GET", path="/alchemy")).status == 200
    assert function.handle(Request(method="POST", path="/alchemy", body=b"{}")).status == 400
    assert not (tmp_path / "results").exists()
    answer = function.handle(Request(method="POST", path="/tick/a secret of twenty characters"))
    assert answer.status == 503
    assert b"NOBODY" in answer.body
    assert b"a secret of" not in answer.body


def test_runs_end_with_the_call() -> None:
    """A sandbox gives a run up once no call can wait for it any more."""
    assert WasmSandbox(wall_clock_limit=300).within(45)._wall_clock_limit == 45
    assert WasmSandbox(wall_clock_limit=30).within(45)._wall_clock_limit == 30
