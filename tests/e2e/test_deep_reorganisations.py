"""Nodes on an anvil that takes back more than the blocks that count as final: they do their part again."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from node_world import EAGER, World

from chainboy.consensus.params import Mode
from chainboy.contracts.gateway_events import RewardClaimed
from chainboy.contracts.hub_events import Committed, Finalized, Revealed
from chainboy.contracts.registry_events import Slashed
from chainboy.node.bailiff import PAUSE, Bailiff
from chainboy.node.machine import Event, State
from chainboy.testing.adversaries import copying_node
from chainboy.testing.backends import AnvilChain
from chainboy.testing.node_fakes import FakeSandbox
from chainboy.units import Address, TaskId, Wei

pytestmark = pytest.mark.anvil

K = 2


@pytest.fixture
def world() -> Iterator[World]:
    """Two nodes that hold all active weight; blocks come by hand."""
    with AnvilChain() as backend:
        made = World([60, 40], backend=backend, confirmations=K)
        tell(made, "evm_setAutomine", False)
        yield made


def tell(world: World, method: str, *params: Any) -> Any:
    """What anvil itself answers."""
    answer = world.backend.web3.provider.make_request(method, list(params))  # type: ignore[arg-type]
    assert "error" not in answer, (method, answer)
    return answer["result"]


def asked(world: World, mode: Mode) -> TaskId:
    """A task, its request in a block of its own."""
    tell(world, "evm_setAutomine", True)
    task = world.ask((5).to_bytes(32, "big"), mode=mode)
    tell(world, "evm_setAutomine", False)
    return task


def count(world: World, contract: Any, kind: type, task: TaskId) -> int:
    """Events of the task in the chain as it is."""
    return len(world.events(contract, kind, task))


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("kept", [Committed, Revealed, None])
def test_what_was_paid_is_paid_again(
    world: World, tmp_path: Path, kept: type | None, restarted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a task that was over, only the commitments stay, or the reveals too, or just the request."""
    request = world.chain.head().number + 1
    task = asked(world, Mode.EXACT)
    nodes = [world.node(index, tmp_path / f"{index}.sqlite") for index in range(2)]
    world.work(nodes, task, after=K)
    told = [] if kept is None else world.events(world.hub, kept, task)
    stays = max([request, *(event.log.block_number for event in told)])
    tell(world, "anvil_reorg", world.chain.head().number - stays, [])
    assert count(world, world.gateway, RewardClaimed, task) == 0
    if restarted:
        for node in nodes:
            node.close()
        nodes = [world.node(index, tmp_path / f"{index}.sqlite") for index in range(2)]
    world.backend.mine(K)
    with caplog.at_level(logging.ERROR, "chainboy"):
        world.work(nodes, task, after=K)
    assert [count(world, world.hub, kind, task) for kind in (Committed, Revealed)] == [2, 2]
    assert count(world, world.gateway, RewardClaimed, task) == 2
    for node in nodes:
        moves = node.parts.journal.transitions(task)
        assert Event.UNDONE in [move.event for move in moves]
        assert moves[-1].target is State.DONE
        assert node.parts.journal.unsettled() == []
        node.close()
    assert caplog.text.count("that were 2 deep have left the chain") == len(nodes)


def test_a_contribution_that_is_out_is_not_committed_to_again(world: World, tmp_path: Path) -> None:
    """RANDOM: whoever saw the salts could choose between the two outcomes."""
    request = world.chain.head().number + 1
    task = asked(world, Mode.RANDOM)
    nodes = [world.node(index, tmp_path / f"{index}.sqlite") for index in range(2)]
    world.work(nodes, task, after=K)
    tell(world, "anvil_reorg", world.chain.head().number - request, [])
    world.backend.mine(K)
    for _ in range(12):
        for node in nodes:
            node.step()
        world.backend.mine()
    assert count(world, world.hub, Committed, task) == 0
    assert [node.parts.journal.task(task).state for node in nodes] == [State.EXPOSED] * 2
    for node in nodes:
        node.close()


def test_who_was_silent_is_slashed_again(tmp_path: Path) -> None:
    """The record stays, the slash does not: a bailiff told so looks for silent nodes anew."""
    with AnvilChain() as backend:
        world = World([60, 40, 20], backend=backend, confirmations=K)
        usual = {"chain": world.chain, "deployment": world.deployment, "content": world.content}
        silent = copying_node(
            **usual, signer=world.signers[2], sandbox=FakeSandbox(), journal=":memory:", policy=EAGER
        )
        nodes = [*(world.node(index, tmp_path / f"{index}.sqlite") for index in range(2)), silent]
        task = world.ask((5).to_bytes(32, "big"))
        world.work(nodes, task, after=K)

        def slash(task_id: TaskId, those: Sequence[Address]) -> bool:
            return world.faucet.send(world.hub.slash_unrevealed(task_id, those)).status

        judge = (world.chain, world.deployment, world.signers[0].address, slash)
        bailiff = Bailiff(*judge, budget=Wei(10**18), backoff=0)
        pursue(world, bailiff)
        assert slashed(world) == 1
        (record,) = world.events(world.hub, Finalized, task)
        tell(world, "anvil_reorg", world.chain.head().number - record.log.block_number, [])
        pursue(world, bailiff)
        assert slashed(world) == 0
        bailiff.forget()
        pursue(world, bailiff)
        assert slashed(world) == 1
        for node in nodes:
            node.close()


def pursue(world: World, bailiff: Bailiff) -> None:
    """Until it has seen what became of what it did."""
    for _ in range(3):
        bailiff.step(world.chain.head())
        world.backend.mine(PAUSE)


def slashed(world: World) -> int:
    """How often somebody lost tokens."""
    logs = world.chain.logs([world.registry.address], [], 0, world.chain.head().number)
    return len(world.registry.events(logs, Slashed))
