"""What every pool must do for a node: subclass, say how to make one, run with pytest.

:class:`SurvivorConformance` holds it to surviving the death of its processes, too.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import ClassVar, ParamSpec, TypeVar

import attrs
import pytest

from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import to_address
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.request import Request
from chainboy.content.memory import MemoryStore
from chainboy.node.budget import Due
from chainboy.node.executor import ProgramExecutor
from chainboy.node.home import Abstention, Answer
from chainboy.node.rows import Task
from chainboy.node.salts import Secrets
from chainboy.pool import Pool
from chainboy.testing.node_fakes import fake_program
from chainboy.testing.pool_sandbox import PoolSandbox
from chainboy.units import Fuel, Timestamp, Wei

P = ParamSpec("P")
T = TypeVar("T")

FUEL = Fuel(1_000)

PATIENCE = 60.0
"""Seconds that any answer may take."""


class Watched(Executor):
    """Another executor that counts how many calls are in it."""

    def __init__(self, inner: Executor) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Pass it on."""
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        future = self._inner.submit(fn, *args, **kwargs)
        future.add_done_callback(self._left)
        return future

    def _left(self, _future: Future[T]) -> None:
        with self._lock:
            self._now -= 1

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Pass it on."""
        self._inner.shutdown(wait, cancel_futures=cancel_futures)


@attrs.frozen
class _Key:
    """A signer's secret part."""

    def derive(self, label: bytes) -> bytes:
        return keccak(label)


class Bench:
    """An executor over the pool under test, tasks for it, and what the sandbox saw of them."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        self.sandbox = PoolSandbox(folder)
        self.content = MemoryStore()
        self.watched = Watched(pool.executor)
        hub = to_address(b"\1" * 20)
        self.executor = ProgramExecutor(
            self.content,
            [self.sandbox],
            Secrets(deriver=_Key(), home_chain_id=5, hub=hub),
            pool=attrs.evolve(pool, executor=self.watched),
        )
        self._slots = pool.slots
        self._workers = pool.workers

    def task(self, words: str, data: bytes = b"", *, files: str = "") -> Task:
        """A task whose program does what ``words`` say to a :class:`PoolSandbox`."""
        source = fake_program(words)
        if files:
            source = source.replace(b"# ///\n", f"# [files]\n{files}# ///\n".encode(), 1)
        params = Params(mode=Mode.EXACT, commit_window=5, fuel_limit=FUEL, expires_at=Timestamp(2_000))
        request = Request(
            chain_id=5,
            gateway=to_address(b"\3" * 20),
            requester=to_address(b"\4" * 20),
            nonce=0,
            program=self.content.put(source).digest,
            input_hash=keccak(data),
            price=Wei(1),
            tip=Wei(0),
            callback_gas=0,
            requested_at=Timestamp(1_000),
            params=params.pack(),
        )
        return Task(request=request, input=data, block=1)

    def start(self, task: Task, *, by: int = 1_000, bound: bool = False) -> Answer | None:
        """Ask for the answer once."""
        return self.executor.solve(task, Due(by=Timestamp(by), bound=bound))

    def answer(self, task: Task) -> Answer:
        """Ask until it is there."""
        until = time.monotonic() + PATIENCE
        while (found := self.start(task)) is None:
            assert time.monotonic() < until, "there is no answer"
            time.sleep(0.002)
        return found

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until it holds."""
        until = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < until, "it never came to be"
            time.sleep(0.002)

    def check_bounds(self) -> None:
        """Never more runs in the pool than its slots, nor at the same time than it has workers."""
        assert self.watched.most <= self._slots
        assert self.sandbox.most_at_once() <= self._workers


def echoed(data: bytes) -> bytes:
    """The answer of a task that echoes."""
    return Outcome(Status.OK, Fuel(len(data)), data).encode()


