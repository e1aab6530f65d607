"""The figures of a node: counted once, the same after a restart, whole under many threads."""

from __future__ import annotations

import threading

import attrs
import pytest

from chainboy.node.machine import Event, State
from chainboy.node.rows import Task, Transition
from chainboy.node.watching.causes import Cause
from chainboy.node.watching.ledger import RECENT, Ledger
from chainboy.node.watching.snapshot import ChainView, PoolLoad
from chainboy.testing.fake_chain import FakeChain
from chainboy.units import Address, Fuel, TaskId, Wei, Weight

NODE = Address("0x" + "11" * 20)


class Clock:
    """Time as a test wants it."""

    now = 100.0

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """At 100 s."""
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> Ledger:
    """Of a node that has just begun."""
    made = Ledger(clock)
    made.begin(NODE, [], [], {})
    return made


@pytest.fixture
def task() -> Task:
    """Asked on the fake chain."""
    return FakeChain({}).ask()


def moving(task: Task, *events: tuple[State, Event, State, str]) -> list[Transition]:
    """The task's transitions."""
    return [
        Transition(
            task_id=task.task_id, source=source, event=event, target=target, attempt=1, block=7, reason=reason
        )
        for source, event, target, reason in events
    ]


WON = (State.REVEALED, Event.WON, State.FINALIZED, "")
DELIVERED = (State.FINALIZED, Event.DELIVERED, State.DELIVERED, "")
CLAIMED = (State.DELIVERED, Event.CLAIMED, State.DONE, "")
LOST = (State.REVEALED, Event.LOST, State.OUTVOTED, "")
ABSTAIN = (State.SEEN, Event.ABSTAIN, State.ABSTAINED, "price 1 wei is below our minimum of 2")


def test_income_goes_from_awaiting_to_claimed(ledger: Ledger, task: Task) -> None:
    """A reward is in exactly one place at any time."""
    chain = task.request.chain_id
    ledger.knows(chain, "home", 2)
    ledger.looked_at(task)
    won, delivered, claimed = moving(task, WON, DELIVERED, CLAIMED)
    seen = []
    ledger.earns(task, Wei(30))
    for transition in (won, delivered, claimed):
        ledger.moved(transition)
        income = ledger.snapshot().income[chain]
        seen.append((income.awaiting, income.claimable, income.claimed))
    assert seen == [(30, 0, 0), (0, 30, 0), (0, 0, 30)]
    assert ledger.claimed == {chain: 30}
    assert ledger.reward(task.task_id) is None
    ledger.earns(task, Wei(99))
    assert ledger.snapshot().income[chain].claimed == 30


def test_a_restart_changes_no_figure(ledger: Ledger, clock: Clock, task: Task) -> None:
    """A ledger that is told the past shows what the one before it showed."""
    past = moving(task, WON, DELIVERED)
    ledger.looked_at(task)
    for transition in past:
        ledger.moved(transition)
    after = Ledger(clock)
    after.begin(NODE, past, [attrs.evolve(task, state=State.DELIVERED)], ledger.claimed)
    for fact in ("tasks", "events", "abstentions", "recent", "agreement"):
        assert getattr(after.snapshot(), fact) == getattr(ledger.snapshot(), fact)
    assert after.snapshot().tasks[State.DELIVERED] == 1


def test_what_is_undone_is_counted_once(ledger: Ledger, clock: Clock, task: Task) -> None:
    """A task that is taken up again is over no more; its reward, counted before, is not counted again."""
    chain = task.request.chain_id
    ledger.knows(chain, "home", 2)
    undone = (State.DONE, Event.UNDONE, State.REVEALED, "")
    past = moving(task, WON, DELIVERED, CLAIMED, undone, WON, DELIVERED)
    for transition in past:
        ledger.looked_at(task)
        ledger.earns(task, Wei(30))
        ledger.moved(transition)
    assert ledger.snapshot().tasks[State.DONE] == 0
    assert ledger.snapshot().tasks[State.DELIVERED] == 1
    ledger.moved(moving(task, CLAIMED)[0], again=True)
    assert ledger.claimed == {chain: 30}
    assert ledger.snapshot().tasks[State.DONE] == 1
    after = Ledger(clock)
    after.begin(NODE, [*past, *moving(task, CLAIMED)], [], ledger.claimed)
    assert after.snapshot().tasks == ledger.snapshot().tasks


