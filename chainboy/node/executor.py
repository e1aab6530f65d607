"""Runs programs: from a request to an outcome that may be committed, or the reason to abstain.

What a run needs is fetched in threads of this process; the run itself, a function of values, goes to a pool.
Rule: protocol, section 6 "Outcome" and "Modes": no valid outcome, no commitment.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Future
from functools import partial

import attrs

from chainboy.cid import Cid
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode
from chainboy.consensus.tally import word_of
from chainboy.content.store import ContentStore
from chainboy.errors import (
    ChainBoyError,
    ContentMismatch,
    ContentNotFound,
    ContentUnavailable,
    EncodingError,
    ProgramError,
    RuntimeNotServed,
    SandboxError,
    SandboxFault,
    SourceUnavailable,
)
from chainboy.node.budget import Due, Load, Pace, overload
from chainboy.node.home import Abstention, Answer
from chainboy.node.line import Line, Place
from chainboy.node.rows import Task
from chainboy.node.salts import Secrets
from chainboy.pool.pool import Pool, threads
from chainboy.pool.portable import Portable
from chainboy.pool.running import run
from chainboy.programs.metadata import Metadata, parse
from chainboy.sandbox.protocol import Job, Run, Sandbox
from chainboy.sources.reading import SourceReader
from chainboy.sources.transcript import Transcript
from chainboy.units import Digest, Fuel, TaskId, Timestamp

_log = logging.getLogger(__name__)

_PASSING = (ContentNotFound, ContentMismatch, ContentUnavailable, SandboxError, SourceUnavailable)


@attrs.define
class _Work:
    """A task that was taken on: its place in the line, and its run once that is in the pool."""

    task: Task
    place: Place[Answer] = attrs.field(init=False)
    run: Future[Run] | None = None
    given_up: bool = False

    def give_up(self) -> None:
        """Begin nothing more for it."""
        self.given_up = True
        self.place.future.cancel()
        if self.run is not None:
            self.run.cancel()


class ProgramExecutor:
    """Solves tasks, the most urgent first; sandboxes are asked in order whether they serve a runtime.

    No more than the pool's slots are prepared or in the pool at once; the pool is ended with this. By default
    it is one of threads. ``sources`` reads what programs declare, and without it they are not served;
    ``keep`` is told what was read for which task.
    """

    def __init__(
        self,
        content: ContentStore,
        sandboxes: Sequence[Sandbox],
        secrets: Secrets,
        *,
        pool: Pool | None = None,
        sources: SourceReader | None = None,
        keep: Callable[[TaskId, Transcript], None] = lambda _task_id, _transcript: None,
    ) -> None:
        self._content = content
        self._sandboxes = tuple(map(Portable, sandboxes))
        self._secrets = secrets
        self._sources = sources
        self._keep = keep
        self._listeners: tuple[Callable[[Task, Run], None], ...] = ()
        self._pool = pool or threads()
        self._line: Line[Answer] = Line(self._pool.slots)
        self._works: dict[TaskId, _Work] = {}
        self._pace = Pace()

    def refusal(self, task: Task, due: Due, now: Timestamp) -> str | None:
        """Why there is no time for this task besides those taken on; a random number takes none."""
        if task.params.mode is Mode.RANDOM:
            return None
        taken = [self._load(work.task, work.place.due, work.place.started) for work in self._unfinished()]
        new = self._load(task, due, started=False)
        return overload(taken, new, workers=self._pool.workers, now=now)

    def longest(self, task: Task) -> float:
        """The most seconds that the task's run can take, at this node's own pace."""
        if task.params.mode is Mode.RANDOM:
            return 0.0
        return self._pace.milliseconds(task.params.fuel_limit) / 1_000

    def solve(self, task: Task, due: Due) -> Answer | None:
        """The answer once it is there; the first call takes the task on, the one that gets it ends it."""
        if task.params.mode is Mode.RANDOM:
            return self.answer(task)
        work = self._works.get(task.task_id)
        if work is None:
            work = self._works[task.task_id] = _Work(task)
            work.place = self._line.join(partial(self._answer, work), due)
        self._line.hurry(work.place, due)
        if not work.place.future.done():
            return None
        del self._works[task.task_id]
        return work.place.future.result()

    def forget(self, task_id: TaskId) -> None:
        """Start no work for this task that has not started."""
        work = self._works.pop(task_id, None)
        if work is not None:
            work.give_up()

    def on_run(self, listener: Callable[[Task, Run], None]) -> None:
        """Tell ``listener`` of every run from now on, in the thread that waited for it."""
        self._listeners = (*self._listeners, listener)

    @property
    def busy(self) -> bool:
        """Some run is waited for."""
        return any(self._unfinished())

    @property
    def workers(self) -> int:
        """Programs that run at the same time."""
        return self._pool.workers

    @property
    def load(self) -> tuple[int, int]:
        """How many unfinished tasks have begun, with the fetching of their data, and how many wait."""
        begun = [work.place.started for work in self._unfinished()]
        return sum(begun), len(begun) - sum(begun)

    def close(self) -> None:
        """Start nothing more; end what can be ended and wait for the rest."""
        for work in self._works.values():
            work.give_up()
        self._pool.executor.shutdown(cancel_futures=True)
        self._line.close()

    def answer(self, task: Task) -> Answer:
        """Find the outcome now, and wait for it in this thread."""
        return self._answer(_Work(task))

    def _answer(self, work: _Work) -> Answer:
        task = work.task
        try:
            data = self._outcome(work).encode()
            word_of(task.params.mode, data)
        except Exception as error:  # noqa: BLE001 - a bug must cost one answer, not the node
            return _abstention(task.task_id, error)
        return data

    def _outcome(self, work: _Work) -> Outcome:
        task = work.task
        if task.params.mode is Mode.RANDOM:
            return Outcome(Status.OK, Fuel(0), self._secrets.contribution(task.task_id))
        sandbox, job = self._prepared(task)
        if work.given_up:
            raise CancelledError
        work.run = self._pool.executor.submit(run, sandbox, job)
        done = work.run.result()
        self._pace.add(done.outcome.fuel, done.seconds)
        for listener in self._listeners:
            listener(task, done)
        return done.outcome

    def _prepared(self, task: Task) -> tuple[Sandbox, Job]:
        """Which sandbox is to run what: program and data files, each checked against its name."""
        source = self._content.get(Cid(Digest(task.request.program)))
        metadata = parse(source)
        sandbox = self._sandbox(metadata)
        values = self._values(task, metadata) if metadata.sources else {}
        files = {name: self._content.get(cid) for name, cid in metadata.files.items()}
        job = Job(
            program=source,
            input=task.input,
            fuel_limit=task.params.fuel_limit,
            files=files,
            values=values,
        )
        return sandbox, job

    def _values(self, task: Task, metadata: Metadata) -> Mapping[str, int]:
        if self._sources is None:
            raise ProgramError("the program asks for HTTP sources, which this node does not fetch")
        reading = self._sources.read(metadata, task.input)
        self._keep(task.task_id, reading.transcript)
        return reading.complete()

    def _sandbox(self, metadata: Metadata) -> Sandbox:
        for sandbox in self._sandboxes:
            if sandbox.serves(metadata.runtime):
                return sandbox
        raise RuntimeNotServed(f"runtime {metadata.runtime!r} is not served here")

    def _unfinished(self) -> list[_Work]:
        return [work for work in self._works.values() if not work.place.future.done()]

    def _load(self, task: Task, due: Due, started: bool) -> Load:
        return Load(due=due, milliseconds=self._pace.milliseconds(task.params.fuel_limit), started=started)


def _abstention(task_id: TaskId, error: Exception) -> Abstention:
    """What an error means for the answer; faults of code are told in the log, too."""
    match error:
        case RuntimeNotServed() | ProgramError() | EncodingError():
            return Abstention(str(error))
        case _ if isinstance(error, _PASSING):
            return Abstention(str(error), passing=True)
        case CancelledError() | BrokenExecutor():
            return Abstention(f"the pool gave the run up ({type(error).__name__})", passing=True)
        case SandboxFault():
            _log.error("task 0x%s: %s\n%s", task_id.hex(), error, error.trace)
            return Abstention(str(error))
        case ChainBoyError():
            return Abstention(f"{type(error).__name__}: {error}")
    _log.error("task 0x%s: running the program failed in our own code", task_id.hex(), exc_info=error)
    return Abstention(f"our own code failed with {type(error).__name__}; see the log")