class ExecutorConformance(ABC):
    """The tests; a subclass names itself ``Test…`` and supplies :meth:`make`."""

    many: ClassVar[int] = 500
    """Tasks in the largest of the tests."""

    @abstractmethod
    def make(self, workers: int, queue: int) -> Pool:
        """A pool of its own for one test, which ends it."""

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[Bench]:
        """Two workers, and two places to wait."""
        yield from self._benches(2, 2, tmp_path)

    @pytest.fixture
    def single(self, tmp_path: Path) -> Iterator[Bench]:
        """One worker, and no place to wait: one run after the other."""
        yield from self._benches(1, 0, tmp_path)

    def _benches(self, workers: int, queue: int, folder: Path) -> Iterator[Bench]:
        bench = Bench(self.make(workers, queue), folder)
        yield bench
        bench.executor.close()

    def test_many_tasks(self, bench: Bench) -> None:
        """Every one is answered, each with its own answer, and never too many at once."""
        tasks = {number: bench.task("echo", number.to_bytes(4, "big")) for number in range(self.many)}
        for task in tasks.values():
            bench.start(task)
        for number, task in tasks.items():
            assert bench.answer(task) == echoed(number.to_bytes(4, "big"))
        assert not bench.executor.busy
        assert len(bench.sandbox.traces()) == self.many
        bench.check_bounds()

    def test_two_at_once(self, bench: Bench) -> None:
        """All workers have work."""
        tasks = [bench.task("meet 2", bytes([number])) for number in range(4)]
        for task in tasks:
            bench.start(task)
        assert bench.executor.busy
        assert {bench.answer(task) for task in tasks} == {echoed(bytes([number])) for number in range(4)}
        assert bench.sandbox.most_at_once() == 2

    def test_the_most_urgent_first(self, single: Bench) -> None:
        """What is committed, then what is due earliest, however it came in; what becomes urgent moves up."""
        first = single.task("held", b"first")
        single.start(first, by=9_999)
        single.wait(lambda: single.watched.most == 1)
        dues = {b"late": (40, False), b"hurried": (50, False), b"bound": (60, True), b"early": (30, False)}
        tasks = {data: single.task("echo", data) for data in dues}
        for data, (by, bound) in dues.items():
            assert single.start(tasks[data], by=by, bound=bound) is None
        assert single.start(tasks[b"hurried"], by=35) is None
        single.sandbox.let_go()
        single.wait(lambda: not single.executor.busy)
        order = [trace.input for trace in single.sandbox.traces()]
        assert order == [b"first", b"bound", b"early", b"hurried", b"late"]

    def test_an_answer_is_given_once(self, single: Bench) -> None:
        """Asking again begins anew."""
        task = single.task("echo", b"x")
        assert single.answer(task) == single.answer(task) == echoed(b"x")
        assert len(single.sandbox.traces()) == 2

    def test_what_is_forgotten_does_not_run(self, single: Bench) -> None:
        """A task that is over frees its place in the line."""
        first, unneeded = single.task("held", b"first"), single.task("echo", b"unneeded")
        last = single.task("echo", b"last")
        for task in (first, unneeded, last):
            single.start(task)
        single.executor.forget(unneeded.task_id)
        single.executor.forget(unneeded.task_id)
        single.sandbox.let_go()
        assert single.answer(last) == echoed(b"last")
        assert [trace.input for trace in single.sandbox.traces()] == [b"first", b"last"]

    def test_trouble_may_pass(self, bench: Bench) -> None:
        """What a sandbox raises for its host's sake comes back as it was raised."""
        found = bench.answer(bench.task("trouble"))
        assert found == Abstention("the host is out of memory; free some", passing=True)

    def test_unserved_stays_unserved(self, bench: Bench) -> None:
        """Another engine where the programs run is no passing trouble."""
        found = bench.answer(bench.task("unserved"))
        assert found == Abstention("another engine is installed; install the right one")

    def test_a_fault_costs_one_answer(self, bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
        """Even an error that cannot be pickled is told by name and with its trace; the pool works on."""
        found = bench.answer(bench.task("fault"))
        assert isinstance(found, Abstention)
        assert "Stubborn" in found.reason
        assert not found.passing
        assert "in _fault" in caplog.text
        assert bench.answer(bench.task("echo", b"after")) == echoed(b"after")

    def test_results_that_cannot_be_sent(self, bench: Bench) -> None:
        """They are refused wherever they were made; the pool works on."""
        found = bench.answer(bench.task("garbage", b"x"))
        assert isinstance(found, Abstention)
        assert "no whole Run" in found.reason
        assert bench.answer(bench.task("echo", b"after")) == echoed(b"after")

    def test_large_files_arrive_whole(self, bench: Bench) -> None:
        """As much data as a program may have, each file of another size."""
        sizes = {f"f{number}": 2**20 - number for number in range(4)}
        cids = {name: bench.content.put(bytes(size)) for name, size in sizes.items()}
        block = "".join(f'# {name} = "{cid}"\n' for name, cid in cids.items())
        for name, size in sizes.items():
            found = bench.answer(bench.task(f"count {name}", files=block))
            assert found == Outcome(Status.OK, FUEL, size.to_bytes(32, "big")).encode()

    def test_nothing_happens_after_closing(self, bench: Bench) -> None:
        """What waits is not begun, what runs is ended or ends, and closing again is no error."""
        tasks = [bench.task("slow 0.3", bytes([number])) for number in range(12)]
        for task in tasks:
            bench.start(task)
        bench.wait(lambda: bench.watched.most > 1)
        bench.executor.close()
        assert not bench.executor.busy
        time.sleep(0.7)
        assert len(bench.sandbox.traces()) <= self._runs_at_close()
        bench.executor.close()

    def _runs_at_close(self) -> int:
        """Most runs that were begun by then, and may end."""
        return 2


class SurvivorConformance(ExecutorConformance):
    """The same, for pools in which a process that dies is replaced and its run is made again."""

    def test_a_killed_process_costs_nothing(self, bench: Bench) -> None:
        """Its run is made again, and the other one's never knew."""
        tasks = {bytes([number]): "die-once" if number % 5 == 0 else "echo" for number in range(20)}
        started = [bench.task(words, data) for data, words in tasks.items()]
        for task in started:
            bench.start(task)
        assert [bench.answer(task) for task in started] == [echoed(data) for data in tasks]
        bench.check_bounds()

    def test_a_program_that_always_kills_its_process(self, bench: Bench) -> None:
        """It is given up after a few tries; what runs beside it is answered."""
        deadly, others = bench.task("die"), [bench.task("slow 0.05", bytes([n])) for n in range(6)]
        for task in (deadly, *others):
            bench.start(task)
        assert [bench.answer(task) for task in others] == [echoed(bytes([n])) for n in range(6)]
        found = bench.answer(deadly)
        assert isinstance(found, Abstention)
        assert found.passing
        assert bench.answer(bench.task("echo", b"after")) == echoed(b"after")
