"""Answers a node's requests: what is served here, and what a job comes to. No I/O but the sandboxes' own."""

from __future__ import annotations

import hmac
import logging
import threading
import uuid
from collections.abc import Sequence
from importlib.metadata import version

from chainboy.errors import ChainBoyError, EncodingError, RuntimeNotServed, SandboxError
from chainboy.pool.running import run
from chainboy.programs.metadata import parse
from chainboy.sandbox import wire
from chainboy.sandbox.protocol import Job, Sandbox
from chainboy.sandbox.runtimes import RUNTIMES
from chainboy.sandbox.wire import About
from chainboy.web import Request, Response

_log = logging.getLogger(__name__)

UNAUTHORIZED, UNKNOWN, MALFORMED, CONFLICT, FAILED, BUSY = 401, 404, 400, 409, 422, 503


class Desk:
    """Runs jobs in ``sandboxes``, so many at once as ``workers`` says, for whoever shows ``token``.

    A job beyond those is refused at once: its node tries again, and its place in the line is not lost
    there. With several sandboxes a program's own ``runtime`` says in which it runs.
    """

    def __init__(self, sandboxes: Sequence[Sandbox], *, token: str, workers: int) -> None:
        self._sandboxes = tuple(sandboxes)
        self._token = f"Bearer {token}".encode()
        self._slots = threading.BoundedSemaphore(workers)
        self._instance = uuid.uuid4().hex

    def handle(self, request: Request) -> Response:
        """The answer, from any thread."""
        shown = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(shown, self._token):
            return _refusal(UNAUTHORIZED, "show the token")
        match request.method, request.path:
            case "GET", "/about":
                return Response(body=wire.pack_about(self._about()))
            case "POST", "/run":
                return self._run(request.body)
        return _refusal(UNKNOWN, "there are /about and /run")

    def _about(self) -> About:
        images = (image for sandbox in self._sandboxes for image in getattr(sandbox, "images", ()))
        served = tuple(runtime for runtime in (*RUNTIMES, *images) if self._serving(runtime) is not None)
        return About(instance=self._instance, version=version("chainboy"), runtimes=served)

    def _run(self, body: bytes) -> Response:
        try:
            job, instance = wire.unpack_job(body)
        except EncodingError as error:
            return _refusal(MALFORMED, str(error))
        if instance != self._instance:
            return _refusal(CONFLICT, "this is another runner than the one that was asked about itself")
        if not self._slots.acquire(blocking=False):
            return _refusal(BUSY, "the runner is busy; try again, or raise its workers")
        try:
            return Response(body=wire.pack_run(run(self._sandbox(job), job)))
        except ChainBoyError as error:
            _log.warning("no outcome: %s\n%s", error, getattr(error, "trace", ""))
            return Response(status=FAILED, body=wire.pack_error(error))
        finally:
            self._slots.release()

    def _sandbox(self, job: Job) -> Sandbox:
        if len(self._sandboxes) == 1:
            return self._sandboxes[0]
        runtime = parse(job.program).runtime
        found = self._serving(runtime)
        if found is None:
            raise RuntimeNotServed(f"runtime {runtime!r} is not served by this runner")
        return found

    def _serving(self, runtime: str) -> Sandbox | None:
        return next((sandbox for sandbox in self._sandboxes if sandbox.serves(runtime)), None)


def _refusal(status: int, message: str) -> Response:
    return Response(status=status, body=wire.pack_error(SandboxError(message)))
