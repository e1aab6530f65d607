"""A sandbox that is none: the program in a plain Python process of this machine, for debugging only.

It has no fuel, no isolation and another Python's arithmetic: never let a node vote with it, and never
run with it what you did not write.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from chainboy.errors import SandboxError
from chainboy.sandbox import exchange, guest
from chainboy.sandbox.protocol import Job, Run
from chainboy.sandbox.runtimes import DEFAULT

_WARNING = "SubprocessSandbox isolates NOTHING: a program can read, change and send whatever you can"
_ENVIRONMENT: Mapping[str, str] = MappingProxyType({"PYTHONHASHSEED": "0"})
_log = logging.getLogger(__name__)


class UnsafeSandboxWarning(RuntimeWarning):
    """Somebody made a sandbox that isolates nothing."""


class SubprocessSandbox:
    """Runs programs with this machine's Python, unmetered (fuel is 0) and **not isolated at all**.

    Says so each time one is made: an :class:`UnsafeSandboxWarning` and a log record. A run that takes
    longer than ``wall_clock_limit`` seconds ends with :class:`SandboxError`; one whose process dies
    is ABORTED. ``environment`` is the whole environment of the process, its hash seed, locale and time zone.
    """

    def __init__(
        self,
        wall_clock_limit: float = 60.0,
        runtime: str = DEFAULT,
        environment: Mapping[str, str] = _ENVIRONMENT,
    ) -> None:
        warnings.warn(_WARNING, UnsafeSandboxWarning, stacklevel=2)
        _log.warning(_WARNING)
        self._wall_clock_limit = wall_clock_limit
        self._runtime = runtime
        self._environment = dict(environment)

    def serves(self, runtime: str) -> bool:
        """Whether ``runtime`` is the one this sandbox was told to stand in for."""
        return runtime == self._runtime

    def run(self, job: Job) -> Run:
        """Run ``job``; its fuel limit has no meaning here."""
        start = time.monotonic()
        try:
            done = subprocess.run(  # noqa: S603 - this interpreter and our own file
                [sys.executable, "-P", "-s", "-B", str(Path(guest.__file__).with_name("child.py"))],
                input=exchange.question(job),
                capture_output=True,
                timeout=self._wall_clock_limit,
                env=self._environment,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            limit = f"{self._wall_clock_limit:g} s"
            raise SandboxError(f"the run took over {limit}; raise wall_clock_limit") from error
        outcome, log = exchange.outcome(done.stdout)
        return Run(outcome=outcome, logs=log, seconds=time.monotonic() - start)

