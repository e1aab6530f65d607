"""The executor's conformance suite, on every pool that needs no service."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import ClassVar

import pytest

from chainboy.pool import Pool, ProcessPool, threads
from chainboy.testing.executor_conformance import ExecutorConformance, SurvivorConformance


class TestThreads(ExecutorConformance):
    """Threads of this process."""

    def make(self, workers: int, queue: int) -> Pool:
        """The default."""
        return threads(workers, queue)


@pytest.mark.xdist_group("pools")
class TestProcesses(SurvivorConformance):
    """Processes of this machine."""

    def make(self, workers: int, queue: int) -> Pool:
        """A node's."""
        return Pool(executor=ProcessPool(workers), workers=workers, queue=queue)


@pytest.mark.xdist_group("pools")
class TestStandardProcesses(ExecutorConformance):
    """The standard library's processes: any executor will do."""

    many: ClassVar[int] = 50

    def make(self, workers: int, queue: int) -> Pool:
        """As anybody would make one."""
        executor = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
        return Pool(executor=executor, workers=workers, queue=queue)

    def _runs_at_close(self) -> int:
        """It has handed the waiting ones over to its processes already."""
        return 4
