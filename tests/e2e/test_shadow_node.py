"""Shadows beside honest nodes on the compiled contracts: they send nothing, and tell what would have been."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import attrs
import pytest
from http_chain import http_chain
from node_command import COMMAND
from node_world import World, configure, secret

from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode
from chainboy.consensus.rewards import split_reward
from chainboy.contracts.hub_events import Committed
from chainboy.node.machine import State
from chainboy.node.policy import Delivery, Policy
from chainboy.node.runner import Node
from chainboy.node.shadow.nobody import Nobody
from chainboy.node.shadow.report import to_lines
from chainboy.node.shadow.shadow import Shadow
from chainboy.node.watching.causes import Cause
from chainboy.programs import Metadata
from chainboy.sandbox.protocol import Job
from chainboy.sources import Reading
from chainboy.testing.node_fakes import FakeSandbox
from chainboy.units import Fuel, TaskId, Wei, Weight

pytestmark = pytest.mark.chain

BONDS = [400, 300, 200]
BOND = Weight(250)
PRICE = 10**16
PATIENT = Policy(delivery=Delivery.NEVER, finalize_backoff=50)
"""Leaves to others what one does for all, so that its costs depend on no race."""

SPOT = b"""# /// chainboy
# runtime = "fake:1"
# [sources.spot]
# url = "https://spot.example/now"
# pick = "$"
# ///
"""


@attrs.frozen
class Seen:
    """A reader to which the web says one thing."""

    value: int

    def read(self, metadata: Metadata, data: bytes) -> Reading:
        """The one source of the program above."""
        del data
        return Reading(values=dict.fromkeys(metadata.sources, self.value))


def truth(job: Job) -> Outcome:
    """What the web says, or 5."""
    value = job.values.get("spot", 5)
    return Outcome(Status.OK, Fuel(32), value.to_bytes(32, "big"))


def lie(job: Job) -> Outcome:
    """Another outcome for everything."""
    return attrs.evolve(truth(job), fuel=Fuel(33), payload=(6).to_bytes(32, "big"))


@pytest.fixture
def world() -> Iterator[World]:
    """An embedded chain where two blocks make one final."""
    made = World(BONDS, confirmations=2)
    yield made
    made.backend.close()


@pytest.fixture
def nodes(world: World) -> Iterator[list[Node]]:
    """Three honest nodes."""
    made = [world.node(index, sandbox=FakeSandbox(truth), sources=Seen(1_000)) for index in range(3)]
    yield made
    for node in made:
        node.close()


def shadow(world: World, path: Path, **options: Any) -> Shadow:
    """A shadow without any key, its journal at ``path``; gas is 7 wei."""
    usual = {"sandbox": FakeSandbox(truth), "sources": Seen(1_000), "signer": Nobody()}
    node = world.node(0, path, **{**usual, **options})
    return Shadow(node.parts, bond=BOND, policy=PATIENT, gas_price=lambda: Wei(7))


def weights(world: World, task: TaskId) -> list[int]:
    """The weights of those who committed, in commit order, from the logs."""
    logs = world.chain.logs([world.hub.address], [], 0, world.chain.head().number)
    return [event.weight for event in world.hub.events(logs, Committed) if event.task_id == task]


def stand(node: Node, tasks: list[TaskId]) -> set[State | None]:
    """All states that the tasks are in."""
    found = map(node.parts.journal.task, tasks)
    return {None if task is None else task.state for task in found}


def test_they_agree_and_earn_as_they_would_have(world: World, nodes: list[Node], tmp_path: Path) -> None:
    """One is early, one late and restarted in between, one lies: all modes, each to the wei of the mirror."""
    early, late = shadow(world, tmp_path / "early"), shadow(world, tmp_path / "late")
    liar = shadow(world, tmp_path / "liar", sandbox=FakeSandbox(lie), sources=Seen(1_001))
    tasks = [
        world.ask(price=PRICE),
        world.ask(price=PRICE, mode=Mode.MEDIAN, source=SPOT),
        world.ask(price=PRICE, mode=Mode.RANDOM),
    ]
    while stand(early.node, tasks) != {State.COMMITTING}:
        world._round(early.node)
        world.backend.mine()
    for latecomers in ([], [late.node, liar.node], [late.node, liar.node]):
        for node in (early.node, *nodes, *latecomers):
            world._round(node)
        world.backend.mine()
    late.node.close()
    late = shadow(world, tmp_path / "late")
    world.work([early.node, *nodes, late.node, liar.node], *tasks)
    first, last, lying = early.report(), late.report(), liar.report()
    for each in (early, late, liar):
        each.node.close()

    assert (last.seen, last.taken, last.answered, last.missed, last.under_way) == (3, 3, 3, 0, 0)
    assert (last.compared, last.agreed, last.agreement) == (2, 2, "100.00")
    assert last.ranks == {"first": 0, "second": 0, "later": 3}
    expected = [split_reward(Wei(PRICE), [*weights(world, task), BOND]).shares[-1] for task in tasks]
    assert last.income == {world.chain.chain_id: sum(expected)}
    # Three commits, reveals and claims, by the documented figures.
    assert last.gas_cost == 3 * (100_000 + 50_000 + 45_000) * 7
    assert last.profit == sum(expected) - last.gas_cost
    assert (last.runs, last.fuel) == (2, 64)

    assert first.agreement == "100.00"
    assert first.ranks == {"first": 3, "second": 0, "later": 0}
    assert first.income == {world.chain.chain_id: 3 * PRICE * 15 // 100}

    assert (lying.compared, lying.agreed, lying.agreement) == (2, 0, "0.00")
    assert lying.income == {world.chain.chain_id: expected[2]}  # of the random number alone
    assert "agreement  0.00 % (0 of 2)" in list(to_lines(lying))


def states(path: Path) -> list[str]:
    """Where the tasks of a journal stand, read beside the process that writes it."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as db, suppress(sqlite3.OperationalError):  # it is just being made
        return [state for (state,) in db.execute("SELECT state FROM tasks")]
    return []


