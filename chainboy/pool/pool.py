"""An executor that programs run in, and how much of it one node takes."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor

import attrs
from attrs.validators import ge

WORKERS = 2
"""Programs that run at the same time, unless told otherwise."""

QUEUE = 2
"""Programs that wait in the pool, ready to run, unless told otherwise."""


@attrs.frozen(kw_only=True)
class Pool:
    """Where runs go: ``workers`` at the same time, and at most ``queue`` more that wait there.

    Whoever is given a pool ends its executor. A waiting run holds its program and data files in memory, up
    to 17 MiB.
    """

    executor: Executor
    workers: int = attrs.field(default=WORKERS, validator=ge(1))
    queue: int = attrs.field(default=QUEUE, validator=ge(0))

    @property
    def slots(self) -> int:
        """Most runs that are in the executor at once."""
        return self.workers + self.queue


def threads(workers: int = WORKERS, queue: int = QUEUE) -> Pool:
    """A pool of threads of this process: the quickest to start.

    A sandbox in WebAssembly or in a process of its own lets the interpreter's lock go while it runs.
    """
    executor = ThreadPoolExecutor(workers, thread_name_prefix="chainboy-run")
    return Pool(executor=executor, workers=workers, queue=queue)
