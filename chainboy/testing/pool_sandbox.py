"""A sandbox for tests of pools: its programs are words that tell it what to do to the process it runs in."""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs

from chainboy.consensus.outcome import Outcome, Status
from chainboy.errors import RuntimeNotServed, SandboxError
from chainboy.sandbox.protocol import Job, Run
from chainboy.testing.node_fakes import FAKE_RUNTIME, echo

_FREE = "free"

_PATIENCE = 20.0
"""Seconds that a run waits for others."""


@attrs.frozen
class Trace:
    """One run as its process wrote it down: times of the machine's monotonic clock, in seconds."""

    process: int
    input: bytes
    start: float
    end: float


class Stubborn(Exception):
    """Neither its state nor its constructor can be pickled."""

    def __init__(self, what: str, *, how: str) -> None:
        super().__init__(what)
        self.how = how
        self.lock = lambda: how


@attrs.frozen
class PoolSandbox:
    """Does what the program's body says, and leaves a trace of each run in ``folder``.

    ``echo``, ``slow SECONDS``, ``held`` (until :meth:`let_go`), ``meet COUNT`` (until so many have come),
    ``count FILE`` (the bytes of a data file), ``trouble``, ``unserved``, ``fault``, ``garbage`` (what cannot
    be sent back), ``die`` and ``die-once`` (the process kills itself).
    """

    folder: Path

    def serves(self, runtime: str) -> bool:
        """Only ``fake:1``."""
        return runtime == FAKE_RUNTIME

    def run(self, job: Job) -> Run:
        """Do it."""
        word, *more = job.program.decode().rpartition("# ///\n")[2].split()
        start = time.monotonic()
        run = _WORDS[word](self, job, *more)
        line = f"{os.getpid()} {start} {time.monotonic()} {job.input.hex()}"
        part = self.folder / f"{uuid.uuid4()}.part"
        part.write_text(line)
        part.replace(part.with_suffix(".trace"))
        return run

    def let_go(self) -> None:
        """Let those that are held go on."""
        (self.folder / _FREE).touch()

    def traces(self) -> list[Trace]:
        """All runs that ended, by their start."""
        lines = (path.read_text().split(" ") for path in self.folder.glob("*.trace"))
        found = [Trace(int(pid), bytes.fromhex(data), float(a), float(b)) for pid, a, b, data in lines]
        return sorted(found, key=lambda trace: trace.start)

    def most_at_once(self) -> int:
        """The largest number of runs that overlap in time."""
        steps = [(trace.start, 1) for trace in self.traces()] + [(trace.end, -1) for trace in self.traces()]
        now = most = 0
        for _, step in sorted(steps):
            now += step
            most = max(most, now)
        return most


def _echo(_sandbox: PoolSandbox, job: Job) -> Run:
    return Run(outcome=echo(job))


def _slow(sandbox: PoolSandbox, job: Job, seconds: str) -> Run:
    time.sleep(float(seconds))
    return _echo(sandbox, job)


def _held(sandbox: PoolSandbox, job: Job) -> Run:
    _wait((sandbox.folder / _FREE).exists)
    return _echo(sandbox, job)


def _meet(sandbox: PoolSandbox, job: Job, count: str) -> Run:
    (sandbox.folder / f"{uuid.uuid4()}.here").touch()
    _wait(lambda: len(list(sandbox.folder.glob("*.here"))) >= int(count))
    return _echo(sandbox, job)


def _wait(condition: Callable[[], bool]) -> None:
    """Until it holds, but not for ever: the test tells better what was missing."""
    until = time.monotonic() + _PATIENCE
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)


def _count(_sandbox: PoolSandbox, job: Job, name: str) -> Run:
    return Run(outcome=Outcome(Status.OK, job.fuel_limit, len(job.files[name]).to_bytes(32, "big")))


def _trouble(_sandbox: PoolSandbox, _job: Job) -> Run:
    raise SandboxError("the host is out of memory; free some")


def _unserved(_sandbox: PoolSandbox, _job: Job) -> Run:
    raise RuntimeNotServed("another engine is installed; install the right one")


def _fault(_sandbox: PoolSandbox, _job: Job) -> Run:
    raise Stubborn("a bug", how="very")


def _garbage(_sandbox: PoolSandbox, job: Job) -> Run:
    lock: Any = threading.Lock()
    return Run(outcome=echo(job), logs=lock)


def _die(_sandbox: PoolSandbox, _job: Job) -> Run:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives this")


def _die_once(sandbox: PoolSandbox, job: Job) -> Run:
    grave = sandbox.folder / f"{job.input.hex()}.grave"
    if grave.exists():
        return _echo(sandbox, job)
    grave.touch()
    return _die(sandbox, job)


_WORDS: Mapping[str, Callable[..., Run]] = MappingProxyType(
    {
        "echo": _echo,
        "slow": _slow,
        "held": _held,
        "meet": _meet,
        "count": _count,
        "trouble": _trouble,
        "unserved": _unserved,
        "fault": _fault,
        "garbage": _garbage,
        "die": _die,
        "die-once": _die_once,
    }
)
