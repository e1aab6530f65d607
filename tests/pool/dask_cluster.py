"""A Dask cluster of this machine: a scheduler and its workers as processes of their own, on the loopback."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from distributed import Client

PATIENCE = 60.0
"""Seconds for a process to come up."""


class LocalCluster:
    """A scheduler, and workers of one thread each; a process that dies stays dead."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self.address = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    @property
    def port(self) -> int:
        """The scheduler's."""
        return int(self.address.rpartition(":")[2])

    def start_scheduler(self, port: int = 0) -> int:
        """Start it and wait until it says where it is; returns its process id."""
        told = self._folder / "scheduler.json"
        told.unlink(missing_ok=True)
        process = self._start("scheduler", "--port", str(port), "--scheduler-file", str(told))
        self._wait(lambda: told.exists() and told.read_text().endswith("}"))
        self.address = json.loads(told.read_text())["address"]
        return process.pid

    def start_workers(self, count: int) -> set[int]:
        """Start so many and wait until the scheduler knows them; returns their process ids."""
        options = (self.address, "--nthreads", "1", "--no-nanny", "--local-directory", str(self._folder))
        started = [self._start("worker", *options) for _ in range(count)]
        with Client(self.address, set_as_default=False, timeout=PATIENCE) as client:
            client.wait_for_workers(count, timeout=PATIENCE)
        return {process.pid for process in started}

    def kill(self, pid: int) -> None:
        """End one of the processes at once, whatever it does."""
        (process,) = (process for process in self._processes if process.pid == pid)
        process.kill()
        process.wait()

    def _start(self, what: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", what, "--host", "127.0.0.1", "--no-dashboard", *options]
        with (self._folder / f"{what}.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self._processes.append(process)
        return process

    def _wait(self, condition: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < until, (self._folder / "scheduler.log").read_text()
            time.sleep(0.02)
