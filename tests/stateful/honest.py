"""Nodes that follow the rules: what they promise and what they must do in each block."""

from __future__ import annotations

import attrs
from bare_evm.world import Node, World

from chainboy.consensus import encoding
from chainboy.consensus.request import Request
from chainboy.consensus.round import BallotState
from chainboy.consensus.round_book import CommitEntry, RevealEntry

SALT = b"\x0f" * 32
"""Known to all from the start: a node that follows the rules is safe even so."""


@attrs.frozen
class Promise:
    """A commitment that an honest node signed for anyone to carry, while it is good."""

    request: Request
    entry: CommitEntry
    signature: bytes


class HonestNode:
    """One node by the rules: shows itself in time, commits to what it can reveal, reveals in time."""

    def __init__(self, world: World, node: Node, owner: str, payout: str) -> None:
        self.world = world
        self.node = node
        self.owner = owner
        self.payout = payout
        self.outcomes: dict[bytes, bytes] = {}
        self._requests: dict[bytes, Request] = {}

    @property
    def address(self) -> str:
        """The node's address."""
        return self.node.address

    def promise(self, request: Request, outcome: bytes, lifetime: int) -> Promise:
        """Sign for the attempt that is current, or the next when that is void."""
        world, task_id = self.world, request.task_id
        outcome = self.outcomes.setdefault(task_id, outcome)
        self._requests[task_id] = request
        round_ = world.rounds.round_of(task_id)
        attempt = round_.attempt + 1 if round_.is_void(world.at) else round_.attempt
        made = encoding.commitment(task_id, attempt, self.address, encoding.keccak(outcome), SALT)
        deadline = world.now + lifetime
        entry = CommitEntry(node=self.address, attempt=attempt, commitment=made, deadline=deadline)
        return Promise(request, *world.signed(self.node, task_id, entry))

    def opening(self, task_id: bytes) -> RevealEntry:
        """The preimage of its commitment, with payout and weight as its event gave them."""
        ballot = self.world.rounds.round_of(task_id).ballots.get(self.address)
        return RevealEntry(
            node=self.address,
            payout=ballot.payout if ballot else self.payout,
            weight=ballot.weight if ballot else 1,
            outcome=self.outcomes[task_id],
            salt=SALT,
        )

    def do_duty(self) -> None:
        """What its software does in every block: show itself, and reveal what it must."""
        world = self.world
        seen = world.stake.node(self.address)
        if seen.active and world.epoch - seen.last_active_epoch >= world.stake.profile.idle_epochs // 2:
            assert not world.stake_call("alive", self.address, sender=self.address).refused
        for task_id in self._requests:
            round_ = world.rounds.round_of(task_id)
            ballot = round_.ballots.get(self.address)
            if ballot is None or ballot.state is not BallotState.COMMITTED:
                continue
            if round_.is_commit_phase_over(world.at):
                done = world.reveal(task_id, [self.opening(task_id)], sender=self.address)
                assert done.value == ("",), "a node that follows the rules can always reveal"
