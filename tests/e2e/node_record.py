"""What the chain shows of a node that has done its duty: each thing once."""

from __future__ import annotations

from node_world import World

from chainboy.consensus.rewards import split_reward
from chainboy.contracts.gateway_events import RewardClaimed
from chainboy.contracts.hub_events import Committed, EntrySkipped, Revealed
from chainboy.units import TaskId

PRICE = 10**16
TRANSACTIONS = 5
"""Commit, reveal, finalize, deliver, claim."""


def check_task(world: World, task: TaskId, first_block: int) -> None:
    """Committed once, revealed once, nothing skipped, the whole reward claimed."""
    head = world.chain.head().number
    hub = world.chain.logs([world.hub.address], [], first_block, head)
    gateway = world.chain.logs([world.gateway.address], [], first_block, head)
    assert [e.attempt for e in world.hub.events(hub, Committed) if e.task_id == task] == [1]
    assert len([e for e in world.hub.events(hub, Revealed) if e.task_id == task]) == 1
    assert world.hub.events(hub, EntrySkipped) == ()
    claimed = [e.amount for e in world.gateway.events(gateway, RewardClaimed) if e.task_id == task]
    assert claimed == list(split_reward(PRICE, [100]).shares)


def sent_by_node(world: World) -> int:
    """How many transactions of the node are in blocks."""
    return world.chain.nonce(world.signers[0].address, pending=False)
