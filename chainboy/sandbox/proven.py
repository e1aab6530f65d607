"""Which of some sandboxes may be used at all: those that run their runtimes as released."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from chainboy.errors import SandboxError
from chainboy.sandbox.golden import self_test
from chainboy.sandbox.protocol import Sandbox
from chainboy.sandbox.runtimes import RUNTIMES

_log = logging.getLogger(__name__)


def proven(sandboxes: Sequence[Sandbox]) -> tuple[Sandbox, ...]:
    """Those that run every golden vector of the runtimes they serve; the others serve nothing.

    One that cannot tell yet what it serves is kept: it tests itself once it can.
    Rule: protocol, section 6 "Outcome".
    """
    return tuple(sandbox for sandbox in sandboxes if _passes(sandbox))


def _passes(sandbox: Sandbox) -> bool:
    name = type(sandbox).__name__
    try:
        served = [runtime for runtime in RUNTIMES if sandbox.serves(runtime)]
    except SandboxError as error:
        _log.warning("%s serves nothing yet: %s", name, error)
        return True
    try:
        for runtime in served:
            self_test(sandbox, runtime)
    except SandboxError as error:
        _log.error("no program is run in %s: %s", name, error)
        return False
    return True
