"""Every command of "Run a node in ten minutes", in order, as a reader types them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chainboy.testing.ports import free_port

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ten-minutes.md"
STEP = re.compile(
    r"as `(?P<file>\S+)`:\n\n```py\n(?P<source>.*?)^```$"
    r"|^```sh\n(?P<command>.*?)\n```\n\n```text\n(?P<shown>.*?)\n```$",
    re.MULTILINE | re.DOTALL,
)
"""A file to save, or a command with what it tells."""
PORT = "8545"
PATIENCE = 120.0


class Shell:
    """A shell in a folder; what it starts in the background is ended with it, by its own number."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        bin_ = Path(sys.executable).parent
        self._environment = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}

    def run(self, command: str) -> str:
        """What the command tells; of one in the background, its first line."""
        if command.endswith("&"):
            return self._begin(command.removesuffix("&"))
        done = subprocess.run(
            ["bash", "-ec", command],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), command
        return done.stdout

    def _begin(self, command: str) -> str:
        log = self.folder / f"{len(self._running)}.log"
        with log.open("wb") as file:
            started = subprocess.Popen(
                ["bash", "-ec", f"exec {command}"], cwd=self.folder, env=self._environment,
                stdout=file, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self._running.append(started)
        deadline = time.monotonic() + PATIENCE
        while "\n" not in (told := log.read_text()):
            assert started.poll() is None, f"{command} ended: {told}"
            assert time.monotonic() < deadline, f"{command} says nothing"
            time.sleep(0.1)
        return told

    def close(self) -> list[int]:
        """End what runs, the newest first; the exit codes."""
        codes = []
        while self._running:
            started = self._running.pop()
            started.send_signal(signal.SIGTERM)
            codes.append(started.wait(timeout=30))
        return codes


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell in an empty folder."""
    made = Shell(tmp_path)
    yield made
    made.close()


def matches(shown: str, told: str) -> bool:
    """Whether every line that the page shows was told, in that order; … is anything."""
    lines = iter(told.splitlines())
    return all(
        any(re.fullmatch(re.escape(line).replace("…", ".*"), other) for other in lines)
        for line in shown.splitlines()
    )


def test_the_page_from_top_to_bottom(shell: Shell) -> None:
    """It ends with a node that answered and earned, and everything stops in order."""
    port = str(free_port())
    text = PAGE.read_text().replace("network local play", f"network local play --port {port}")
    steps = list(STEP.finditer(text.replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{port}")))
    assert len(steps) == text.count("```sh") + text.count("```py")
    for step in steps:
        if step["command"] is None:
            (shell.folder / step["file"]).write_text(step["source"])
            continue
        told = shell.run(step["command"])
        assert matches(step["shown"], told), f"{step['command']} told\n{told}"
    assert shell.close() == [0, 0]


def test_what_is_shown_is_compared() -> None:
    """Another line, another order, or a missing one is noticed."""
    assert matches("a … c\nd", "x\na b c\ny\nd\n")
    assert not matches("a … c\nd", "d\na b c\n")
    assert not matches("a.c", "abc")
