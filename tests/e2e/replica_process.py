"""A replica of a node in a process of its own: the usual one, but for a sandbox that answers at once."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path
from typing import Literal

from chainboy.node.config import NodeConfig
from chainboy.node.replicas.running import run_replica
from chainboy.node.replicas.settings import PostgresSettings
from chainboy.service import exit_code, until_told
from chainboy.testing.node_fakes import FakeSandbox


class Frost:
    """Stops the whole process in the journal write whose number stands in a file, once it is there."""

    def __init__(self, order: Path) -> None:
        self._order = order
        self._written = 0

    def __call__(self, stage: Literal["before", "after"]) -> None:
        """One side of a journal write."""
        if not self._order.exists():
            self._written = 0
            return
        number, side = self._order.read_text().split()
        self._written += stage == "before"
        if self._written == int(number) and stage == side:
            self._order.unlink()
            os.kill(os.getpid(), signal.SIGSTOP)


def main(config: str, log: str) -> None:
    """Run until it is told to stop; what it has to say goes into the file ``log``."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    loaded = NodeConfig.load(Path(config))
    settings = loaded.journal
    assert isinstance(settings, PostgresSettings)
    loaded.log_level.apply(loaded.log_format)
    stop = until_told()
    frost = Frost(Path(config).with_name("freeze"))
    run = partial(run_replica, loaded, settings, stop, sandbox=FakeSandbox(), probe=frost)
    raise SystemExit(exit_code("replica", run))
