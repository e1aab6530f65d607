"""The table [pool]: what it makes, and one sentence for every mistake."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chainboy.consensus.outcome import Outcome, Status
from chainboy.errors import ConfigError
from chainboy.pool import Pool, PoolSettings, ProcessPool, configured, threads
from chainboy.pool.cluster import Cluster
from chainboy.pool.settings import Kind
from chainboy.tables import Table
from chainboy.testing.node_fakes import FakeSandbox


def settings(**values: Any) -> PoolSettings:
    """What the table with these values says."""
    return configured(Table(values, "node.toml: pool."), Path())


def test_processes_by_default() -> None:
    """Two of them, and two runs that wait; none is started before there is something to run."""
    assert settings() == PoolSettings(kind=Kind.PROCESSES, workers=2, queue=2)
    pool = settings(workers=3, queue=0).open()
    assert isinstance(pool.executor, ProcessPool)
    assert (pool.workers, pool.queue, pool.slots) == (3, 0, 3)
    pool.executor.shutdown()


def test_a_sandbox_that_cannot_travel() -> None:
    """Is told when the node starts, and no fault where nothing travels."""
    sandbox = FakeSandbox(lambda job: Outcome(Status.OK, 1, job.input))
    for values in ({}, {"dask": "tcp://127.0.0.1:8786"}):
        with pytest.raises(ConfigError, match="FakeSandbox cannot be sent"):
            settings(**values).open([sandbox])
    settings(kind="threads").open([sandbox]).executor.shutdown()
    settings().open([FakeSandbox()]).executor.shutdown()


def test_threads() -> None:
    """In this process."""
    pool = settings(kind="threads", workers=1).open()
    assert isinstance(pool.executor, ThreadPoolExecutor)
    assert pool.slots == 3
    pool.executor.shutdown()


def test_a_cluster_in_two_lines() -> None:
    """More programs at once than on one machine; nothing connects before there is something to run."""
    pool = settings(dask="tcp://127.0.0.1:8786").open()
    assert isinstance(pool.executor, Cluster)
    assert (pool.workers, pool.queue) == (16, 2)
    pool.executor.shutdown()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "fibers"}, "pool.kind cannot be 'fibers': use one of processes, threads"),
        ({"workers": 0}, "pool.workers cannot be 0"),
        ({"queue": -1}, "pool.queue cannot be -1"),
        ({"dask": "127.0.0.1"}, "pool.dask cannot be '127.0.0.1': give the scheduler's address"),
        ({"dask": 8786}, "pool.dask cannot be 8786"),
        ({"dask": "tcp://a:1", "kind": "threads"}, "pool.kind has no meaning beside dask"),
        ({"worker": 1}, "pool.worker is not known"),
    ],
)
def test_mistakes(values: dict[str, Any], message: str) -> None:
    """Each names its key."""
    with pytest.raises(ConfigError) as raised:
        settings(**values)
    assert message in str(raised.value)


def test_dask_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says how to get it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"pip install 'chainboy\[dask\]'"):
        settings(dask="tcp://127.0.0.1:8786").open()


@pytest.mark.parametrize("figures", [{"workers": 0}, {"queue": -1}])
def test_a_pool_without_workers(figures: dict[str, int]) -> None:
    """Is none."""
    pool = threads()
    with pytest.raises(ValueError, match="must be >="):
        Pool(executor=pool.executor, **figures)
    pool.executor.shutdown()
