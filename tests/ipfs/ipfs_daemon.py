"""A real IPFS daemon, js-ipfs, in a process and a repository of its own; talks to nobody but us."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

HERE = Path(__file__).parent
COMMAND = HERE / "node_modules" / ".bin" / "jsipfs"
HOW = "needs an IPFS daemon: run `npm install --ignore-scripts` in tests/ipfs with Node 22 or newer"

CONFIG = {
    "Bootstrap": [],
    "Addresses": {
        "Swarm": [],
        "Delegates": [],
        **dict.fromkeys(("API", "Gateway", "RPC"), "/ip4/127.0.0.1/tcp/0"),
    },
    "Discovery": {"MDNS": {"Enabled": False}, "webRTCStar": {"Enabled": False}},
}


@attrs.frozen
class RealDaemon:
    """Where the daemon listens, and where it keeps its blocks."""

    api: str
    gateway: str
    repo: Path


def needs_daemon() -> None:
    """Skip where there is none, with how to get it; fail where the whole check runs."""
    if not COMMAND.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW)


@contextmanager
def running(folder: Path) -> Iterator[RealDaemon]:
    """A daemon with an empty repository in ``folder``, until the block ends."""
    config, log = folder / "config.json", folder / "daemon.log"
    config.write_text(json.dumps(CONFIG))
    environment = os.environ | {"IPFS_PATH": str(folder / "repo"), "NO_UPDATE_NOTIFIER": "1"}
    subprocess.run(
        [COMMAND, "init", config, "--emptyRepo", "-p", "test"],
        env=environment,
        check=True,
        capture_output=True,
        timeout=120,
    )
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [COMMAND, "daemon", "--offline"], env=environment, stdout=out, stderr=out
        ) as process,
    ):
        try:
            yield _started(process, log, folder / "repo")
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _started(process: subprocess.Popen[bytes], log: Path, repo: Path) -> RealDaemon:
    end = time.monotonic() + 120
    while "Daemon is ready" not in (told := log.read_text()):
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"the IPFS daemon did not start: {told[-2000:]}")
        time.sleep(0.1)
    ports = [
        re.search(rf"{name}.* listening on /ip4/127\.0\.0\.1/tcp/(\d+)", told)
        for name in ("HTTP API", "Gateway")
    ]
    api, gateway = (f"http://127.0.0.1:{found[1]}" for found in ports if found)
    return RealDaemon(api, gateway, repo)
