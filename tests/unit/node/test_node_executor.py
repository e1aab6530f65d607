"""The executor: every way to an outcome that may be committed, and every reason to abstain."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Future, ThreadPoolExecutor
from typing import Any

import pytest

from chainboy.cid import Cid
from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import ZERO_HASH, to_address
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.request import Request
from chainboy.content.memory import MemoryStore
from chainboy.errors import (
    ChainError,
    ContentMismatch,
    ContentNotFound,
    ContentUnavailable,
    ProgramError,
    SandboxError,
)
from chainboy.node.budget import Due
from chainboy.node.executor import ProgramExecutor
from chainboy.node.home import Abstention
from chainboy.node.rows import Task
from chainboy.node.salts import Secrets
from chainboy.pool import Pool, threads
from chainboy.programs.metadata import Metadata
from chainboy.sandbox.protocol import Job
from chainboy.sources import Entry, Reading
from chainboy.testing.node_fakes import FakeSandbox, InlinePool, fake_program

WORD = (5).to_bytes(32, "big")


DUE = Due(by=1_500)


class Key:
    """A signer's secret part."""

    def derive(self, label: bytes) -> bytes:
        """Any function of the label will do."""
        return keccak(b"key" + label)


SECRETS = Secrets(deriver=Key(), home_chain_id=5, hub=to_address(b"\1" * 20))


def task_of(program: bytes, data: bytes = WORD, mode: Mode = Mode.EXACT) -> Task:
    """A task for the program of this digest."""
    params = Params(
        mode=mode, commit_window=5, fuel_limit=0 if mode is Mode.RANDOM else 1_000, expires_at=2_000
    )
    request = Request(
        chain_id=5,
        gateway=to_address(b"\3" * 20),
        requester=to_address(b"\4" * 20),
        nonce=0,
        program=ZERO_HASH if mode is Mode.RANDOM else program,
        input_hash=keccak(data),
        price=1,
        tip=0,
        callback_gas=0,
        requested_at=1_000,
        params=params.pack(),
    )
    return Task(request=request, input=data, block=1)


def answer(
    source: bytes | None = None,
    *,
    sandbox: FakeSandbox | None = None,
    mode: Mode = Mode.EXACT,
    content: Any = None,
) -> bytes | Abstention:
    """What an executor makes of a program."""
    source = fake_program() if source is None else source
    store = content or MemoryStore()
    if content is None:
        store.put(source)
    executor = ProgramExecutor(store, [sandbox or FakeSandbox()], SECRETS, pool=Pool(executor=InlinePool()))
    return executor.answer(task_of(Cid.of(source).digest, mode=mode))


def saying(outcome: Outcome) -> FakeSandbox:
    """A sandbox in which every program comes to this outcome."""
    return FakeSandbox(lambda _job: outcome)


def test_outcome_is_the_sandbox_s() -> None:
    """The encoded outcome, with its fuel."""
    assert answer() == Outcome(Status.OK, 32, WORD).encode()


def test_job_has_all_that_decides() -> None:
    """Program, input, fuel limit and data files reach the sandbox as they were named."""
    store, sandbox = MemoryStore(), FakeSandbox()
    data = store.put(b"data")
    source = f'# /// chainboy\n# runtime = "fake:1"\n# [files]\n# rates = "{data}"\n# ///\n'.encode()
    cid = store.put(source)
    ProgramExecutor(store, [sandbox], SECRETS, pool=Pool(executor=InlinePool())).answer(task_of(cid.digest))
    assert sandbox.jobs == [Job(program=source, input=WORD, fuel_limit=1_000, files={"rates": b"data"})]


def test_failures_of_programs_are_outcomes() -> None:
    """A program that raises or runs out of fuel has an outcome like any other."""
    for outcome in (Outcome(Status.RAISED, 9, b"KeyError"), Outcome(Status.OUT_OF_FUEL, 1_000, b"")):
        assert answer(sandbox=saying(outcome)) == outcome.encode()


