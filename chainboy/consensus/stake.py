"""Who the nodes are and what they have bonded: the registry as a pure state machine.

Rule: protocol, section 5; a mirror of ``contracts/src/NodeRegistry.sol``, refusals by the contract's own
names.
"""

from __future__ import annotations

from enum import IntEnum

import attrs

from chainboy.consensus.active_set import ActiveSet
from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.consensus.profiles import ALL, RegistryProfile
from chainboy.consensus.refusal import Refused
from chainboy.units import Address, Epoch, Timestamp, Weight

NO_WEIGHT = Weight(0)
"""No tokens."""

WEIGHT_BITS = 96
"""Bonds are below 2**96, as the token's supply is."""


class Offence(IntEnum):
    """Why a node is slashed."""

    UNREVEALED = 0
    UNREVEALED_RANDOM = 1
    FORGERY = 2


@attrs.define
class Stake:
    """A node's tokens and what binds them; epochs are numbers, 0 for none."""

    owner: Address = ZERO_ADDRESS
    bonded: Weight = NO_WEIGHT
    unbonding: Weight = NO_WEIGHT
    release_epoch: int = 0
    locked_until_epoch: int = 0
    last_slash_epoch: int = 0


@attrs.frozen(kw_only=True)
class Node:
    """A node as its owner sees it now; ``weight`` and ``active`` are what counts from the next epoch on."""

    owner: Address
    payout: Address
    bonded: Weight
    unbonding: Weight
    release_epoch: int
    weight: Weight
    last_active_epoch: int
    jailed_epoch: int
    locked_until_epoch: int
    active: bool
    tombstoned: bool


