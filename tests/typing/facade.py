"""Checked by mypy in strict mode, never run: the facade's names have their types, others are errors."""

from __future__ import annotations

from typing import assert_type

import chainboy
from chainboy import (
    AsyncTaskClient,
    ChainBoyError,
    Cid,
    Program,
    Result,
    Task,
    TaskClient,
    files,
    program,
    values,
)
from chainboy.abi import uint256
from chainboy.tasks import AsyncTask, Estimate, Status


@program
def double(n: uint256) -> uint256:
    """A program by the facade's decorator alone."""
    return 2 * n + len(files["data"]) + len(values)


def ask(client: TaskClient) -> Result:
    """The blocking client."""
    task = client.submit(double, 21, price=10**16)
    assert_type(task, Task)
    assert_type(task.status(), Status)
    assert_type(client.estimate(double, 21), Estimate)
    return task.result(timeout=60)


async def ask_async(client: AsyncTaskClient) -> Result:
    """The same, awaited."""
    task = await client.submit(double, 21, price=10**16)
    assert_type(task, AsyncTask)
    return await task.result()


def name(source: bytes) -> Cid:
    """Programs and their names."""
    try:
        return Program(source).cid
    except ChainBoyError:
        return Cid.of(source)


assert_type(double(21), int)
_ = chainboy.programm  # type: ignore[attr-defined]
