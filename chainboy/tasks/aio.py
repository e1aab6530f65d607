"""The client for programs built on asyncio, derived from the blocking one: every call runs in a thread."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from chainboy.consensus.params import Params
from chainboy.consensus.request import Request
from chainboy.tasks.client import TaskClient
from chainboy.tasks.result import Result
from chainboy.tasks.task import TIMEOUT, Task
from chainboy.tasks.waiting import Waiting
from chainboy.units import Address, TaskId

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")

Awaited = Coroutine[Any, Any, R]


def _awaited(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[Any, P], Awaited[R]]:
    """``method`` of the blocking object behind ``self.sync``, run in a thread."""

    @functools.wraps(method)
    async def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.to_thread(method, self.sync, *args, **kwargs)

    return call


def _awaited_task(
    method: Callable[Concatenate[S, P], Task],
) -> Callable[Concatenate[Any, P], Awaited[AsyncTask]]:
    """The same for a method that gives a task."""

    @functools.wraps(method)
    async def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> AsyncTask:
        return AsyncTask(await asyncio.to_thread(method, self.sync, *args, **kwargs))

    return call


class AsyncTask:
    """A :class:`~chainboy.tasks.Task` whose methods are awaited; ``sync`` is the task itself."""

    def __init__(self, sync: Task) -> None:
        self.sync = sync

    def __repr__(self) -> str:
        return repr(self.sync)

    @property
    def id(self) -> TaskId:
        """The task's name."""
        return self.sync.id

    @property
    def request(self) -> Request:
        """The request as the gateway took it."""
        return self.sync.request

    @property
    def params(self) -> Params:
        """The rules it is tallied under."""
        return self.sync.params

    async def result(self, timeout: float = TIMEOUT, *, delivered: bool = False) -> Result:  # noqa: ASYNC109
        """See :meth:`Task.result`; cancelling ends the wait at once."""
        return await _driven(self.sync.waiting(timeout, delivered=delivered))

    status = _awaited(Task.status)
    poll = _awaited(Task.poll)
    deliver = _awaited(Task.deliver)
    retry = _awaited(Task.retry)
    refund = _awaited(Task.refund)
    proof = _awaited(Task.proof)


class AsyncTaskClient:
    """A :class:`~chainboy.tasks.TaskClient` whose methods are awaited; ``sync`` is the client itself.

    Cancelling an await leaves its thread to finish the one call it is in: a request that was signed is
    still sent. Give ``submit`` an idempotency key to find it again.
    """

    def __init__(self, sync: TaskClient) -> None:
        self.sync = sync

    @property
    def address(self) -> Address:
        """The account that asks and pays."""
        return self.sync.address

    async def tasks(
        self, requester: Address | None = None, *, since: int = 0, limit: int | None = None
    ) -> list[AsyncTask]:
        """See :meth:`TaskClient.tasks`."""
        found = await asyncio.to_thread(self.sync.tasks, requester, since=since, limit=limit)
        return [AsyncTask(task) for task in found]

    submit = _awaited_task(TaskClient.submit)
    random = _awaited_task(TaskClient.random)
    task = _awaited_task(TaskClient.task)
    dry_run = _awaited(TaskClient.dry_run)
    estimate = _awaited(TaskClient.estimate)
    credit = _awaited(TaskClient.credit)
    withdraw = _awaited(TaskClient.withdraw)


async def _driven(waiting: Waiting[R]) -> R:
    """Drive ``waiting``: look in a thread, pause in the event loop."""
    while True:
        pause, found = await asyncio.to_thread(_step, waiting)
        if pause is None:
            return found  # type: ignore[return-value]
        await asyncio.sleep(pause)


def _step(waiting: Waiting[R]) -> tuple[float | None, R | None]:
    """One look: how long to pause, or None and what was found. A thread cannot hand StopIteration on."""
    try:
        return next(waiting), None
    except StopIteration as done:
        return None, done.value
