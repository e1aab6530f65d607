"""Ratios that need a chain: reading logs, a node's way from event to signed commit, a node's memory."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from paired import Pair, Ratio, paired, seconds
from play import INPUT, PRICE, TIP, params
from stage import CHAIN_ID, Stage

from chainboy.chain.decode import Receipt
from chainboy.chain.question import Answer, Question
from chainboy.consensus.encoding import keccak
from chainboy.consensus.params import Mode
from chainboy.content.directory import DirectoryStore
from chainboy.content.memory import MemoryStore
from chainboy.contracts.gateway import Claim
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.events.polling import PollingSource
from chainboy.node.policy import Delivery, Policy
from chainboy.node.runner import Node
from chainboy.testing.backends import Backend
from chainboy.testing.event_conformance import drain
from chainboy.testing.node_fakes import FakeSandbox, fake_program
from chainboy.units import TaskId, Wei, Weight

CHUNK = 25
LOGS_A_BLOCK = 40
BLOCKS = 100
TASKS = 40
BATCHES = 14


def measure(make: Callable[[], Backend]) -> Iterator[Ratio]:
    """All of them, each on a chain of its own."""
    for part in (backfill, overhead, memory):
        with Stage(make(), nodes=1) as stage:
            yield from part(stage)


def backfill(stage: Stage) -> Iterator[Ratio]:
    """A source that starts anew, against the same chunks asked for and thrown away."""
    nobody = stage.requester.address
    claim = Claim(
        task_id=TaskId(keccak(b"no task")),
        price=Wei(1),
        winners_root=keccak(b""),
        rest_weight=Weight(0),
        winners_count=1,
        rank=0,
        node=nobody,
        payout=nobody,
        weight=Weight(1),
        proof=(),
    )
    call = stage.gateway.claim([claim] * LOGS_A_BLOCK)  # each is skipped, and reported
    first = stage.relayer.send(call).block_number
    for _ in range(BLOCKS - 1):
        stage.relayer.send(call)
    last = stage.chain.head().number

    def source() -> None:
        reader = PollingSource(
            stage.chain,
            addresses=[stage.gateway.address],
            confirmations=0,
            start=first,
            max_chunk=CHUNK,
        )
        assert len(drain(reader)) == LOGS_A_BLOCK * BLOCKS

    def bare() -> None:
        for begin in range(first, last + 1, CHUNK):
            wanted = {
                "address": stage.gateway.address,
                "fromBlock": hex(begin),
                "toBlock": hex(min(last, begin + CHUNK - 1)),
            }
            answer = stage.chain.web3.provider.make_request("eth_getLogs", [wanted])  # type: ignore[arg-type]
            assert answer["result"]

    pair = paired(bare, source, rounds=7)
    yield Ratio(
        what=f"log backfill, bare eth_getLogs / a source ({LOGS_A_BLOCK * BLOCKS} logs)",
        figure=pair.ratio,
        goal=0.8,
        least=True,
        note=str(pair),
    )


class Meter:
    """Stands in for a chain's requests: when the first log of a task came, and when its commit left."""

    def __init__(self, stage: Stage) -> None:
        self._once, self._together = stage.chain.rpc.once, stage.chain.rpc.together
        self.calls = 0
        self.waited = 0.0
        self.seen = self.left = 0.0
        stage.chain.rpc.once = self  # type: ignore[method-assign, assignment]
        stage.chain.rpc.together = self.together  # type: ignore[method-assign]

    def __call__(self, method: str, *arguments: Any) -> Any:
        """The request, timed."""
        start = time.perf_counter()
        if method == "eth_sendRawTransaction" and self.seen and not self.left:
            self.left = start
        answer = self._once(method, *arguments)
        end = time.perf_counter()
        if method == "eth_getLogs" and answer and not self.seen:
            self.seen = end
        else:
            self._count(end - start)
        return answer

    def together(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """Several requests as one, timed; how they are sent is not looked at."""
        start, calls, waited = time.perf_counter(), self.calls, self.waited
        answers = self._together(questions)
        self.calls, self.waited = calls, waited
        self._count(time.perf_counter() - start)
        return answers

    def _count(self, waited: float) -> None:
        if self.seen and not self.left:
            self.calls += 1
            self.waited += waited

    def begin(self) -> None:
        """From here on the next task counts."""
        self.calls, self.waited, self.seen, self.left = 0, 0.0, 0.0, 0.0


def ask(stage: Stage, program: bytes, mode: Mode = Mode.EXACT) -> Receipt:
    """A request of this program."""
    rules = params(mode, now=stage.chain.head().timestamp)
    call = stage.gateway.request(program=program, input=INPUT, params=rules.pack(), price=PRICE, tip=TIP)
    return stage.requester.send(call)


def overhead(stage: Stage) -> Iterator[Ratio]:
    """A node with a sandbox that answers at once, from the request's log to the signed commit."""
    content, signer = MemoryStore(), stage.voters[0].signer
    program = content.put(fake_program()).digest
    stage.fund(signer)
    with tempfile.TemporaryDirectory() as folder:
        node = Node.compose(
            chain=stage.chain,
            deployment=stage.deployment,
            signer=signer,
            content=content,
            sandbox=FakeSandbox(),
            journal=Path(folder) / "journal.sqlite",
            policy=Policy(delivery=Delivery.ALWAYS),
        )
        meter = Meter(stage)
        pairs, own, calls = [], [], []
        for _ in range(21):
            ask(stage, program)
            meter.begin()
            while not meter.left:
                node.step()
            while node.parts.journal.active():  # so that the next task has the node to itself
                node.step()
            yardstick = seconds(lambda: stage.chain.rpc.read("eth_blockNumber"))
            yardstick += seconds(lambda: signer.sign(b"a message"))
            pairs.append((meter.left - meter.seen, yardstick))
            own.append(meter.left - meter.seen - meter.waited)
            calls.append(meter.calls)
        node.close()
    pair = Pair.of(pairs[1:])
    yield Ratio(
        what="event to signed commit / one round trip + one signature",
        figure=pair.ratio,
        goal=3,
        note=f"{pair}; {statistics.median(calls):g} round trips",
    )
    yield Ratio(
        what="  the node's own time in it / one round trip + one signature",
        figure=statistics.median(own) / pair.yardstick,
        note=f"{statistics.median(own) * 1000:.1f} ms",
    )


def memory(stage: Stage) -> Iterator[Ratio]:
    """Resident memory of a node's process after many tasks against that after the first few."""
    stage.fund(stage.voters[0].signer)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = DirectoryStore(folder / "content").put(PROGRAM).digest
        config = _configure(stage, folder)
        process = subprocess.Popen([sys.executable, "-m", "chainboy.node", "--config", str(config)])
        try:
            sizes = [_after(stage, process.pid, program) for _ in range(BATCHES)]
        finally:
            process.terminate()
            process.wait()
    yield Ratio(
        what=f"a node's memory after {TASKS * BATCHES} tasks / after {TASKS}",
        figure=sizes[-1] / sizes[0],
        goal=1.05,
        note=", ".join(f"{size / 1024:.1f}" for size in sizes) + " MiB",
    )


PROGRAM = b"""# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 n"]
# outputs = ["uint256"]
# ///
def main(n):
    return n * n
"""


def _configure(stage: Stage, folder: Path) -> Path:
    stage.deployment.save(folder / "deployment.json")
    (folder / "password").write_text("benchmark")
    stage.voters[0].signer.save(folder / "key.json", "benchmark")
    config = folder / "node.toml"
    config.write_text(
        f"""[chain]
url = "{stage.chain.web3.provider.endpoint_uri}"
chain_id = {CHAIN_ID}
confirmations = 0
block_seconds = 1
[contracts]
deployment = "deployment.json"
[key]
keystore = "key.json"
password_file = "password"
[node]
content = "content"
journal = "journal.sqlite"
poll_seconds = 0.05
log_level = "error"
[policy]
delivery = "always"
"""
    )
    return config


def _after(stage: Stage, pid: int, program: bytes) -> int:
    """Ask for a batch of tasks, wait until their rewards are claimed, and give the process's size in KiB."""
    tasks = []
    for _ in range(TASKS):
        (event,) = stage.gateway.events(ask(stage, program).logs, TaskRequested)
        tasks.append(event.task_id)
    deadline = time.monotonic() + 300
    while not all(stage.gateway.is_claimed(task, 0) for task in tasks):
        assert time.monotonic() < deadline, "the node does not answer; run it by hand to see why"
        time.sleep(0.5)
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