def test_the_command_needs_no_key_and_sends_nothing(
    world: World, nodes: list[Node], tmp_path: Path
) -> None:
    """A process behind an endpoint that counts: no transaction, and its report at SIGINT."""
    with http_chain(world.chain) as http:
        config = configure(world, http.url, secret("nobody's"), tmp_path)
        before, _, after = config.read_text().partition("[key]")
        rest = after.partition("[node]")[2].replace('"always"', f'"never"\nmin_price = {PRICE}')
        config.write_text(f"{before}[node]{rest}")
        for name in ("key.json", "password"):
            (tmp_path / name).unlink()
        tasks = world.ask(mode=Mode.RANDOM, price=PRICE), world.ask(mode=Mode.RANDOM, price=PRICE - 1)
        command = [COMMAND, "node", "shadow", "--config", config, "--bond", str(BOND), "--json"]
        deadline, journal = time.monotonic() + 240, tmp_path / "journal.sqlite.shadow"
        with (
            (tmp_path / "log").open("w") as log,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
        ):
            try:
                while sorted(states(journal)) != ["abstained", "done"]:
                    assert process.poll() is None, (tmp_path / "log").read_text()
                    assert time.monotonic() < deadline, (tmp_path / "log").read_text()
                    if len(states(journal)) == len(tasks):  # it has begun
                        for node in nodes:
                            world._round(node)
                        with world.chain.lock:
                            world.backend.mine()
                    time.sleep(0.05)
                process.send_signal(signal.SIGINT)
                told, _ = process.communicate(timeout=60)
            finally:
                process.kill()
        sent = [method for method in http.asked if "send" in method.lower() or "sign" in method.lower()]
    assert process.returncode == 0
    assert sent == []
    assert len(http.asked) > 50
    found = json.loads(told)
    assert found["tasks"] == {"seen": 2, "taken": 1, "answered": 1, "missed": 0, "under_way": 0}
    assert found["refused"][Cause.PRICE.value]["count"] == 1
    assert int(found["income_wei"][str(world.chain.chain_id)]) > 0
