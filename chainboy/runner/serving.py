"""A runner at work: its sandboxes tested, its socket open."""

from __future__ import annotations

from chainboy.errors import ConfigError, SandboxError
from chainboy.runner.config import RunnerConfig
from chainboy.runner.desk import Desk
from chainboy.sandbox.proven import proven
from chainboy.sandbox.remote import RemoteSandbox
from chainboy.sandbox.wire import MOST_JOB
from chainboy.web import Server

LONGEST = 24 * 60 * 60.0
"""Seconds after which a request is cut off; the sandboxes' own limits are lower."""


def serving(config: RunnerConfig) -> Server:
    """The runner of ``config``; it answers until it is closed.

    Raises :class:`~chainboy.errors.ConfigError` without a token or a place to listen, and
    :class:`~chainboy.errors.SandboxError` if no sandbox runs its programs as released.
    """
    if any(isinstance(sandbox, RemoteSandbox) for sandbox in config.sandboxes):
        raise ConfigError("a runner cannot hand programs on; remove [sandboxes.runner] from its file")
    token = config.token()
    sandboxes = proven(config.sandboxes)
    if not sandboxes:
        raise SandboxError("no sandbox here runs programs as released; install the package again")
    desk = Desk(sandboxes, token=token, workers=config.workers)
    host, port = config.listen
    return Server(desk.handle, host, port, most_bytes=MOST_JOB, name="runner", patience=LONGEST)
