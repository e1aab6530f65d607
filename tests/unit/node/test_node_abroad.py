"""A node and other chains: their requests, their tasks' states, its rewards there, and what it attests."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from keyring import recover
from mirrored import (
    ANSWER,
    BONDS,
    DEPLOYMENT,
    DOMAIN,
    HOME_ID,
    KEYS,
    NODES,
    PLACE,
    PROFILE,
    REMOTE_ID,
    HomeChain,
    RemoteChain,
)
from village import Villager, WatchedChain, address

from chainboy.chain.sender import Sender
from chainboy.checkpoints import Bridge, Ledger
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.merkle import WinnerTree
from chainboy.consensus.params import Params
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request
from chainboy.consensus.rewards import split_reward
from chainboy.consensus.signing import checkpoint_digest, checkpoint_message
from chainboy.consensus.stake import Offence
from chainboy.consensus.tally import Ballot, tally, word_of
from chainboy.content import MemoryStore
from chainboy.contracts.checkpoint_events import Attested
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.gateway import Claim, TaskState
from chainboy.errors import ChainError, ContractRefused, JournalError
from chainboy.events.bell import Bell
from chainboy.events.log import BlockRef
from chainboy.events.polling import PollingSource
from chainboy.node.compose import compose_parts
from chainboy.node.home import RoundLog
from chainboy.node.inbox import GatewayInbox, Inboxes
from chainboy.node.journal import Journal
from chainboy.node.machine import Duty, State
from chainboy.node.outpost import Outpost
from chainboy.node.reader import ChainReader
from chainboy.node.rows import Identity, Task
from chainboy.node.submitter import ChainSubmitter

A = NODES[0]
STAKE = StakeDistribution.of(BONDS.items())


class World:
    """A home chain, a remote one, and the outpost there of the node A."""

    def __init__(self, *, confirmations: int = 0) -> None:
        self.home = HomeChain()
        self.remote = RemoteChain(self.home, confirmations)
        self.outpost = Outpost(PLACE.gateway_on(self.remote), Sender(self.remote, KEYS[A]))  # type: ignore[arg-type]

    def ask(self, **fields: Any) -> Task:
        """A task of the remote chain."""
        return Task(request=self.remote.ask(**fields), input=b"", block=1)

    def deliver(self, task: Task, outcomes: Sequence[bytes | None] = (ANSWER,) * 4) -> Record:
        """Everybody agrees, and somebody carries it over."""
        record = self.home.answer(task.request, outcomes)
        held = self.remote.book.stake
        assert held.stake_hash == STAKE.hash
        self.home.mine(seconds=10)
        self.remote.travel(self.home.now)
        self.remote.submit(self.home.seal(), NODES, STAKE)
        ledger = Ledger(self.home, DEPLOYMENT)  # type: ignore[arg-type]
        ledger.follow(self.home.head().number)
        verifier = PLACE.verifier_on(self.remote)  # type: ignore[arg-type]
        proof = Bridge(ledger, self.home, DEPLOYMENT, verifier).proof(task.task_id)  # type: ignore[arg-type]
        assert proof is not None
        self.remote.settle(task.request, record, proof)
        return record

    def log(self, request: Request) -> RoundLog:
        """The round in which all gave the answer."""
        params = Params.unpack(request.params)
        word = word_of(params.mode, ANSWER)
        ballots = tuple(Ballot(node=n, payout=n, weight=w, word=word) for n, w in BONDS.items())
        counted = tally(request.task_id, params, 100, ballots)
        return RoundLog(attempt=1, ballots=ballots, outcomes=dict.fromkeys(NODES, ANSWER), tally=counted)

    def claim(self, task: Task) -> Claim:
        """A's share."""
        log = self.log(task.request)
        winners, record = log.tally.winners, log.tally.record
        return Claim(
            task_id=task.task_id,
            price=task.request.price,
            winners_root=record.winners_root,
            rest_weight=record.rest_weight,
            winners_count=record.winners_count,
            rank=0,
            node=A,
            payout=A,
            weight=winners[0].weight,
            proof=WinnerTree([winner.leaf for winner in winners]).proof(0),
        )

    def credit(self) -> int:
        """What A was credited on the remote chain."""
        return int(self.remote.state.escrow.credit_of(A))


@pytest.fixture
def world() -> World:
    """Nothing was asked yet."""
    return World()


@pytest.fixture
def journal() -> Iterator[Journal]:
    """An empty journal of A's."""
    made = Journal(":memory:", Identity(chain_id=HOME_ID, hub=DEPLOYMENT.hub, node=A))
    yield made
    made.close()


