"""``chainboy node run`` as its user starts it: a process of its own, behind a chain that waits for it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from http_chain import HttpChain
from node_world import World

COMMAND = Path(sys.executable).with_name("chainboy")


class Running:
    """A ``chainboy node run`` in a process of its own."""

    def __init__(
        self, config: Path, world: World, http: HttpChain, env: dict[str, str] | None = None
    ) -> None:
        self._world = world
        self._http = http
        self._path = config.parent / "node.log"
        with self._path.open("w") as log:
            command = [COMMAND, "node", "run", "--config", config]
            self.process = subprocess.Popen(command, stderr=log, stdout=subprocess.DEVNULL, env=env)

    @property
    def log(self) -> str:
        """All that it has said."""
        return self._path.read_text()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait; a block is mined whenever the node has looked for one, so no time runs away from it."""
        deadline, looks = time.monotonic() + 120, self._looks()
        while not condition():
            assert time.monotonic() < deadline, self.log
            if self._looks() > looks:
                looks = self._looks()
                with self._world.chain.lock:
                    self._world.backend.mine()
            time.sleep(0.01)

    def _looks(self) -> int:
        return self._http.asked.count("eth_getBlockByNumber")

    def started(self) -> bool:
        """It works, or has ended before."""
        return "works on" in self.log or self.process.poll() is not None

    def stop(self) -> int:
        """Tell it to stop; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)
