"""A process that makes one call after the other, for as long as the process that started it lives."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from multiprocessing.connection import Connection
from typing import Any

from chainboy.pool.running import plain

_FAREWELL = 2.0
"""Seconds that an idle process has to end by itself."""


class WorkerDied(Exception):
    """The process ended, or was ended, before it gave an answer."""


class Worker:
    """One such process, started afresh: nothing of this process's threads and locks is in it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), name="chainboy-run", daemon=True)
        self._process.start()
        theirs.close()

    def call(self, call: bytes, patience: float) -> Any:
        """What the pickled ``call``, a function with its arguments, gives or raises.

        Raises :class:`WorkerDied` when no answer came, within ``patience`` seconds.
        """
        try:
            self._pipe.send_bytes(call)
            answered = self._pipe.poll(patience)
            answer = self._pipe.recv_bytes() if answered else None
        except (EOFError, OSError) as error:
            raise WorkerDied from error
        if answer is None:
            raise WorkerDied(f"no answer within {patience:g} s")
        result, failure = pickle.loads(answer)  # noqa: S301 - from our own child
        if failure is not None:
            raise failure
        return result

    def kill(self) -> None:
        """End it at once, whatever it does; a call then raises :class:`WorkerDied`."""
        self._process.kill()

    def close(self) -> None:
        """End it for good; let nobody call any more."""
        self._pipe.close()
        self._process.join(_FAREWELL)
        self._process.kill()
        self._process.join()
        self._process.close()


def _serve(pipe: Connection) -> None:
    """The life of the process: it ends when the other end of the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; its owner decides
    threading.Thread(target=_end_with_owner, daemon=True).start()
    try:
        while True:
            pipe.send_bytes(_answer(pipe.recv_bytes()))
    except (EOFError, OSError):
        return


def _answer(call: bytes) -> bytes:
    try:
        function, args, kwargs = pickle.loads(call)  # noqa: S301 - from our own parent
        return pickle.dumps((function(*args, **kwargs), None))
    except Exception as error:  # noqa: BLE001 - the caller's to raise
        return pickle.dumps((None, plain(error)))


def _end_with_owner() -> None:
    """A run may be long: do not outlive a parent that was killed."""
    owner = multiprocessing.parent_process()
    if owner is not None:
        owner.join()
    os._exit(1)