def test_random_runs_nothing() -> None:
    """A contribution of our own, without a sandbox."""
    sandbox = FakeSandbox()
    task = task_of(ZERO_HASH, mode=Mode.RANDOM)
    found = ProgramExecutor(MemoryStore(), [sandbox], SECRETS, pool=Pool(executor=InlinePool())).answer(task)
    assert found == Outcome(Status.OK, 0, SECRETS.contribution(task.task_id)).encode()
    assert sandbox.jobs == []


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Status.RAISED, 9, b"KeyError"),
        Outcome(Status.OK, 9, b""),
        Outcome(Status.OK, 9, bytes(64)),
        Outcome(Status.OK, 9, (2**200 + 1).to_bytes(32, "big")),
    ],
)
def test_median_without_one_int256_is_not_committed(outcome: Outcome) -> None:
    """No valid outcome, no commitment: such a reveal could never be taken."""
    found = answer(sandbox=saying(outcome), mode=Mode.MEDIAN)
    assert isinstance(found, Abstention)
    assert not found.passing


def test_median_accepts_the_bounds() -> None:
    """Both ends of the range are answers."""
    for value in (2**200, -(2**200)):
        outcome = Outcome(Status.OK, 9, value.to_bytes(32, "big", signed=True))
        assert answer(sandbox=saying(outcome), mode=Mode.MEDIAN) == outcome.encode()


def test_oversized_outcome_is_not_committed() -> None:
    """A sandbox that let one pass does not get the node slashed."""
    found = answer(sandbox=saying(Outcome(Status.OK, 9, bytes(2_000))))
    assert isinstance(found, Abstention)
    assert "1024" in found.reason


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"print('no block')", "chainboy"),
        (b'# /// chainboy\n# runtime = "other:1"\n# ///\n', "'other:1' is not served"),
        (b'# /// chainboy\n# runtime = "fake:1"\n# surprise = "x"\n# ///\n', "surprise"),
        (
            b'# /// chainboy\n# runtime = "fake:1"\n# [sources.a]\n# url = "http://a/"\n# pick = "$"\n# ///',
            "HTTP sources",
        ),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_unserved_programs_are_abstained_from_for_good(source: bytes, reason: str) -> None:
    """What cannot change is not tried again, and the reason is told."""
    found = answer(source)
    assert isinstance(found, Abstention)
    assert reason in found.reason
    assert not found.passing


WITH_SOURCE = (
    b'# /// chainboy\n# runtime = "fake:1"\n# [sources.spot]\n# url = "https://a/"\n# pick = "$"\n# ///\n'
)
SEEN = (Entry(name="spot", url="https://a/", at=1, seconds=0.5, value=7),)


class Reader:
    """Reads one thing, or fails in its own way."""

    def __init__(self, found: Reading | ProgramError) -> None:
        self.found = found
        self.asked: list[tuple[Metadata, bytes]] = []

    def read(self, metadata: Metadata, data: bytes) -> Reading:
        """What was given."""
        self.asked.append((metadata, data))
        if isinstance(self.found, ProgramError):
            raise self.found
        return self.found


def reading(found: Reading | ProgramError, sandbox: FakeSandbox) -> tuple[bytes | Abstention, list[Any]]:
    """What an executor with this reader makes of a program with a source, and what it kept."""
    store, kept = MemoryStore(), list[Any]()
    cid, reader = store.put(WITH_SOURCE), Reader(found)
    executor = ProgramExecutor(
        store,
        [sandbox],
        SECRETS,
        pool=Pool(executor=InlinePool()),
        sources=reader,
        keep=lambda *seen: kept.append(seen),
    )
    task = task_of(cid.digest)
    found_answer = executor.answer(task)
    assert [data for _, data in reader.asked] == [WORD]
    assert all(task_id == task.task_id for task_id, _ in kept)
    return found_answer, [transcript for _, transcript in kept]


def test_sources_are_read_before_the_run() -> None:
    """The program gets the values, the journal the transcript."""
    sandbox = FakeSandbox()
    found, kept = reading(Reading(values={"spot": 7}, transcript=SEEN), sandbox)
    assert isinstance(found, bytes)
    assert [job.values for job in sandbox.jobs] == [{"spot": 7}]
    assert kept == [SEEN]


def test_a_source_that_fails_may_come_back() -> None:
    """Nothing is run, the node abstains for now, and what it saw is kept all the same."""
    sandbox = FakeSandbox()
    found, kept = reading(Reading(values={}, transcript=SEEN, failures=("it is down",)), sandbox)
    assert found == Abstention("it is down", passing=True)
    assert (sandbox.jobs, kept) == ([], [SEEN])


