"""Who is in the active set, since when and with what weight: epochs and budgets, no tokens and no owners.

Rule: protocol, section 5; a mirror of ``contracts/src/ActiveSet.sol``. What changes in epoch e counts
from e + 1 on.
"""

from __future__ import annotations

from bisect import bisect_right

import attrs

from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.consensus.profiles import RegistryProfile
from chainboy.consensus.refusal import Refused
from chainboy.units import Address, Epoch, Weight

KEPT = 3
"""How many snapshots of a node stay readable."""

BUDGET_DIVISOR = 4
"""Others can take at most this fraction of an epoch's total weight, or one node."""


@attrs.frozen
class Snapshot:
    """What a node has from ``epoch`` on, until its next snapshot."""

    epoch: Epoch
    weight: Weight
    payout: Address


NOTHING = Snapshot(Epoch(0), Weight(0), ZERO_ADDRESS)
"""What a node has before its first snapshot."""


@attrs.define
class Membership:
    """One node's snapshots, oldest first and the last :data:`KEPT` of them, and what bars it from acting."""

    snapshots: list[Snapshot] = attrs.field(factory=list)
    truncated: bool = False
    tombstoned: bool = False
    last_active_epoch: int = 0
    jailed_epoch: int = 0

    @property
    def latest(self) -> Snapshot:
        """What counts after the last change."""
        return self.snapshots[-1] if self.snapshots else NOTHING

    def change(self, snapshot: Snapshot) -> None:
        """Keep ``snapshot``; it replaces one of the same epoch."""
        if self.latest.epoch == snapshot.epoch:
            self.snapshots.pop()
        self.snapshots.append(snapshot)
        if len(self.snapshots) > KEPT:
            del self.snapshots[0]
            self.truncated = True

    def at(self, epoch: Epoch) -> Snapshot | None:
        """What counts in ``epoch``; ``None`` when it is no longer kept."""
        known = (snapshot for snapshot in reversed(self.snapshots) if snapshot.epoch <= epoch)
        return next(known, None if self.truncated else NOTHING)


@attrs.define
class Budget:
    """What others took in one epoch: at most a quarter of its total weight, or one node."""

    epoch: int = 0
    count: int = 0
    weight: int = 0

    def spent(self, epoch: Epoch) -> tuple[int, int]:
        """Nodes and weight taken in ``epoch``."""
        return (self.count, self.weight) if self.epoch == epoch else (0, 0)

    def take(self, epoch: Epoch, weight: Weight, total: Weight) -> bool:
        """Take ``weight`` if it fits, and tell whether it did."""
        count, taken = self.spent(epoch)
        fits = count == 0 or taken + weight <= total // BUDGET_DIVISOR
        if fits:
            self.epoch, self.count, self.weight = epoch, count + 1, taken + weight
        return fits


