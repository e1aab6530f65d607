"""A node takes no more than it has time for, and says so in figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from test_node_executor import SECRETS, task_of
from village import EAGER, Truth, Villager, address, settle

from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode
from chainboy.content.memory import MemoryStore
from chainboy.node.budget import Due
from chainboy.node.duty import Sight
from chainboy.node.executor import ProgramExecutor
from chainboy.node.machine import State
from chainboy.node.policy import Policy
from chainboy.node.rows import Task
from chainboy.node.runner import Node
from chainboy.node.view import Clocks, RoundView, View
from chainboy.pool import Pool
from chainboy.sandbox.protocol import Job, Run
from chainboy.testing.fake_chain import FakeChain
from chainboy.testing.node_fakes import FakeSandbox, InlinePool, fake_program
from chainboy.units import Timestamp

NOW = 1_000


def with_fuel(task: Task, fuel: int) -> Task:
    """The same task with another limit, so another task."""
    params = attrs.evolve(task.params, fuel_limit=fuel)
    return Task(request=attrs.evolve(task.request, params=params.pack()), input=task.input, block=1)


class Slow(FakeSandbox):
    """Five hundred fuel a second, it says."""

    def run(self, job: Job) -> Run:
        """At once."""
        return Run(outcome=Outcome(Status.OK, 5 * 10**7, job.input), seconds=1e5)


@pytest.fixture
def executor() -> Iterator[ProgramExecutor]:
    """One worker; what is taken on is not begun unless asked for."""
    store = MemoryStore()
    store.put(fake_program())
    pool = Pool(executor=InlinePool(), workers=1, queue=0)
    executor = ProgramExecutor(store, [Slow()], SECRETS, pool=pool)
    yield executor
    executor.close()


def test_what_is_taken_on_counts(executor: ProgramExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is done: two runs of up to four seconds do not fit into seven."""
    monkeypatch.setattr(executor._line._threads, "submit", lambda _work: None)
    program = MemoryStore().put(fake_program()).digest
    first, second = (with_fuel(task_of(program), 4 * 10**9 - n) for n in range(2))
    due = Due(by=Timestamp(NOW + 7))
    assert executor.refusal(first, due, NOW) is None
    executor.solve(first, due)
    reason = executor.refusal(second, due, NOW)
    assert reason == (
        "this run of up to 4.0 s would end up to 8.0 s from now, with 1 others on 1 workers, "
        "and 7.0 s are left to commit"
    )
    executor.forget(first.task_id)
    assert executor.refusal(second, due, NOW) is None


def test_the_nodes_own_pace_counts(executor: ProgramExecutor) -> None:
    """Half a fuel a millisecond was measured: what seemed to take no time takes longer than there is."""
    task = task_of(MemoryStore().put(fake_program()).digest)
    due = Due(by=Timestamp(NOW + 1))
    assert executor.refusal(task, due, NOW) is None
    assert isinstance(executor.answer(task), bytes)
    reason = executor.refusal(task, due, NOW)
    assert reason is not None
    assert reason.startswith("this run of up to 2.0 s")


def test_random_numbers_cost_nothing(executor: ProgramExecutor) -> None:
    """They are there at once, however late it is."""
    task = task_of(bytes(32), mode=Mode.RANDOM)
    due = Due(by=Timestamp(0))
    assert executor.refusal(task, due, NOW) is None
    assert executor.solve(task, due) == executor.answer(task)
    assert not executor.busy


class Picky(Truth):
    """Remembers what it was asked, and refuses as it is told."""

    def __init__(self, villager: Villager, reason: str | None) -> None:
        super().__init__(villager.secrets)
        self.reason = reason
        self.asked: list[tuple[Due, int]] = []

    def refusal(self, task: Task, due: Due, now: Timestamp) -> str | None:
        """As told."""
        del task
        self.asked.append((due, now))
        return self.reason


@pytest.mark.parametrize("reason", ["there is no time", None])
def test_a_node_asks_before_it_accepts(tmp_path: Path, reason: str | None) -> None:
    """Once, with the moment by which the hub wants its commitment, less the operator's margin."""
    chain = FakeChain({address(0): 100})
    villager = Villager(chain, 0, tmp_path, EAGER)
    solver = Picky(villager, reason)
    policy = attrs.evolve(EAGER, margin=7)
    villager.node = Node(attrs.evolve(villager.node.parts, solver=solver), policy=policy)
    task = chain.ask(mode=Mode.EXACT)
    settle(chain, [villager])
    ((due, now),) = solver.asked
    clocks = villager.node.parts.home.clocks
    assert due == Due(by=task.params.expires_at - task.params.commit_window - clocks.reveal_window - 7)
    assert task.request.requested_at <= now < due.by
    assert (villager.state(task) == "abstained") == bool(reason)
    told = villager.node.parts.journal.transitions(task.task_id)[0]
    assert told.reason == (reason or "")
    villager.close()


def test_the_policy_is_asked_first(tmp_path: Path) -> None:
    """What is not wanted needs no time."""
    chain = FakeChain({address(0): 100})
    villager = Villager(chain, 0, tmp_path)
    solver = Picky(villager, "there is no time")
    villager.node = Node(attrs.evolve(villager.node.parts, solver=solver), policy=Policy(modes=frozenset()))
    chain.ask(mode=Mode.EXACT)
    settle(chain, [villager])
    assert solver.asked == []
    villager.close()


@pytest.mark.parametrize(("ends_at_block", "by"), [(0, 2_000 - 5 - 900), (30, 1_234)])
def test_a_quorum_sets_the_moment(ends_at_block: int, by: int) -> None:
    """Before it, a task's life less both windows; from it on, the end of the commit phase."""
    clocks = Clocks(
        reveal_window=900, phase_blocks=20, attempt_life=7_200, max_task_life=9_999, refund_margin=9
    )
    round_ = RoundView(attempt=1, commit_ends_at=Timestamp(1_234), commit_ends_at_block=ends_at_block)
    head = View(number=10, timestamp=Timestamp(1_100), round=round_)
    sight = Sight(
        state=State.SEEN,
        mode=Mode.EXACT,
        commit_window=5,
        expires_at=Timestamp(2_000),
        attempt=0,
        head=head,
        deep=head,
        clocks=clocks,
    )
    assert sight.commit_by == by
