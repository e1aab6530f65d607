"""Registry, hub and gateway under random calls, good and bad: an attacker among nodes that follow the rules.

After each step mirror and contracts are compared and the protocol's invariants (section 12) hold.
"""

from __future__ import annotations

from attacker import ATTACKER, HOLDERS, Attack
from bare_evm.world import REGISTRY
from hypothesis import settings
from hypothesis.stateful import invariant

from chainboy.consensus.escrow import TaskState
from chainboy.consensus.params import Params
from chainboy.consensus.request import Request
from chainboy.consensus.rewards import treasury_share
from chainboy.consensus.round import BallotState


class Network(Attack):
    """What holds after each step of the attack."""

    @invariant()
    def all_of_it_holds(self) -> None:
        """The mirror is what the contracts are, and of it each other invariant holds."""
        self.world.compare_touched(HOLDERS)
        self.money_is_conserved()
        self.states_move_forward()
        self.majorities_are_real()
        self.the_honest_lose_nothing()

    def money_is_conserved(self) -> None:
        """Invariant 1, counted from what was delivered and claimed rather than from any balance."""
        world, escrow = self.world, self.world.escrow
        unclaimed = 0
        for request in self.requests:
            count = self.winners(request)
            if count and escrow.state_of(request.task_id) is TaskState.DELIVERED:
                unclaimed += request.price - treasury_share(request.price, count)
                unclaimed -= self.claimed[request.task_id]
        owed = escrow.open_escrow + sum(escrow.credits.values()) + unclaimed + escrow.treasury
        assert world.evm.balance(world.gateway.address) == owed
        nodes = (world.stake.node(node.address) for node in world.nodes)
        bonds = sum(node.bonded + node.unbonding for node in nodes)
        assert world.token.view("balanceOf", world.registry.address) == bonds + world.stake.treasury

    def winners(self, request: Request) -> int:
        """How many nodes are paid for a task."""
        found = self.world.rounds.tallies.get(request.task_id)
        return len(found.winners) if found else 0

    def states_move_forward(self) -> None:
        """Invariant 2, and one record for each task for ever."""
        for request in self.requests:
            state = self.world.escrow.state_of(request.task_id)
            before = self.states.get(request.task_id, TaskState.REQUESTED)
            assert before in {state, TaskState.REQUESTED}
            self.states[request.task_id] = state
            if request.task_id in self.world.rounds.tallies:
                record = self.world.rounds.tallies[request.task_id].record
                assert self.records.setdefault(request.task_id, record) == record

    def majorities_are_real(self) -> None:
        """Invariants 3 and 4: more than half of all that was bonded at the round's epoch."""
        world = self.world
        for task_id, counted in world.rounds.tallies.items():
            record = counted.record
            assert record.agreeing_weight == 0 or 2 * record.agreeing_weight > record.total_weight
            assert record.agreeing_weight == sum(winner.weight for winner in counted.winners)
            epoch = world.rounds.round_of(task_id).epoch
            assert record.total_weight == world.stake.total_at(epoch)[0]
        for epoch in (world.epoch, world.epoch + 1):
            weights = [world.stake.snapshot_at(node.address, epoch)[0] for node in world.nodes]
            active = [weight for weight in weights if weight]
            expected = (sum(active), len(active)) if sum(active) >= REGISTRY.min_active_weight else (0, 0)
            assert world.stake.total_at(epoch) == expected
            assert len(active) <= REGISTRY.max_active

    def the_honest_lose_nothing(self) -> None:
        """Invariant 8: never slashed, never jailed, never out of more seats than the budget allows."""
        for honest in self.honest:
            node = self.world.stake.node(honest.address)
            assert (node.bonded, node.unbonding, node.jailed_epoch) == (self.bonded[honest.address], 0, 0)
            for request in self.requests:
                state = self.world.rounds.ballot_of(request.task_id, 1, honest.address)
                assert state is not BallotState.SLASHED
        for (_, epoch), weights in self.taken.items():
            total, _ = self.world.stake.total_at(epoch)
            assert len(weights) == 1 or 4 * sum(weights) <= total

    def teardown(self) -> None:
        """Invariant 8: whatever was done, rounds with quorum end in a record and no escrow is stuck."""
        if not hasattr(self, "world"):
            return
        world = self.world
        for _ in range(8):
            self.advance(25, 19, 1)
        for request in self.requests:
            if (
                world.rounds.round_of(request.task_id).has_quorum
                and request.task_id not in world.rounds.tallies
            ):
                assert not world.finalize(request.hash, request.params, sender=ATTACKER).refused
        for request in self.requests:
            if world.escrow.state_of(request.task_id) is TaskState.REQUESTED:
                expiry = Params.unpack(request.params).expires_at
                world.advance(max(0, expiry + world.escrow.profile.refund_margin - world.now), 1)
                assert not world.refund(request).refused
            self._claim(self._claims(request))
        self.world.compare_stake()
        self.all_of_it_holds()
        dust = world.evm.balance(world.gateway.address) - world.escrow.treasury
        dust -= sum(world.escrow.credits.values())
        assert 0 <= dust <= sum(len(counted.winners) for counted in world.rounds.tallies.values())


TestNetwork = Network.TestCase
# An example is sixty calls on three contracts: a tenth as many as of single properties.
TestNetwork.settings = settings(max_examples=settings().max_examples // 10, stateful_step_count=60)