class TestOutpost:
    """Claims on another chain, without a journal."""

    def test_claims(self, world: World) -> None:
        """Credited once, by one transaction at a time."""
        first, second = world.ask(), world.ask()
        world.deliver(first)
        world.deliver(second)
        world.remote.auto = False
        share = split_reward(1_000, list(BONDS.values())).shares[0]
        assert world.outpost.claim([world.claim(first)])
        assert not world.outpost.claim([world.claim(second)])
        assert len(world.remote.pool) == 1
        world.remote.mine()
        assert world.credit() == share
        assert world.outpost.claim([world.claim(second)])
        world.remote.mine()
        assert world.credit() == 2 * share

    def test_a_claim_that_was_lost(self, world: World) -> None:
        """It is broadcast again."""
        task = world.ask()
        world.deliver(task)
        world.remote.auto = False
        world.outpost.claim([world.claim(task)])
        world.remote.drop()
        assert not world.outpost.claim([world.claim(task)])
        assert len(world.remote.pool) == 1

    def test_a_nonce_that_was_taken(self, world: World) -> None:
        """The way is free again: the claim goes out anew."""
        task = world.ask()
        world.deliver(task)
        world.remote.auto = False
        world.outpost.claim([world.claim(task)])
        world.remote.drop()
        again = Outpost(world.outpost.gateway, Sender(world.remote, KEYS[A]))  # type: ignore[arg-type]
        other = world.ask(life=500)
        world.remote.travel(other.params.expires_at + PROFILE.gateway.refund_margin)
        Sender(world.remote, KEYS[A]).submit(world.outpost.gateway.refund(other.request))  # type: ignore[arg-type]
        world.remote.mine()
        assert world.outpost.claim([world.claim(task)])
        assert again.claim([world.claim(task)])

    def test_without_a_sender(self, world: World) -> None:
        """Somebody else claims."""
        assert not Outpost(world.outpost.gateway).claim([])
        assert world.remote.broadcasts == 0

    def test_what_fails(
        self, world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No coins, a refusal, an endpoint that is down: told, and the node goes on."""
        task = world.ask()
        world.deliver(task)
        world.remote.poor.add(A)
        assert not world.outpost.claim([world.claim(task)])
        assert "send coins of remote" in caplog.text
        world.remote.poor.clear()

        def refuse(*_: object) -> int:
            raise ContractRefused("the contract refused with Whatever")

        monkeypatch.setattr(world.remote, "estimate_gas", refuse)
        assert not world.outpost.claim([world.claim(task)])
        assert "Whatever" in caplog.text
        monkeypatch.undo()
        world.remote.down = True
        assert not world.outpost.claim([world.claim(task)])
        assert "endpoint of remote is down" in caplog.text
        world.remote.down = False
        assert world.outpost.claim([world.claim(task)])
        world.remote.down = True
        assert not world.outpost.claim([world.claim(task)])

    def test_final(self) -> None:
        """The gateway is read as of the block that is K deep."""
        world = World(confirmations=3)
        task = world.ask()
        world.remote.mine(2)
        assert world.outpost.final().state_of(task.task_id) is TaskState.NONE
        world.remote.mine()
        assert world.outpost.final().state_of(task.task_id) is TaskState.REQUESTED
        assert world.outpost.chain is world.remote


class Box:
    """An inbox that gives what it holds, or fails."""

    def __init__(self, *tasks: Task) -> None:
        self.tasks = tasks
        self.failure: Exception | None = None
        self.acknowledged = 0

    def poll(self) -> Sequence[Task]:
        """What there is."""
        if self.failure is not None:
            raise self.failure
        return self.tasks

    def acknowledge(self) -> None:
        """Count."""
        self.acknowledged += 1


class TestInboxes:
    """Several gateways' requests in one."""

    def test_all_of_them(self, world: World) -> None:
        """In the order in which they were given; each is told what is in the journal."""
        tasks = [world.ask(price=price) for price in (1, 2, 3)]
        boxes = Box(tasks[0], tasks[1]), Box(), Box(tasks[2])
        inboxes = Inboxes(dict(zip("abc", boxes, strict=True)))
        assert inboxes.poll() == tasks
        inboxes.acknowledge()
        assert [box.acknowledged for box in boxes] == [1, 1, 1]

    def test_one_that_fails(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        """It is named, and keeps nobody waiting; what is no failure of an endpoint is not hidden."""
        task = world.ask()
        bad, good = Box(), Box(task)
        bad.failure = ChainError("gone")
        inboxes = Inboxes({"bad": bad, "good": good})
        assert inboxes.poll() == [task]
        assert "requests on bad have to wait: gone" in caplog.text
        bad.failure = ValueError("a mistake of ours")
        with pytest.raises(ValueError, match="mistake"):
            inboxes.poll()

    def test_a_failure_loses_nothing(self) -> None:
        """What was polled before stays unacknowledged until it is in the journal, and comes again."""
        world = World()
        task = world.ask()
        source = PollingSource(world.remote, addresses=[PLACE.gateway], confirmations=0)
        inboxes = Inboxes({"remote": GatewayInbox(source)})
        assert [each.task_id for each in inboxes.poll()] == [task.task_id]
        assert [each.task_id for each in inboxes.poll()] == [task.task_id]
        inboxes.acknowledge()
        world.remote.down = True
        assert inboxes.poll() == []
        inboxes.acknowledge()
        world.remote.down = False
        later = world.ask()
        assert [each.task_id for each in inboxes.poll()] == [later.task_id]


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


class TestSubmitter:
    """What goes to which chain."""

    def make(self, world: World, journal: Journal) -> ChainSubmitter:
        """A's submitter with its outpost."""
        return ChainSubmitter(Sender(world.home, KEYS[A]), DEPLOYMENT, journal, [world.outpost])  # type: ignore[arg-type]

    def test_nodes_do_not_carry(self, world: World, journal: Journal) -> None:
        """Relays bring results to other chains."""
        task = world.ask()
        submitter = self.make(world, journal)
        for if_paid in (True, False):
            assert not submitter.deliver(task, world.log(task.request), if_paid=if_paid)
        assert (world.home.broadcasts, world.remote.broadcasts) == (0, 0)

    def test_claims_go_where_the_money_is(self, world: World, journal: Journal) -> None:
        """One transaction on each chain; the remote one needs no journal."""
        submitter = self.make(world, journal)
        there, here = world.ask(), Task(request=world.home.ask(), input=b"", block=1)
        world.deliver(there)
        world.home.answer(here.request)
        log = world.log(here.request)
        assert submitter.deliver(here, log, if_paid=False)
        rewards = [(each, world.log(each.request)) for each in (there, here)]
        assert submitter.claim(rewards)
        share = split_reward(1_000, list(BONDS.values())).shares[0]
        assert (world.credit(), world.home.state.escrow.credit_of(A)) == (share, share)
        assert [sent.duty for sent in journal.unsettled()] == [Duty.DELIVER, Duty.CLAIM]

    def test_attesting(self, world: World, journal: Journal) -> None:
        """Published on the hub, journalled, and not twice while it waits."""
        sealed = world.home.seal()
        world.home.auto = False
        signature = KEYS[A].sign(checkpoint_message(DOMAIN, sealed))
        submitter = self.make(world, journal)
        assert submitter.attest(1, signature)
        assert not submitter.attest(1, signature)
        assert [(sent.duty, sent.task_id) for sent in journal.unsettled()] == [(Duty.ATTEST, None)]
        world.home.mine()
        hub = DEPLOYMENT.hub_on(world.home)  # type: ignore[arg-type]
        (event,) = hub.events(world.home.events, Attested)
        assert (event.number, event.node, event.signature) == (1, A, signature)


def test_a_composed_node(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes requests of both chains, attests by itself, and knows after a restart how far it had read."""
    monkeypatch.setattr(Deployment, "check", lambda _self, chain: chain.check())

    def start() -> Any:
        return compose_parts(
            chain=world.home,  # type: ignore[arg-type]
            deployment=DEPLOYMENT,
            signer=KEYS[A],
            content=MemoryStore(),
            sandboxes=(),
            journal=tmp_path / "journal.sqlite",
            outposts=[world.outpost],
        )

    parts = start()
    there, here = world.ask(), Task(request=world.home.ask(), input=b"", block=1)
    assert {task.task_id for task in parts.inbox.poll()} == {there.task_id, here.task_id}
    parts.inbox.acknowledge()
    sealed = world.home.seal()
    parts.attestor.step(world.home.head())
    (event,) = DEPLOYMENT.hub_on(world.home).events(world.home.events, Attested)  # type: ignore[arg-type]
    assert recover(checkpoint_digest(DOMAIN, sealed), event.signature) == event.node == A
    parts.attestor.step(world.home.head())
    assert world.home.broadcasts == 1
    parts.solver.close()
    parts.journal.close()
    later = world.ask()
    parts = start()
    assert [task.task_id for task in parts.inbox.poll()] == [later.task_id]
    parts.solver.close()
    parts.journal.close()


def test_a_composed_node_of_one_chain(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without outposts there is one inbox, from the block that is given."""
    monkeypatch.setattr(Deployment, "check", lambda _self, chain: chain.check())
    early = world.home.ask()
    start = world.home.head().number + 1
    late = world.home.ask()
    for first, expected in ((None, [early.task_id, late.task_id]), (start, [late.task_id])):
        parts = compose_parts(
            chain=world.home,  # type: ignore[arg-type]
            deployment=DEPLOYMENT,
            signer=KEYS[A],
            content=MemoryStore(),
            sandboxes=(),
            journal=tmp_path / f"{first}.sqlite",
            start_block=first,
        )
        assert isinstance(parts.inbox, GatewayInbox)
        assert [task.task_id for task in parts.inbox.poll()] == expected
        parts.solver.close()
        parts.journal.close()


class Witness:
    """Notes the blocks; fails on demand."""

    def __init__(self) -> None:
        self.blocks: list[int] = []
        self.failure: Exception | None = None

    def step(self, deep: BlockRef) -> None:
        """Note it."""
        self.blocks.append(deep.number)
        if self.failure is not None:
            raise self.failure


def test_a_node_attests_what_is_final(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each round of work, at the block that is K deep; a failure is told after all else is done."""
    caplog.set_level(logging.INFO)
    chain = WatchedChain({address(0): 10}, confirmations=2)
    villager, witness = Villager(chain, 0, tmp_path), Witness()
    node = villager.node.replacing(attestor=witness)
    for _ in range(4):
        node.step()
        chain.mine()
    assert witness.blocks == [0, 0, 0, 1]
    witness.failure = ChainError("belied")
    task = chain.ask()
    chain.mine()
    chain.mine()
    with pytest.raises(ChainError, match="belied"):
        node.step()
    assert villager.state(task) == "committing"
    villager.close()


class Inbox:
    """Raises one failure after the other, then ends the loop."""

    def __init__(self, stop: Any, *failures: Exception) -> None:
        self.failures = list(failures)
        self.stop = stop

    def poll(self) -> Sequence[Task]:
        """The next failure."""
        if self.failures:
            raise self.failures.pop(0)
        self.stop.set()
        return ()

    def acknowledge(self) -> None:
        """Nothing was given."""


class Stop(threading.Event):
    """Notes the pauses; no time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """At once."""
        self.pauses.append(timeout or 0)
        return self.is_set()


def test_the_loop_of_a_node(tmp_path: Path) -> None:
    """Longer pauses while it fails, up to a minute; without a journal it stops."""
    villager, stop = Villager(WatchedChain({address(0): 10}), 0, tmp_path), Stop()
    inbox = Inbox(stop, *[ChainError("down")] * 7)
    villager.node.replacing(inbox=inbox).run(stop, pause=1.0)
    assert stop.pauses == [2, 4, 8, 16, 32, 60, 60, 0.02]
    with pytest.raises(JournalError, match="full"):
        villager.node.replacing(inbox=Inbox(stop, JournalError("full"))).run(Stop())
    assert villager.node.address == address(0)
    villager.close()


def test_a_bell_ends_a_pause(tmp_path: Path) -> None:
    """After a breath, unless the round has failed: then nobody outside shortens the pause."""
    villager, stop = Villager(WatchedChain({address(0): 10}), 0, tmp_path), Stop()
    bell = Bell()

    class Ringing(Inbox):
        rounds = 0

        def poll(self) -> Sequence[Task]:
            bell.ring()
            self.rounds += 1
            return () if self.rounds == 1 else super().poll()

    villager.node.replacing(inbox=Ringing(stop, ChainError("down")), bell=bell).run(stop, pause=1.0)
    assert stop.pauses == [0.02] * 13 + [2, 0.02]
    villager.close()


def test_what_ends_with_a_node(tmp_path: Path) -> None:
    """Sources put there what they opened."""
    villager = Villager(WatchedChain({address(0): 10}), 0, tmp_path)
    ended: list[str] = []
    villager.node.parts.closing.callback(ended.append, "listener")
    villager.close()
    assert ended == ["listener"]


def test_a_task_that_fails_keeps_none_waiting(tmp_path: Path) -> None:
    """The others have their turn, then it is told; a journal that fails ends the round at once."""
    chain = WatchedChain({address(0): 10})
    villager = Villager(chain, 0, tmp_path)
    tasks = [chain.ask(), chain.ask()]
    chain.mine()
    chain.mine()
    home = villager.node.parts.home
    view = home.view
    failure: Exception = ChainError("lost")

    def lost(task: Task, *args: Any) -> Any:
        if task.task_id == tasks[0].task_id:
            raise failure
        return view(task, *args)

    home.view = lost  # type: ignore[method-assign]
    with pytest.raises(ChainError, match="lost"):
        villager.node.step()
    assert [villager.state(task) for task in tasks] == ["seen", "committing"]
    failure = JournalError("full")
    with pytest.raises(JournalError, match="full"):
        villager.node.step()
    villager.close()