class ActiveSet:
    """The part of the registry that knows members and weights; every method is told the current epoch."""

    def __init__(self, profile: RegistryProfile) -> None:
        self.profile = profile
        self.evicted, self.dropped, self.jailed = Budget(), Budget(), Budget()
        self._members: dict[Address, Membership] = {}
        self._totals: list[tuple[Epoch, Weight, int]] = []  # from epoch, weight, number

    def member(self, node: Address) -> Membership:
        """What is known of ``node``, which may be nothing."""
        return self._members.setdefault(node, Membership())

    def total_at(self, epoch: Epoch) -> tuple[Weight, int]:
        """Weight and number of ``epoch``'s active nodes; both zero below the minimum active weight."""
        found = bisect_right(self._totals, epoch, key=lambda total: total[0])
        _, weight, count = self._totals[found - 1] if found else (epoch, Weight(0), 0)
        return (weight, count) if weight >= self.profile.min_active_weight else (Weight(0), 0)

    def last_change(self, epoch: Epoch) -> Epoch:
        """The newest epoch up to ``epoch`` from which any weight or membership counts differently; 0: none.

        An epoch in which changes undid each other is one of them.
        """
        found = bisect_right(self._totals, epoch, key=lambda total: total[0])
        return self._totals[found - 1][0] if found else Epoch(0)

    @property
    def seats_taken(self) -> int:
        """Members from the next epoch on."""
        return self._totals[-1][2] if self._totals else 0

    def seat(self, node: Address, weight: Weight, victim: Address, epoch: Epoch) -> None:
        """Give ``node`` a seat with ``weight``, at the cost of ``victim`` when the set is full."""
        full = self.seats_taken >= self.profile.max_active
        if full and victim == ZERO_ADDRESS:
            raise Refused("SetFull")
        if not full and victim != ZERO_ADDRESS:
            raise Refused("SetHasRoom")
        if full:
            victim_weight = self.require_member(victim).latest.weight
            if victim_weight >= weight:
                raise Refused("VictimNotWeaker", victim, victim_weight, weight)
            self._take_out(victim, self.evicted, epoch)
        self.set_weight(node, weight, epoch)
        self.note_act(node, epoch)

    def drop_idle(self, node: Address, epoch: Epoch) -> None:
        """Take a silent member out."""
        last = self.require_member(node).last_active_epoch
        if epoch - last <= self.profile.idle_epochs:
            raise Refused("NotIdle", node, last)
        self._take_out(node, self.dropped, epoch)

    def set_weight(self, node: Address, weight: Weight, epoch: Epoch) -> None:
        """What ``node`` weighs from the next epoch on; zero: no member."""
        member = self.member(node)
        before = member.latest.weight
        if weight == before:
            return
        _, total, count = self._totals[-1] if self._totals else (0, 0, 0)
        count += (before == 0) - (weight == 0)
        member.change(Snapshot(Epoch(epoch + 1), weight, member.latest.payout))
        if self._totals and self._totals[-1][0] == epoch + 1:
            self._totals.pop()
        self._totals.append((Epoch(epoch + 1), Weight(total - before + weight), count))

    def set_payout(self, node: Address, payout: Address, epoch: Epoch) -> None:
        """Where ``node``'s rewards go for rounds of the next epoch and later."""
        member = self.member(node)
        member.change(Snapshot(Epoch(epoch + 1), member.latest.weight, payout))

    def note_act(self, node: Address, epoch: Epoch) -> None:
        """The node was there in ``epoch``."""
        self.member(node).last_active_epoch = epoch

    def jail(self, node: Address, epoch: Epoch) -> None:
        """Bar ``node`` from commits until the next epoch, as far as the budget goes."""
        member = self.member(node)
        if member.jailed_epoch != epoch and self._spend(node, self.jailed, epoch):
            member.jailed_epoch = epoch

    def tombstone(self, node: Address, epoch: Epoch) -> None:
        """Bar ``node`` from commits at once, and from the set for good."""
        self.member(node).tombstoned = True
        self.set_weight(node, Weight(0), epoch)

    def eligible(self, node: Address, round_epoch: Epoch, epoch: Epoch) -> Snapshot:
        """What ``node`` had in ``round_epoch`` if it may act in such a round now, else nothing."""
        member = self.member(node)
        if member.tombstoned or member.jailed_epoch == epoch:
            return NOTHING
        return member.at(round_epoch) or NOTHING

    def require_member(self, node: Address) -> Membership:
        """A member of the set from the next epoch on."""
        member = self.member(node)
        if member.latest.weight == 0:
            raise Refused("NodeNotActive", node)
        return member

    def _take_out(self, node: Address, budget: Budget, epoch: Epoch) -> None:
        if not self._spend(node, budget, epoch):
            total, _ = self.total_at(epoch)
            raise Refused("BudgetSpent", budget.spent(epoch)[1], total // BUDGET_DIVISOR)
        self.set_weight(node, Weight(0), epoch)

    def _spend(self, node: Address, budget: Budget, epoch: Epoch) -> bool:
        member = self.member(node)
        present = member.at(epoch) or NOTHING
        total, _ = self.total_at(epoch)
        return budget.take(epoch, max(present.weight, member.latest.weight), total)
