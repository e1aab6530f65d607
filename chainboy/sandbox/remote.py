"""A sandbox in another process, which alone has what it runs programs with: the runner.

The runner is believed no more than it has shown: each time it was started it runs the golden vectors of its
runtimes before any program, and an outcome that a job cannot have is none. Whatever it fails at may pass.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import attrs

from chainboy.errors import EncodingError, SandboxError
from chainboy.sandbox import wire
from chainboy.sandbox.golden import self_test
from chainboy.sandbox.link import Link, Restarted
from chainboy.sandbox.protocol import Job, Run
from chainboy.sandbox.runtimes import RUNTIMES
from chainboy.sandbox.wire import About
from chainboy.tables import Table, seconds

WALL_CLOCK_LIMIT = 330.0
"""Seconds for a job, its way there and back included, unless told otherwise."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


class RemoteSandbox:
    """Runs programs at the runner that listens at ``url``: ``unix://PATH`` or ``http://HOST:PORT``.

    ``token_file`` has the secret that it shares with its node; ``wall_clock_limit`` is in seconds. Nothing is
    opened before it is needed, and no connection is kept, so instances may be shared by threads, forked and
    pickled. :class:`ConfigError` for another kind of address, and later for a token that cannot be read.
    """

    def __init__(self, url: str, token_file: Path, *, wall_clock_limit: float = WALL_CLOCK_LIMIT) -> None:
        self._configuration = (url, token_file, wall_clock_limit)
        self._link = Link(url=url, token_file=token_file, wall_clock_limit=wall_clock_limit)
        self._lock = threading.Lock()
        self._proven: About | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, self._configuration

    def token(self) -> str:
        """What it shows the runner; raises :class:`ConfigError` when it cannot be read or is short."""
        return self._link.token()

    @property
    def images(self) -> tuple[str, ...]:
        """The images that the runner serves now; raises :class:`SandboxError` as :meth:`serves` does."""
        return tuple(name for name in self._latest().runtimes if name not in RUNTIMES)

    def serves(self, runtime: str) -> bool:
        """Whether the runner serves ``runtime``; as last known while it is down.

        Raises :class:`SandboxError` as long as nobody can tell.
        """
        return runtime in self._latest().runtimes

    def run(self, job: Job) -> Run:
        """Run ``job`` there; :class:`SandboxError` if the runner is busy, lost or slow, or lies."""
        try:
            return _Instance(self._link, self._proven or self._ask()).run(job)
        except Restarted:
            return _Instance(self._link, self._ask()).run(job)

    def _latest(self) -> About:
        try:
            return self._ask()
        except SandboxError as error:
            if self._proven is None:
                raise
            _log.warning("%s", str(error))
            return self._proven

    def _ask(self) -> About:
        """What the runner says of itself, once it has run the golden vectors since its start."""
        about = _sense(self._link.get("/about"), wire.unpack_about)
        with self._lock:
            if self._proven is None or self._proven.instance != about.instance:
                for runtime in filter(RUNTIMES.__contains__, about.runtimes):
                    self_test(_Instance(self._link, about), runtime)
            self._proven = about
        return about


@attrs.frozen
class _Instance:
    """A runner since one of its starts, and not after the next."""

    link: Link
    about: About

    def serves(self, runtime: str) -> bool:
        """As it said."""
        return runtime in self.about.runtimes

    def run(self, job: Job) -> Run:
        """Run ``job`` there."""
        body = wire.pack_job(job, self.about.instance)
        if len(body) > wire.MOST_JOB:
            raise SandboxError(f"a job of {len(body)} bytes is more than a runner takes; use a local sandbox")
        return _sense(self.link.post("/run", body), lambda data: wire.unpack_run(data, job))


def _sense(data: bytes, unpack: Callable[[bytes], T]) -> T:
    try:
        return unpack(data)
    except EncodingError as error:
        raise SandboxError(f"the runner's answer makes no sense: {error}") from error


def configured(table: Table, folder: Path) -> RemoteSandbox:
    """The sandbox that ``[sandboxes.runner]`` describes; the runner is not asked yet."""
    return RemoteSandbox(
        table.take("url", _address),
        folder / table.take("token_file", str),
        wall_clock_limit=table.take("wall_clock_limit", seconds, WALL_CLOCK_LIMIT),
    )


def _address(value: Any) -> str:
    Link(url=str(value), token_file=Path(), wall_clock_limit=WALL_CLOCK_LIMIT)
    return str(value)


def _again(url: str, token_file: Path, wall_clock_limit: float) -> RemoteSandbox:
    return RemoteSandbox(url, token_file, wall_clock_limit=wall_clock_limit)
