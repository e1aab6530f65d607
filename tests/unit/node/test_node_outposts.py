"""A node's rewards on another chain, claimed without a journal."""

from __future__ import annotations

import pytest
from abroad import A, World
from mirrored import BONDS, KEYS, PROFILE

from chainboy.chain.sender import Sender
from chainboy.consensus.rewards import split_reward
from chainboy.contracts.gateway import TaskState
from chainboy.errors import ContractRefused
from chainboy.node.outpost import Outpost


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
