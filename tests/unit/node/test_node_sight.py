"""What a node sees of tasks of another chain, and of its own seat."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from abroad import A, World
from mirrored import ANSWER, BONDS, DEPLOYMENT, NODES, PLACE, PROFILE, REMOTE_ID, HomeChain

from chainboy.consensus.stake import Offence
from chainboy.contracts.gateway import TaskState
from chainboy.errors import ChainError
from chainboy.node.machine import State
from chainboy.node.outpost import Outpost
from chainboy.node.reader import ChainReader
from chainboy.node.rows import Task


class TestReader:
    """The gateway's side of a remote task."""

    def view(self, world: World, task: Task, state: State, *, rank: int | None = None) -> Any:
        """The task as the node in this state sees it at home's newest block."""
        outposts = [Outpost(PLACE.gateway_on(world.remote))]  # type: ignore[arg-type]
        reader = ChainReader(world.home, DEPLOYMENT, A, outposts)  # type: ignore[arg-type]
        return reader.view(attrs.evolve(task, state=state, rank=rank), 0, world.home.head())

    def test_states(self) -> None:
        """As of what is final there; not asked while it does not matter."""
        world = World(confirmations=2)
        task = world.ask()
        world.remote.mine(2)
        assert self.view(world, task, State.FINALIZED).task is TaskState.REQUESTED
        world.deliver(task)
        assert self.view(world, task, State.FINALIZED).task is TaskState.REQUESTED
        world.remote.mine(2)
        assert self.view(world, task, State.FINALIZED).task is TaskState.DELIVERED
        world.remote.down = True
        assert self.view(world, task, State.ACCEPTED).task is TaskState.REQUESTED
        with pytest.raises(ChainError, match="remote is down"):
            self.view(world, task, State.FINALIZED)

    def test_claimed(self, world: World) -> None:
        """There, not at home."""
        task = world.ask()
        world.deliver(task)
        assert not self.view(world, task, State.DELIVERED, rank=0).claimed
        assert not self.view(world, task, State.DELIVERED).claimed
        assert world.outpost.claim([world.claim(task)])
        assert self.view(world, task, State.DELIVERED, rank=0).claimed
        assert not self.view(world, task, State.DELIVERED, rank=1).claimed

    def test_a_chain_that_is_not_configured(self, world: World) -> None:
        """The task waits, and it is told which chain is missing."""
        task = world.ask()
        reader = ChainReader(world.home, DEPLOYMENT, A)  # type: ignore[arg-type]
        with pytest.raises(ChainError, match=f"chain {REMOTE_ID}, which is not configured"):
            reader.view(attrs.evolve(task, state=State.FINALIZED), 0, world.home.head())

    def test_home(self, world: World) -> None:
        """Tasks of the home chain are read there, at the block asked for."""
        request = world.home.ask()
        task = Task(request=request, input=b"", block=1)
        assert self.view(world, task, State.FINALIZED).task is TaskState.REQUESTED


class TestReaderAtHome:
    """Blocks, rounds and the seat, as the mirrors have them."""

    def test_blocks(self) -> None:
        """The head and what is K deep; at the start the first one; the same two where all is final."""
        for confirmations in (0, 3):
            home = HomeChain(bonds={}, confirmations=confirmations)
            reader = ChainReader(home, DEPLOYMENT, A)  # type: ignore[arg-type]
            for number in range(5):
                found = reader.blocks()
                assert (found.head.number, found.deep.number) == (number, max(0, number - confirmations))
                home.mine()

    def test_a_round(self, world: World) -> None:
        """Its ballots and outcome come out of the events; ours is asked for in its attempt."""
        task = world.ask()
        world.home.answer(task.request, (ANSWER, ANSWER, ANSWER, None))
        reader = ChainReader(world.home, DEPLOYMENT, A)  # type: ignore[arg-type]
        head = world.home.head()
        log = reader.round_log(task, head)
        assert [(ballot.node, ballot.weight) for ballot in log.ballots] == list(BONDS.items())
        assert (log.outcome, log.rank(A), log.rank(NODES[3])) == (ANSWER, 0, None)
        assert log.record == log.tally.record
        view = reader.view(task, 1, head)
        assert (view.recorded, view.ballot_attempt, view.ballot.name) == (True, 1, "REVEALED")
        assert (view.round.committed, view.round.revealed) == (4, 3)
        world.home.down = True
        assert reader.round_log(task, head) is log  # a finished round is kept

    def test_a_round_that_goes_on(self, world: World) -> None:
        """It is read again with every block."""
        task = world.ask()
        record = world.home.answer(task.request)
        with_it = world.home.head()
        before = world.home.block(with_it.number - 1)
        reader = ChainReader(world.home, DEPLOYMENT, A)  # type: ignore[arg-type]
        world.home.state_at(before.number).rounds[task.task_id] = world.home.state.rounds[task.task_id]
        assert reader.round_log(task, before).record is None
        assert reader.round_log(task, with_it).record == record

    def test_a_seat(self, world: World) -> None:
        """Weight of the epoch, membership of the next; a jailed node has none; who left may come back."""
        home = world.home

        def seat(node: str = A) -> Any:
            return ChainReader(home, DEPLOYMENT, node).seat(home.head())  # type: ignore[arg-type]

        found = seat()
        assert (found.epoch, found.weight, found.active, found.may_enter) == (1, BONDS[A], True, False)
        assert found.idle_epochs == PROFILE.registry.idle_epochs
        stranger = seat(PLACE.gateway)
        assert (stranger.weight, stranger.active, stranger.may_enter) == (0, False, False)
        home.change(lambda state: _slashed(state, Offence.UNREVEALED, home.now))
        assert seat().weight == 0
        home.next_epoch()
        assert seat().weight == BONDS[A]
        home.change(lambda state: _slashed(state, Offence.FORGERY, home.now))
        found = seat()
        assert (found.active, found.may_enter) == (False, False)
        home.bond(NODES[1], -BONDS[NODES[1]] + 1)
        home.next_epoch(PROFILE.registry.idle_epochs + 1)
        home.change(lambda state: _dropped(state, home.now))
        found = seat(NODES[1])
        assert (found.active, found.may_enter) == (False, True)


def _slashed(state: Any, offence: Offence, now: int) -> list[Any]:
    """A offends in this epoch."""
    epoch = state.stake.epoch(now)
    state.stake.slash(A, epoch, offence, sender=DEPLOYMENT.hub, now=now)
    return []


def _dropped(state: Any, now: int) -> list[Any]:
    """The second node was idle too long."""
    state.stake.drop_idle(NODES[1], now=now)
    return []
