"""Ratios of pools: many small tasks through a node's executor, and what 10,000 of them leave in memory."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from computing import TRIVIAL
from paired import Ratio, paired

from chainboy.chain.signer import KeySigner
from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import to_address
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.request import Request
from chainboy.content.memory import MemoryStore
from chainboy.node.budget import Due
from chainboy.node.executor import ProgramExecutor
from chainboy.node.rows import Task
from chainboy.node.salts import Secrets
from chainboy.pool import Pool, ProcessPool, threads
from chainboy.sandbox.protocol import Job
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.units import Fuel, Timestamp, Wei

SMALL = 500
"""Tasks whose throughput is measured."""

BATCH, BATCHES = 1_000, 10
"""Tasks between two looks at the memory, and how many looks."""

FUEL = Fuel(10**9)
HUB = to_address(b"\1" * 20)
DUE = Due(by=Timestamp(1))
WORD = 32


def throughput() -> Iterator[Ratio]:
    """Small tasks through an executor with two workers, against one run after the other in a bare loop."""
    box = WasmSandbox()
    jobs = [Job(program=TRIVIAL, input=n.to_bytes(WORD, "big"), fuel_limit=FUEL) for n in range(SMALL)]
    makers: dict[str, Callable[[], Pool]] = {
        "threads": threads,
        "processes": lambda: Pool(executor=ProcessPool()),
    }
    for kind, make in makers.items():
        executor, tasks = _executor(box, make()), _tasks(SMALL)
        pair = paired(lambda: _work(executor, tasks), lambda: [box.run(job) for job in jobs])  # noqa: B023
        executor.close()
        yield Ratio(
            what=f"{SMALL} small tasks in two {kind}, by a bare loop",
            figure=pair.yardstick / pair.work,
            least=True,
            note=f"{SMALL / pair.work:,.0f} a second to {SMALL / pair.yardstick:,.0f}",
        )


def memory() -> Iterator[Ratio]:
    """Resident memory of this process and its workers after many tasks, against that after the first few."""
    executor = _executor(WasmSandbox(), Pool(executor=ProcessPool()))
    sizes = []
    for number in range(BATCHES):
        _work(executor, _tasks(BATCH, number * BATCH))
        pids = [os.getpid(), *(each.pid for each in multiprocessing.active_children())]
        sizes.append([_resident(pid) for pid in pids])
    executor.close()
    for what, of in {"the node": lambda row: row[0], "its processes": lambda row: sum(row[1:])}.items():
        yield Ratio(
            what=f"memory of {what} after {BATCH * BATCHES} tasks / after {BATCH}",
            figure=of(sizes[-1]) / of(sizes[0]),
            goal=1.05,
            note=", ".join(f"{of(row) / 1024:.0f}" for row in sizes) + " MiB",
        )


def _executor(box: WasmSandbox, pool: Pool) -> ProgramExecutor:
    content = MemoryStore()
    content.put(TRIVIAL)
    secrets = Secrets(deriver=KeySigner(keccak(b"benchmark")), home_chain_id=1, hub=HUB)
    return ProgramExecutor(content, [box], secrets, pool=pool)


def _tasks(count: int, first: int = 0) -> list[Task]:
    params = Params(mode=Mode.EXACT, commit_window=5, fuel_limit=FUEL, expires_at=Timestamp(2_000))
    program = MemoryStore().put(TRIVIAL).digest
    inputs = [n.to_bytes(WORD, "big") for n in range(first, first + count)]
    requests = [
        Request(
            chain_id=1,
            gateway=HUB,
            requester=HUB,
            nonce=n,
            program=program,
            input_hash=keccak(data),
            price=Wei(1),
            tip=Wei(0),
            callback_gas=0,
            requested_at=Timestamp(1_000),
            params=params.pack(),
        )
        for n, data in enumerate(inputs)
    ]
    return [Task(request=each, input=data, block=1) for each, data in zip(requests, inputs, strict=True)]


def _work(executor: ProgramExecutor, tasks: list[Task]) -> None:
    """As a node does: all are taken on, then asked for until each is there."""
    left = tasks
    while left:
        left = [task for task in left if executor.solve(task, DUE) is None]
        time.sleep(0.001)


def _resident(pid: int) -> int:
    """In KiB."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
