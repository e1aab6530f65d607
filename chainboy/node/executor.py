"""Runs programs: from a request to an outcome that may be committed, or the reason to abstain.

Rule: protocol, section 6 "Outcome" and "Modes": no valid outcome, no commitment.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor

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
    SourceUnavailable,
)
from chainboy.node.home import Abstention, Answer
from chainboy.node.rows import Task
from chainboy.node.salts import Secrets
from chainboy.programs.metadata import Metadata, parse
from chainboy.sandbox.protocol import Job, Sandbox
from chainboy.sources.reading import SourceReader
from chainboy.sources.transcript import Transcript
from chainboy.units import Digest, Fuel, TaskId

_log = logging.getLogger(__name__)

_PASSING = (ContentNotFound, ContentMismatch, ContentUnavailable, SandboxError, SourceUnavailable)


class ProgramExecutor:
    """Solves tasks in a pool, a future each; sandboxes are asked in order whether they serve a runtime.

    The default pool has ``workers`` threads: a sandbox in WebAssembly or in a process of its own lets the
    interpreter's lock go while it runs. ``sources`` reads what programs declare, and without it they are not
    served; ``keep`` is told what was read for which task.
    """

    def __init__(
        self,
        content: ContentStore,
        sandboxes: Sequence[Sandbox],
        secrets: Secrets,
        *,
        workers: int = 2,
        pool: Executor | None = None,
        sources: SourceReader | None = None,
        keep: Callable[[TaskId, Transcript], None] = lambda _task_id, _transcript: None,
    ) -> None:
        self._content = content
        self._sandboxes = tuple(sandboxes)
        self._secrets = secrets
        self._sources = sources
        self._keep = keep
        self._pool = pool or ThreadPoolExecutor(workers, thread_name_prefix="chainboy-run")
        self._running: dict[TaskId, Future[Answer]] = {}

    def solve(self, task: Task) -> Answer | None:
        """The answer once it is there; the first call starts the work, the one that gets it ends it."""
        future = self._running.get(task.task_id)
        if future is None:
            future = self._running[task.task_id] = self._pool.submit(self.answer, task)
        if not future.done():
            return None
        del self._running[task.task_id]
        return future.result()

    def forget(self, task_id: TaskId) -> None:
        """Start no work for this task that has not started."""
        future = self._running.pop(task_id, None)
        if future is not None:
            future.cancel()

    @property
    def busy(self) -> bool:
        """Some run is waited for."""
        return any(not future.done() for future in self._running.values())

    def close(self) -> None:
        """Wait for what runs, start nothing more."""
        self._pool.shutdown(cancel_futures=True)

    def answer(self, task: Task) -> Answer:
        """Find the outcome now, in this thread."""
        try:
            outcome = self._outcome(task)
            data = outcome.encode()
            word_of(task.params.mode, data)
        except _PASSING as error:
            permanent = isinstance(error, RuntimeNotServed)
            return Abstention(str(error), passing=not permanent)
        except (ProgramError, EncodingError) as error:
            return Abstention(str(error))
        except ChainBoyError as error:
            return Abstention(f"{type(error).__name__}: {error}")
        except Exception as error:  # noqa: BLE001 - a bug must cost one answer, not the node
            _log.exception("task 0x%s: running the program failed in our own code", task.task_id.hex())
            return Abstention(f"our own code failed with {type(error).__name__}; see the log")
        return data

    def _outcome(self, task: Task) -> Outcome:
        if task.params.mode is Mode.RANDOM:
            return Outcome(Status.OK, Fuel(0), self._secrets.contribution(task.task_id))
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
        return sandbox.run(job).outcome

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