def test_agreement_is_of_what_was_judged(ledger: Ledger, task: Task) -> None:
    """Tasks without consensus say nothing; none before the first that has one."""
    assert ledger.snapshot().agreement is None
    for transition in moving(task, WON, WON, WON, LOST):
        ledger.moved(transition)
    assert ledger.snapshot().agreement == 0.75


def test_abstentions_are_counted_by_cause(ledger: Ledger, task: Task) -> None:
    """And the task is over."""
    ledger.looked_at(task)
    ledger.moved(moving(task, ABSTAIN)[0])
    shown = ledger.snapshot()
    assert shown.abstentions[Cause.PRICE] == 1
    assert sum(shown.abstentions.values()) == 1
    assert shown.tasks[State.ABSTAINED] == 1
    assert sum(shown.tasks.values()) == 1


def test_a_chain_lags_by_what_is_not_processed(ledger: Ledger, clock: Clock) -> None:
    """Failures keep the head and the time of the last answer."""
    ledger.knows(5, "five", 3)
    assert ledger.snapshot().chains[5].lag is None
    ledger.asked(5, failed=False, head=20)
    ledger.processed(5, 17)
    clock.now = 110.0
    ledger.asked(5, failed=True)
    assert ledger.snapshot().chains[5] == ChainView(
        name="five", confirmations=3, head=20, processed=17, requests=2, failures=1, answered_at=100.0
    )
    assert ledger.snapshot().chains[5].lag == 3
    ledger.processed(5, 25)
    assert ledger.snapshot().chains[5].lag == 0


def test_rounds_seat_fuel_and_idleness(ledger: Ledger, clock: Clock, task: Task) -> None:
    """A failed round leaves the node idle."""
    outcome = moving(task, (State.ACCEPTED, Event.OUTCOME, State.COMPUTED, ""))[0]
    ledger.moved(outcome, fuel=Fuel(40))
    ledger.moved(outcome, fuel=Fuel(2))
    ledger.seated(Weight(7), active=True)
    clock.now = 103.0
    assert ledger.snapshot().idle == 3
    ledger.stepped(seconds=0.5, failed=False, pool=PoolLoad(workers=2, begun=1, waiting=3))
    clock.now = 110.0
    ledger.stepped(seconds=0.25, failed=True, pool=PoolLoad())
    shown = ledger.snapshot()
    assert (shown.fuel, shown.weight, shown.active, shown.node) == (42, 7, True, NODE)
    assert (shown.rounds.done, shown.rounds.failed, shown.rounds.last_seconds) == (2, 1, 0.25)
    assert (shown.idle, shown.uptime, shown.pool) == (7, 10, PoolLoad())


def test_only_the_last_transitions_are_kept(ledger: Ledger, task: Task) -> None:
    """The newest first."""
    for _ in range(RECENT):
        ledger.moved(moving(task, LOST)[0])
    ledger.moved(moving(task, WON)[0])
    recent = ledger.snapshot().recent
    assert len(recent) == RECENT
    assert recent[0].event is Event.WON


def test_many_threads_lose_nothing(ledger: Ledger, task: Task) -> None:
    """Writers and a reader at once: every snapshot is whole, and the last one has all."""
    ledger.knows(5, "five", 3)
    transition = moving(task, WON)[0]

    def write() -> None:
        for _ in range(500):
            ledger.moved(transition)
            ledger.asked(5, failed=False)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert ledger.snapshot().chains[5].requests <= 2000
    shown = ledger.snapshot()
    assert (shown.events[Event.WON], shown.chains[5].requests) == (2000, 2000)
    assert ledger.reward(TaskId(bytes(32))) is None
