"""Stand-ins for a node's parts: a sandbox that answers at once, a pool without threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

from chainboy.consensus.outcome import Outcome, Status
from chainboy.sandbox.protocol import Job, Run
from chainboy.units import Fuel

P = ParamSpec("P")
T = TypeVar("T")

FAKE_RUNTIME = "fake:1"
"""The runtime that :class:`FakeSandbox` serves."""


def echo(job: Job) -> Outcome:
    """The input as the result, for one unit of fuel a byte."""
    return Outcome(Status.OK, Fuel(len(job.input)), job.input)


class FakeSandbox:
    """Runs no program: ``answer`` says what comes out of a job, or raises what a sandbox may raise.

    It keeps the jobs it was given.
    """

    def __init__(self, answer: Callable[[Job], Outcome] = echo) -> None:
        self.answer = answer
        self.jobs: list[Job] = []

    def serves(self, runtime: str) -> bool:
        """Only ``fake:1``."""
        return runtime == FAKE_RUNTIME

    def run(self, job: Job) -> Run:
        """The answer, in no time."""
        self.jobs.append(job)
        return Run(outcome=self.answer(job))


def fake_program(text: str = "") -> bytes:
    """A program file for :class:`FakeSandbox`, with ``text`` as its body."""
    return f'# /// chainboy\n# runtime = "{FAKE_RUNTIME}"\n# ///\n{text}\n'.encode()


class InlinePool(Executor):
    """An executor that works in the caller's thread: a step of a node then ends with the answer."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call ``fn`` now."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - the future's to raise
            future.set_exception(error)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Nothing runs."""

    def __repr__(self) -> str:
        return "InlinePool()"


