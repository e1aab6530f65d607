"""The nodes: each a ``chainboy node run`` with a file of its own, behind an endpoint of its own."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from counter import Counter
from disk import Disk
from node_world import World, configure, secret
from unmeasured import environment

from chainboy.testing.ports import free_port

COMMAND = Path(sys.executable).with_name("chainboy")
WEBHOOK_KEY = "whsec_of_a_storm"
START_SECONDS = 300.0

TURNED = Path(__file__).with_name("turned")
"""What turns a process's own clock."""

NODE = """
[chain]
url = "{url}"
chain_id = {chain_id}
confirmations = {confirmations}
block_seconds = 1
stuck_seconds = 20
[contracts]
deployment = "deployment.json"
[key]
keystore = "key.json"
password_file = "password"
[node]
content = "../content"
journal = "disk/journal.sqlite"
poll_seconds = 0.2
start_block = {start_block}
[pool]
kind = "threads"
[events]
[events.polling]
sweep_blocks = 8
[events.webhooks]
listen = "127.0.0.1:{port}"
[events.webhooks.alchemy]
key_file = "webhook.key"
[policy]
delivery = "always"
finalize_backoff = 1
enter = true
"""


class Member:
    """One node: its folder, its endpoint, and its process while there is one.

    ``surprises``: ends of the process that nobody asked for.
    """

    def __init__(self, index: int, world: World, counter: Counter, folder: Path) -> None:
        self.index = index
        self.address = world.signers[index].address
        self.counter = counter
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.surprises: list[str] = []
        self.starts = 0
        folder.mkdir()
        self.disk = Disk(folder / "disk")
        self._port = free_port()
        self._clock = folder / "clock"
        self._clock.write_text("0")
        (folder / "webhook.key").write_text(WEBHOOK_KEY)
        figures = {"confirmations": world.profile.confirmations, "port": self._port}
        self._config = configure(world, counter.url, secret(f"node {index}"), folder, text=NODE, **figures)

    @property
    def log(self) -> str:
        """All that its processes have said."""
        return (self.folder / "node.log").read_text(errors="replace")

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start its process; it need not be ready yet."""
        with (self.folder / "node.log").open("ab") as log:
            command = [COMMAND, "node", "run", "--config", self._config]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=self._environment())
        self.starts += 1
        self.counter.seen = -1

    def end(self, number: signal.Signals) -> None:
        """End its process with a signal, and wait for that."""
        if self.process is None:
            return
        found = self.process.poll()
        if found is None:
            self.process.send_signal(number)
            code = self.process.wait(60)
            if code not in (0, -number):
                self.surprises.append(f"ended with {code} after {number.name}")
        else:
            self.note_end()
        self.process = None

    def note_end(self, *, full: bool = False) -> bool:
        """Whether its process has ended by itself, which is no surprise on a full disk."""
        if self.process is None or self.process.poll() is None:
            return False
        code, self.process = self.process.returncode, None
        told = self.log.splitlines()[-1]
        if not (full and self._told_of_the_disk(code, told)):
            self.surprises.append(f"ended with {code}: {told}")
        return True

    def _told_of_the_disk(self, code: int, told: str) -> bool:
        """One sentence and code 1; a limit on files may have kept the sentence out of the log, too."""
        return code == 1 and "free disk space" in told if self.disk.real else code > 0

    def turn_clock(self, seconds: int) -> None:
        """Let its own clock be wrong by so many seconds from now on."""
        self._clock.write_text(f"{seconds}")

    def push(self, hashes: Sequence[str], number: int) -> None:
        """A webhook of these transactions; a node that does not hear it has lost nothing."""
        logs = [{"transaction": {"hash": tx}} for tx in hashes]
        body = json.dumps({"id": f"whevt_{number}", "event": {"data": {"block": {"logs": logs}}}}).encode()
        signature = hmac.new(WEBHOOK_KEY.encode(), body, hashlib.sha256).hexdigest()
        url = f"http://127.0.0.1:{self._port}/alchemy"
        asked = urllib.request.Request(url, body, {"X-Alchemy-Signature": signature})
        try:
            urllib.request.urlopen(asked, timeout=2).close()  # noqa: S310 - the loopback's http
        except (OSError, urllib.error.URLError):
            return

    def peak_memory(self) -> int:
        """The most kibibytes that its process, which runs, has had resident."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0])

    def close(self) -> None:
        """No process and no disk stay."""
        if self.alive and self.process is not None:
            self.process.kill()
            self.process.wait(60)
        self.disk.close()

    def _environment(self) -> dict[str, str]:
        usual = environment()
        path = os.pathsep.join(filter(None, [str(TURNED), usual.get("PYTHONPATH", "")]))
        return {**usual, "PYTHONPATH": path, "CHAOS_CLOCK": str(self._clock)}


def wait_until_ready(members: Sequence[Member]) -> None:
    """Until each has begun a round of work."""
    deadline = time.monotonic() + START_SECONDS
    while any(member.counter.seen < 0 for member in members):
        for member in members:
            assert member.alive, member.log
        assert time.monotonic() < deadline, "a node does not start"
        time.sleep(0.05)
