"""A node of several chains, put together: what it sends where, and what it attests."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from abroad import A, World
from keyring import recover
from mirrored import BONDS, DEPLOYMENT, DOMAIN, KEYS
from village import Villager, WatchedChain, address

from chainboy.chain.sender import Sender
from chainboy.consensus.rewards import split_reward
from chainboy.consensus.signing import checkpoint_digest, checkpoint_message
from chainboy.content import MemoryStore
from chainboy.contracts.checkpoint_events import Attested
from chainboy.contracts.deployment import Deployment
from chainboy.errors import ChainError
from chainboy.events.log import BlockRef
from chainboy.node.compose import compose_parts
from chainboy.node.inbox import GatewayInbox
from chainboy.node.journal import Journal
from chainboy.node.machine import Duty
from chainboy.node.rows import Task
from chainboy.node.submitter import ChainSubmitter


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
