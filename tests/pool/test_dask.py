"""Programs on a real Dask cluster: a scheduler and its workers, each a process of this machine."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from dask_cluster import LocalCluster
from tornado.ioloop import IOLoop

import chainboy.pool.cluster
from chainboy.node.home import Abstention
from chainboy.pool import Pool, Portable, configured, run
from chainboy.sandbox.protocol import Job
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.tables import Table
from chainboy.testing.executor_conformance import Bench, ExecutorConformance, echoed

pytestmark = pytest.mark.xdist_group("dask")

HASHING = b"""# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 n"]
# outputs = ["bytes32"]
# ///
def main(n):
    import hashlib
    return hashlib.sha256(str(n).encode()).digest()
"""

TASKS = 200


def opened(cluster: LocalCluster, **more: int) -> Pool:
    """The pool that a node's configuration of this cluster makes."""
    table = Table({"dask": cluster.address, **more}, "node.toml: pool.")
    return configured(table, Path()).open()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Two workers that live as long as this module."""
    with LocalCluster(tmp_path_factory.mktemp("dask")) as cluster:
        cluster.start_scheduler()
        cluster.start_workers(2)
        yield cluster


class TestCluster(ExecutorConformance):
    """The suite, with as many programs at once as the cluster has threads."""

    many: ClassVar[int] = 100

    @pytest.fixture(autouse=True)
    def _cluster(self, cluster: LocalCluster) -> None:
        self.cluster = cluster

    def make(self, workers: int, queue: int) -> Pool:
        """A node's."""
        return opened(self.cluster, workers=workers, queue=queue)


def test_real_programs_give_the_same_there(cluster: LocalCluster) -> None:
    """The sandbox arrives, is tested, and gives what this machine's own hashlib gives."""
    pool, sandbox = opened(cluster), Portable(WasmSandbox())
    jobs = [Job(program=HASHING, input=n.to_bytes(32, "big"), fuel_limit=10**9) for n in range(8)]
    found = [pool.executor.submit(run, sandbox, job).result(60).outcome for job in jobs]
    assert [each.payload for each in found] == [hashlib.sha256(str(n).encode()).digest() for n in range(8)]
    assert found[0] == WasmSandbox().run(jobs[0]).outcome
    pool.executor.shutdown()


def test_a_loop_that_begins_late(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On a busy machine its thread gets no turn before the caller's next step; the first task waits."""
    turn = chainboy.pool.cluster._turn

    def late(loop: IOLoop) -> None:
        time.sleep(0.3)
        turn(loop)

    monkeypatch.setattr(chainboy.pool.cluster, "_turn", late)
    bench = Bench(opened(cluster), tmp_path)
    assert bench.answer(bench.task("echo", b"first")) == echoed(b"first")
    bench.executor.close()


def test_nothing_is_lost_with_a_worker(tmp_path: Path) -> None:
    """200 tasks spread over two workers, one killed in the middle: 200 answers, never too many at once."""
    with LocalCluster(tmp_path) as cluster:
        cluster.start_scheduler()
        workers = cluster.start_workers(2)
        bench = Bench(opened(cluster, workers=4, queue=4), tmp_path)
        tasks = {number: bench.task("slow 0.02", number.to_bytes(4, "big")) for number in range(TASKS)}
        for task in tasks.values():
            bench.start(task)
        bench.wait(lambda: len({trace.process for trace in bench.sandbox.traces()}) == len(workers))
        bench.wait(lambda: len(bench.sandbox.traces()) > TASKS // 4)
        before = bench.sandbox.traces()
        cluster.kill(before[-1].process)
        found = {number: bench.answer(task) for number, task in tasks.items()}
        assert found == {number: echoed(number.to_bytes(4, "big")) for number in range(TASKS)}
        assert {trace.process for trace in before} == workers
        assert len(before) < TASKS
        assert {trace.process for trace in bench.sandbox.traces()[-TASKS // 4 :]} < workers
        bench.check_bounds()
        bench.executor.close()


def test_a_scheduler_that_goes_and_comes_back(tmp_path: Path) -> None:
    """While it is away there are passing abstentions, one for what ran, too; then all goes on."""
    with LocalCluster(tmp_path) as cluster:
        scheduler = cluster.start_scheduler()
        (worker,) = cluster.start_workers(1)
        bench = Bench(opened(cluster, workers=2), tmp_path)
        assert bench.answer(bench.task("echo", b"before")) == echoed(b"before")
        running = bench.task("slow 30", b"running")
        bench.start(running)
        cluster.kill(scheduler)
        cluster.kill(worker)
        for task in (running, bench.task("echo", b"meanwhile")):
            found = bench.answer(task)
            assert isinstance(found, Abstention)
            assert found.passing
        cluster.start_scheduler(cluster.port)
        cluster.start_workers(1)
        after = bench.task("echo", b"after")
        bench.wait(lambda: bench.answer(after) == echoed(b"after"))
        bench.executor.close()


def test_no_scheduler_at_all(tmp_path: Path) -> None:
    """A node can start before its cluster; it says what is missing."""
    pool = configured(Table({"dask": "tcp://127.0.0.1:9"}, "pool."), tmp_path).open()
    bench = Bench(pool, tmp_path)
    found = bench.answer(bench.task("echo"))
    assert isinstance(found, Abstention)
    assert found.passing
    assert "tcp://127.0.0.1:9 cannot be reached; start it" in found.reason
    bench.executor.close()