class StakeBook:
    """``NodeRegistry`` without a chain: a call tells its sender and the block's time, and changes or refuses.

    Refuses with :class:`~chainboy.consensus.refusal.Refused`, having changed nothing. Token transfers are
    taken to succeed: whoever bonds has the tokens and approved them. ``hub`` and ``treasurer`` are the
    only ones who may call what is theirs.
    """

    def __init__(self, profile: RegistryProfile, *, hub: Address, treasurer: Address) -> None:
        self.profile = profile
        self.hub = hub
        self.treasurer = treasurer
        self.treasury = Weight(0)
        self.active_set = ActiveSet(profile)
        self._stakes: dict[Address, Stake] = {}

    def register(
        self, node: Address, payout: Address, *, signed: bool, sender: Address, now: Timestamp
    ) -> None:
        """``sender`` becomes the owner of ``node``; ``signed``: the signature given is the node's own."""
        if payout == ZERO_ADDRESS:
            raise Refused("ZeroAddress")
        if self._stake(node).owner != ZERO_ADDRESS:
            raise Refused("AlreadyRegistered", node)
        if not signed:
            raise Refused("BadSignature", node)
        self._stakes[node] = Stake(owner=sender)
        self.active_set.set_payout(node, payout, self.epoch(now))

    def bond(self, node: Address, amount: int, *, sender: Address, now: Timestamp) -> None:
        """Add ``amount`` tokens to the bond."""
        stake = self._owned(node, sender)
        if amount == 0:
            raise Refused("ZeroAmount")
        bonded = stake.bonded + amount
        if bonded >> WEIGHT_BITS:
            raise Refused("SafeCastOverflowedUintDowncast", WEIGHT_BITS, bonded)
        stake.bonded = Weight(bonded)
        self._follow(node, stake, now)

    def enter(self, node: Address, victim: Address, *, sender: Address, now: Timestamp) -> None:
        """Take a seat; with room ``victim`` is the zero address, else a weaker member that loses its seat."""
        stake = self._acting(node, sender)
        member = self.active_set.member(node)
        if member.tombstoned:
            raise Refused("Tombstoned", node)
        if member.latest.weight:
            raise Refused("AlreadyActive", node)
        if stake.bonded < self.profile.min_bond:
            raise Refused("BondTooSmall", stake.bonded, self.profile.min_bond)
        epoch = self.epoch(now)
        self.active_set.seat(node, stake.bonded, victim, epoch)
        if victim != ZERO_ADDRESS:
            stake.locked_until_epoch = epoch + 2

    def unbond(self, node: Address, amount: int, *, sender: Address, now: Timestamp) -> None:
        """Start to take ``amount`` tokens out; the whole unbonding bucket is then released together."""
        stake = self._owned(node, sender)
        epoch = self.epoch(now)
        if amount == 0:
            raise Refused("ZeroAmount")
        if epoch < stake.locked_until_epoch:
            raise Refused("LockedUntil", stake.locked_until_epoch)
        if amount > stake.bonded:
            raise Refused("BondTooLarge", amount, stake.bonded)
        bonded = Weight(stake.bonded - amount)
        if 0 < bonded < self.profile.min_bond:
            raise Refused("BondTooSmall", bonded, self.profile.min_bond)
        stake.bonded = bonded
        stake.unbonding = Weight(stake.unbonding + amount)
        stake.release_epoch = epoch + 1 + self.profile.unbonding_epochs
        self._follow(node, stake, now)

    def withdraw(self, node: Address, to: Address, *, sender: Address, now: Timestamp) -> Weight:
        """Send the released tokens to ``to``; returns how many."""
        stake = self._owned(node, sender)
        if to == ZERO_ADDRESS:
            raise Refused("ZeroAddress")
        if stake.unbonding == 0:
            raise Refused("NothingToWithdraw", node)
        if self.epoch(now) < stake.release_epoch:
            raise Refused("StillUnbonding", stake.release_epoch)
        amount, stake.unbonding = stake.unbonding, Weight(0)
        return amount

    def set_payout(self, node: Address, payout: Address, *, sender: Address, now: Timestamp) -> None:
        """Where rewards go, for rounds of later epochs."""
        self._owned(node, sender)
        if payout == ZERO_ADDRESS:
            raise Refused("ZeroAddress")
        self.active_set.set_payout(node, payout, self.epoch(now))

    def alive(self, node: Address, *, sender: Address, now: Timestamp) -> None:
        """Show that the node is there."""
        self._acting(node, sender)
        self.active_set.note_act(node, self.epoch(now))

    def drop_idle(self, node: Address, *, now: Timestamp) -> None:
        """Take a silent node out of the set, by anyone."""
        self.active_set.drop_idle(node, self.epoch(now))

    def move_treasury(self, to: Address, amount: int, *, sender: Address) -> None:
        """Send ``amount`` of the slashed tokens to ``to``."""
        if sender != self.treasurer:
            raise Refused("NotTreasurer", sender)
        if to == ZERO_ADDRESS:
            raise Refused("ZeroAddress")
        if amount == 0:
            raise Refused("ZeroAmount")
        if amount > self.treasury:
            raise Refused("TreasuryTooSmall", self.treasury)
        self.treasury = Weight(self.treasury - amount)

    def note_commit(
        self, node: Address, round_epoch: Epoch, *, sender: Address, now: Timestamp
    ) -> tuple[Weight, Address]:
        """Weight and payout of ``node`` in a round it acts in; weight zero: it may not commit."""
        self._require_hub(sender)
        epoch = self.epoch(now)
        snapshot = self.active_set.eligible(node, round_epoch, epoch)
        if snapshot.weight == 0:
            return Weight(0), ZERO_ADDRESS
        self.active_set.note_act(node, epoch)
        return snapshot.weight, snapshot.payout

    def slash(
        self, node: Address, round_epoch: Epoch, offence: Offence, *, sender: Address, now: Timestamp
    ) -> Weight:
        """Take the offence's share of both buckets, rounded down, and jail or tombstone; returns the sum."""
        self._require_hub(sender)
        stake = self._stake(node)
        if offence is Offence.UNREVEALED:
            if round_epoch <= stake.last_slash_epoch:
                return Weight(0)
            stake.last_slash_epoch = round_epoch
        if offence is Offence.FORGERY and self.active_set.member(node).tombstoned:
            return Weight(0)
        bonded, unbonding = self._parts(stake, offence)
        stake.bonded = Weight(stake.bonded - bonded)
        stake.unbonding = Weight(stake.unbonding - unbonding)
        self.treasury = Weight(self.treasury + bonded + unbonding)
        punish = self.active_set.tombstone if offence is Offence.FORGERY else self.active_set.jail
        punish(node, self.epoch(now))
        self._follow(node, stake, now)
        return Weight(bonded + unbonding)

    def forgery_cost(self, node: Address) -> Weight:
        """What :meth:`slash` takes for a forgery now; zero: nothing, or it was taken once."""
        if self.active_set.member(node).tombstoned:
            return NO_WEIGHT
        return Weight(sum(self._parts(self._stake(node), Offence.FORGERY)))

    def epoch(self, now: Timestamp) -> Epoch:
        """The number of the epoch at ``now``."""
        return Epoch(self.profile.epoch(now))

    def total_at(self, epoch: Epoch) -> tuple[Weight, int]:
        """Weight and number of the active nodes of ``epoch``; both zero below the minimum active weight."""
        return self.active_set.total_at(epoch)

    def last_change(self, epoch: Epoch) -> Epoch:
        """The newest epoch up to ``epoch`` from which any weight counts differently; 0: there is none."""
        return self.active_set.last_change(epoch)

    def snapshot_at(self, node: Address, epoch: Epoch) -> tuple[Weight, Address]:
        """Weight and payout of ``node`` in ``epoch``; refuses with ``EpochTooOld`` beyond what is kept."""
        snapshot = self.active_set.member(node).at(epoch)
        if snapshot is None:
            raise Refused("EpochTooOld", epoch)
        return snapshot.weight, snapshot.payout

    @property
    def nodes(self) -> tuple[Address, ...]:
        """Every registered node."""
        return tuple(node for node, stake in self._stakes.items() if stake.owner != ZERO_ADDRESS)

    @property
    def balance(self) -> Weight:
        """The tokens it holds: bonded, unbonding and treasury. Rule: protocol, section 12, invariant 1."""
        held = (stake.bonded + stake.unbonding for stake in self._stakes.values())
        return Weight(sum(held) + self.treasury)

    def node(self, node: Address) -> Node:
        """All about one node."""
        stake, member = self._stake(node), self.active_set.member(node)
        return Node(
            owner=stake.owner,
            payout=member.latest.payout,
            bonded=stake.bonded,
            unbonding=stake.unbonding,
            release_epoch=stake.release_epoch,
            weight=member.latest.weight,
            last_active_epoch=member.last_active_epoch,
            jailed_epoch=member.jailed_epoch,
            locked_until_epoch=stake.locked_until_epoch,
            active=member.latest.weight > 0,
            tombstoned=member.tombstoned,
        )

    def _stake(self, node: Address) -> Stake:
        return self._stakes.setdefault(node, Stake())

    def _owned(self, node: Address, sender: Address) -> Stake:
        return self._of(node, sender, (self._stake(node).owner,))

    def _acting(self, node: Address, sender: Address) -> Stake:
        return self._of(node, sender, (self._stake(node).owner, node))

    def _of(self, node: Address, sender: Address, entitled: tuple[Address, ...]) -> Stake:
        stake = self._stake(node)
        if stake.owner == ZERO_ADDRESS:
            raise Refused("NotRegistered", node)
        if sender not in entitled:
            raise Refused("NotOwner", sender)
        return stake

    def _require_hub(self, sender: Address) -> None:
        if sender != self.hub:
            raise Refused("NotHub", sender)

    def _parts(self, stake: Stake, offence: Offence) -> tuple[int, int]:
        """The offence's share of what is bonded and of what is unbonding, each rounded down."""
        profile = self.profile
        share = (profile.unrevealed_share, profile.random_share, profile.forgery_share)[offence]
        return share * stake.bonded // ALL, share * stake.unbonding // ALL

    def _follow(self, node: Address, stake: Stake, now: Timestamp) -> None:
        """A member's weight is its bond, from the next epoch on."""
        if self.active_set.member(node).latest.weight:
            self.active_set.set_weight(node, stake.bonded, self.epoch(now))
