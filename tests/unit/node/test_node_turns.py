"""The order of tasks in a round of work, and its early end; the loop around it."""

from __future__ import annotations

import threading
from pathlib import Path

import attrs
import pytest
from village import EAGER, Truth, Villager, WatchedChain, address, settle

from chainboy.errors import ChainError
from chainboy.events.log import BlockRef
from chainboy.node import runner
from chainboy.node.budget import Due
from chainboy.node.home import Answer, RoundLog
from chainboy.node.machine import State
from chainboy.node.policy import Policy
from chainboy.node.rows import Task
from chainboy.node.runner import Node
from chainboy.node.turns import CROWD, MOST_FAILURES, MOST_SECONDS, Turns
from chainboy.node.view import View
from chainboy.testing.fake_chain import FakeChain


@pytest.fixture
def chain() -> FakeChain:
    """One node has all the weight."""
    return WatchedChain({address(0): 100})


def tasks(chain: FakeChain, count: int, state: State = State.SEEN) -> list[Task]:
    """So many requests."""
    return [attrs.evolve(chain.ask(), state=state) for _ in range(count)]


class Time:
    """A clock that a test turns."""

    seconds = 0.0

    def __call__(self) -> float:
        """Now."""
        return self.seconds


def test_all_have_a_turn_where_there_is_time(chain: FakeChain) -> None:
    """In order of age, what binds the node first and what is new last, in every round."""
    new, begun, bound = tasks(chain, 2), tasks(chain, 2, State.REVEALED), tasks(chain, 2, State.COMMITTED)
    turns = Turns(Time())
    for _ in range(3):
        assert list(turns.of([*new, *begun, *bound])) == [*bound, *begun, *new]
        assert not turns.cut


def test_a_long_round_ends_and_the_next_goes_on(chain: FakeChain) -> None:
    """What had no turn is first in the next round; at least one has a turn, however slow."""
    waiting, now = tasks(chain, 5), Time()
    turns, served = Turns(now), []
    for _ in range(5):
        served += _round(turns, waiting, now, MOST_SECONDS)
        assert turns.cut
    assert served == waiting


def test_each_kind_has_its_share(chain: FakeChain) -> None:
    """A crowd of new tasks costs those that bind the node no turn, nor the other way round."""
    new, begun, bound = tasks(chain, 200), tasks(chain, 20), tasks(chain, 50, State.REVEALING)
    begun = [attrs.evolve(task, state=State.ACCEPTED) for task in begun]
    now = Time()
    turns = Turns(now)
    served = _round(turns, [*new, *begun, *bound], now, MOST_SECONDS / 128)
    kinds = [sum(task in served for task in each) for each in (bound, begun, new)]
    assert kinds == [50, 20, 58]
    assert turns.cut
    assert _round(turns, [*new, *begun, *bound], now, MOST_SECONDS / 128)[70:] == new[58:116]


def _round(turns: Turns, given: list[Task], now: Time, seconds: float) -> list[Task]:
    """A round whose every turn takes so long."""
    served = []
    for task in turns.of(given):
        served.append(task)
        now.seconds += seconds
    return served


def test_in_a_crowd_who_waits_is_left_alone(chain: FakeChain) -> None:
    """Until the block time told; of fewer tasks each has a turn in every round."""
    crowd = tasks(chain, CROWD + 1, State.COMMITTED)
    turns = Turns(Time())
    assert list(turns.of(crowd, at=100)) == crowd
    for task in crowd[:-2]:
        turns.rest(task.task_id, 160)
    assert list(turns.of(crowd, at=159)) == crowd[-2:]
    assert set(turns.of(crowd, at=160)) == set(crowd)
    assert set(turns.of(crowd[1:], at=159)) == set(crowd[1:])


def test_a_crowd_that_waits_costs_few_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commitments without a quorum are not read in every round; all are revealed once there is one."""
    monkeypatch.setattr("chainboy.node.turns.CROWD", 4)
    chain = WatchedChain({address(0): 40, address(1): 60})
    crowd, blocks = [chain.ask() for _ in range(5)], 20
    early, late = (Villager(chain, index, tmp_path) for index in range(2))
    while {early.state(task) for task in crowd} != {State.COMMITTED.value}:
        early.step()
        chain.mine()
    home, looks = early.node.parts.home, []
    read = home.view

    def view(task: Task, attempt: int, block: BlockRef) -> View:
        looks.append(block)
        return read(task, attempt, block)

    home.view = view  # type: ignore[method-assign]
    for _ in range(blocks):
        early.step()
        chain.mine()
    assert 0 < len(looks) < len(crowd) * blocks  # a look is two views
    settle(chain, [early, late])
    ends = {villager.state(task) for task in crowd for villager in (early, late)}
    assert ends == {State.DONE.value}
    early.close()
    late.close()


def test_an_endpoint_that_fails_ends_the_round(chain: FakeChain) -> None:
    """After some failures in a row; a success in between begins the count anew."""
    waiting = tasks(chain, 3 * MOST_FAILURES)
    turns, served = Turns(Time()), 0
    for served, _ in enumerate(turns.of(waiting), start=1):
        turns.note(failed=served != MOST_FAILURES - 1)
    assert (served, turns.cut) == (2 * MOST_FAILURES - 1, True)


class Broken(Truth):
    """Cannot be asked for one task; notes who was asked for."""

    def __init__(self, *args: object, lame: bytes) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.lame = lame

    def solve(self, task: Task, due: Due) -> Answer | None:
        """The truth, or the failure."""
        if task.task_id == self.lame:
            raise ChainError("this one never works")
        return super().solve(task, due)


def test_one_failure_does_not_slow_the_others(
    chain: FakeChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one task fails in every round, the pauses stay short; where no round can begin, they grow."""
    lame = chain.ask()
    for _ in range(2):
        chain.mine()
    villager = Villager(chain, 0, tmp_path)
    solver = Broken(villager.secrets, lame=lame.task_id)
    node = Node(attrs.evolve(villager.node.parts, solver=solver), policy=EAGER)
    stop, pauses = threading.Event(), []

    def rest(stop: threading.Event, seconds: float, *, heeded: bool) -> None:
        assert not heeded
        pauses.append(seconds)
        if len(pauses) == 8:
            monkeypatch.setattr(node.parts.home, "blocks", _down)
        if len(pauses) == 16:
            stop.set()

    monkeypatch.setattr(node, "_rest", rest)
    node.run(stop, pause=0.5)
    villager.close()
    assert pauses[:8] == [1, 2, 4, 4, 4, 4, 4, 4]
    assert pauses[8:] == [8, 16, 32, *[runner._LONGEST_PAUSE] * 5]


def _down() -> None:
    raise ChainError("nobody is there")


def test_only_so_many_logs_are_read_as_are_claimed(tmp_path: Path, chain: FakeChain) -> None:
    """Thirty rewards wait: a round reads the past of twenty, and of none that the endpoint hides."""
    requests = [chain.ask() for _ in range(30)]
    policy = Policy(delivery=EAGER.delivery, finalize_backoff=0, claim_batch=30)
    villager = Villager(chain, 0, tmp_path, policy)
    home, asked = villager.node.parts.home, []
    read = home.round_log

    def round_log(task: Task, block: BlockRef) -> RoundLog:
        if task.state is State.DELIVERED:
            asked.append(task.task_id)
            if task.task_id == requests[0].task_id:
                raise ChainError("its logs are hidden")
        return read(task, block)

    home.round_log = round_log  # type: ignore[method-assign]
    for _ in range(200):
        villager.step()
        chain.mine()
        if asked:
            break
    assert len(asked) == 21
    villager.close()