def test_a_declaration_nobody_can_read() -> None:
    """Trying again cannot help."""
    sandbox = FakeSandbox()
    found, kept = reading(ProgramError("no usable url"), sandbox)
    assert found == Abstention("no usable url")
    assert (sandbox.jobs, kept) == ([], [])


@pytest.mark.parametrize("error", [ContentNotFound, ContentMismatch, ContentUnavailable])
def test_missing_content_may_come(error: type[Exception]) -> None:
    """A store that has nothing, other bytes, or fails, may have it later."""

    class Store(MemoryStore):
        def get(self, cid: Cid) -> bytes:
            raise error(f"{cid} is not there")

    found = answer(content=Store())
    assert isinstance(found, Abstention)
    assert found.passing


def raising(error: Exception) -> Callable[[Job], Outcome]:
    """A sandbox's answer that is none."""

    def fail(_job: Job) -> Outcome:
        raise error

    return fail


def test_host_trouble_may_pass() -> None:
    """A wall-clock limit or host memory says nothing about the program."""
    found = answer(sandbox=FakeSandbox(raising(SandboxError("300 s are over"))))
    assert found == Abstention("300 s are over", passing=True)


def test_a_bug_costs_one_answer(caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected exception is logged whole and becomes an abstention."""
    found = answer(sandbox=FakeSandbox(raising(ZeroDivisionError("bug"))))
    assert isinstance(found, Abstention)
    assert "ZeroDivisionError" in found.reason
    assert "Traceback" in caplog.text


def test_runs_in_the_background() -> None:
    """While a program runs there is no answer; then it is given once."""
    gate = threading.Event()

    def slow(job: Job) -> Outcome:
        gate.wait(5)
        return Outcome(Status.OK, 1, job.input)

    store = MemoryStore()
    cid = store.put(fake_program())
    with ThreadPoolExecutor(1) as pool:
        executor = ProgramExecutor(store, [FakeSandbox(slow)], SECRETS, pool=Pool(executor=pool))
        task = task_of(cid.digest)
        assert executor.solve(task, DUE) is None
        assert executor.busy
        gate.set()
        executor._works[task.task_id].place.future.result(5)
        assert not executor.busy
        assert executor.solve(task, DUE) == Outcome(Status.OK, 1, WORD).encode()


def test_forgotten_work_is_not_started() -> None:
    """A task that is over frees its place in the queue."""
    gate, store = threading.Event(), MemoryStore()
    cid = store.put(fake_program())

    def slow(job: Job) -> Outcome:
        gate.wait(5)
        return Outcome(Status.OK, 1, job.input)

    sandbox = FakeSandbox(slow)
    executor = ProgramExecutor(store, [sandbox], SECRETS, pool=threads(1, 0))
    first, second = task_of(cid.digest), task_of(cid.digest, b"x" * 32)
    executor.solve(first, DUE)
    executor.solve(second, DUE)
    executor.forget(second.task_id)
    gate.set()
    executor.close()
    assert [job.input for job in sandbox.jobs] == [WORD]


@pytest.mark.parametrize(
    ("error", "reason", "passing"),
    [
        (ChainError("the endpoint is away"), "ChainError: the endpoint is away", False),
        (ZeroDivisionError("bug"), "our own code failed with ZeroDivisionError; see the log", False),
    ],
)
def test_whatever_a_store_raises(error: Exception, reason: str, passing: bool) -> None:
    """It costs one answer."""

    class Store(MemoryStore):
        def get(self, cid: Cid) -> bytes:
            del cid
            raise error

    assert answer(content=Store()) == Abstention(reason, passing=passing)


@pytest.mark.parametrize("error", [CancelledError(), BrokenExecutor("a process died")])
def test_a_pool_that_gives_up(error: Exception) -> None:
    """Somebody else's executor may break, or cancel: the run may be tried again."""

    class Broken(InlinePool):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            del fn, args, kwargs
            future: Future[Any] = Future()
            future.set_exception(error)
            return future

    store = MemoryStore()
    task = task_of(store.put(fake_program()).digest)
    found = ProgramExecutor(store, [FakeSandbox()], SECRETS, pool=Pool(executor=Broken())).answer(task)
    assert found == Abstention(f"the pool gave the run up ({type(error).__name__})", passing=True)
