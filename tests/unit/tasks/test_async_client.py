"""The asynchronous client: the same calls, awaited, and nothing of its own."""

from __future__ import annotations

import asyncio
import inspect

import pytest
from eth_abi import encode
from fake_network import FakeNetwork, returning

from chainboy.contracts.gateway import TaskState
from chainboy.errors import InputError, TaskPending
from chainboy.programs import Program
from chainboy.tasks import AsyncTask, AsyncTaskClient, Status, Task, TaskClient

ANSWER = returning(encode(["uint256"], [42]))


def test_a_whole_task(client: TaskClient, network: FakeNetwork, program: Program) -> None:
    """Submit, look, wait, deliver, prove, find again."""

    async def use() -> None:
        awaited = AsyncTaskClient(client)
        task = await awaited.submit(program, n=5, price=1_000)
        assert await task.status() is Status.REQUESTED
        assert await task.poll() is None
        waiting = asyncio.create_task(task.result(timeout=60))
        await asyncio.sleep(0.05)
        network.finalize(task.sync, [ANSWER] * 3)
        result = await waiting
        assert (result.value, result.task_id, repr(task)) == (42, task.id, repr(task.sync))
        assert await task.deliver() is not None
        (await task.proof()).verify()
        found = [await awaited.task(task.id), *(await awaited.tasks(limit=1))]
        assert [(each.id, each.request, each.params) for each in found] == 2 * [
            (task.id, task.request, task.params)
        ]
        random = await awaited.random(price=1)
        network.settle(random.sync, TaskState.REFUNDED)
        assert await random.refund() is None
        assert (await awaited.dry_run(program, 5)).value == 7
        assert (await awaited.estimate(program, 5)).fuel == 1_000
        assert await awaited.credit() == 77
        await awaited.withdraw()
        assert awaited.address == client.address

    asyncio.run(use())


def test_errors_come_through(client: TaskClient, program: Program) -> None:
    """What a blocking call raises, the awaited one raises."""

    async def use() -> None:
        awaited = AsyncTaskClient(client)
        with pytest.raises(InputError):
            await awaited.submit(program, price=1)
        task = await awaited.submit(program, 5, price=1)
        with pytest.raises(TaskPending):
            await task.result(timeout=0)

    asyncio.run(use())


def test_waiting_can_be_cancelled(client: TaskClient, program: Program) -> None:
    """Cancelling the wait ends it at once, and the event loop runs meanwhile."""

    async def use() -> None:
        task = await AsyncTaskClient(client).submit(program, 5, price=1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(task.result(timeout=3_600), timeout=0.1)

    asyncio.run(use())


@pytest.mark.parametrize(("awaited", "blocking"), [(AsyncTaskClient, TaskClient), (AsyncTask, Task)])
def test_nothing_is_missing(awaited: type, blocking: type) -> None:
    """Every public method of the blocking class can be awaited, with the same parameters."""
    for name, method in inspect.getmembers(blocking, inspect.isfunction):
        if name.startswith("_") or name == "waiting":
            continue
        twin = getattr(awaited, name)
        assert inspect.iscoroutinefunction(twin), name
        assert list(inspect.signature(twin).parameters) == list(inspect.signature(method).parameters), name
