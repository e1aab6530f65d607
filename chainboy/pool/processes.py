"""A bounded pool of processes on this machine, in which a dead process costs nobody but its own run a moment.

The standard library's pool breaks as a whole when one process dies, with every run in it; here each process
has its own pipe, so it is known which run was lost, and that one is made again.
"""

from __future__ import annotations

import logging
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from chainboy.errors import SandboxError
from chainboy.pool.pool import WORKERS
from chainboy.pool.worker import Worker, WorkerDied

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 3
"""How often a run is made whose process dies."""

PATIENCE = 900.0
"""Seconds after which a process that gives no answer is ended; a sandbox's own limit comes long before."""

_log = logging.getLogger(__name__)


class ProcessPool(Executor):
    """Makes at most ``workers`` calls at the same time, each in a process; what is called can be pickled.

    Processes are started when first needed and used again. A call whose process dies (out of memory, killed,
    the engine itself broken) is made again in a new one, ``tries`` times in all; then its future raises
    :class:`~chainboy.errors.SandboxError`. Errors arrive as :func:`chainboy.pool.running.plain` has them.
    A program that starts such a pool needs ``if __name__ == "__main__":`` around what it does.
    """

    def __init__(self, workers: int = WORKERS, *, tries: int = TRIES, patience: float = PATIENCE) -> None:
        self._tries = tries
        self._patience = patience
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="chainboy-pool")
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._ended = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call ``fn`` in one of the processes."""
        return self._threads.submit(self._call, pickle.dumps((fn, args, kwargs)))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take nothing more; ``cancel_futures`` ends the processes that are at work, too.

        With ``wait`` no process is left when this returns.
        """
        self._threads.shutdown(wait=False, cancel_futures=cancel_futures)
        if cancel_futures:
            with self._lock:
                self._ended = True
                for worker in self._busy:
                    worker.kill()
        if wait:
            self._threads.shutdown(wait=True)
            while self._idle:
                self._idle.pop().close()

    def _call(self, call: bytes) -> Any:
        for number in range(1, self._tries + 1):
            try:
                with self._worker() as worker:
                    return worker.call(call, self._patience)
            except WorkerDied as error:
                _log.warning("a process died in run %d of %d of its program", number, self._tries)
                died = error
        raise SandboxError(
            f"the process that ran the program died {self._tries} times; "
            "free memory, and look for the reason in the system's log"
        ) from died

    @contextmanager
    def _worker(self) -> Iterator[Worker]:
        """A process for one call, back among the idle ones unless it died."""
        with self._lock:
            if self._ended:
                raise SandboxError("the pool was closed; the program runs when the node is started again")
            worker = self._idle.pop() if self._idle else Worker()
            self._busy.add(worker)
        died = False
        try:
            yield worker
        except WorkerDied:
            died = True
            raise
        finally:
            with self._lock:
                self._busy.remove(worker)
                if not died:
                    self._idle.append(worker)
            if died:
                worker.kill()
                worker.close()
