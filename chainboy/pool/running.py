"""The one function that is sent to where programs run; what it takes, gives and raises can be pickled."""

from __future__ import annotations

import traceback

from chainboy.consensus.outcome import Outcome
from chainboy.errors import RuntimeNotServed, SandboxError, SandboxFault
from chainboy.sandbox.protocol import Job, Run, Sandbox


def run(sandbox: Sandbox, job: Job) -> Run:
    """What ``sandbox`` makes of ``job``.

    Raises :class:`~chainboy.errors.SandboxError` and :class:`~chainboy.errors.RuntimeNotServed` as the
    sandbox does, and :class:`~chainboy.errors.SandboxFault` for anything else that it raises.
    """
    try:
        found = sandbox.run(job)
    except Exception as error:  # noqa: BLE001 - a sandbox may be anybody's
        fault = plain(error)
    else:
        if _is_plain(found):
            return found
        fault = SandboxFault(f"the sandbox gave a {type(found).__name__} that is no whole Run; correct it")
    raise fault  # out here it has no context, which might not be picklable


def _is_plain(found: Run) -> bool:
    """Of the declared types alone, which any process can read."""
    if type(found) is not Run or type(found.outcome) is not Outcome:
        return False
    return (type(found.outcome.payload), type(found.logs), type(found.seconds)) == (bytes, str, float)


def plain(error: Exception) -> Exception:
    """The error as one of this package's own, made of text alone, so that any process can read it."""
    if isinstance(error, RuntimeNotServed):
        return RuntimeNotServed(str(error))
    if isinstance(error, SandboxError):
        return SandboxError(str(error))
    if isinstance(error, SandboxFault):
        return error
    trace = "".join(traceback.format_exception(error))
    return SandboxFault(f"the sandbox failed with {type(error).__name__}; see the log", trace)
