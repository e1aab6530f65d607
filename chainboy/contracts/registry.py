"""The registry: who the nodes are and what they have bonded."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from chainboy.chain.call import Call
from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.contracts import registry_events as events
from chainboy.contracts.contract import Contract, structure
from chainboy.contracts.profile import RegistryProfile
from chainboy.units import Address, Epoch, Weight


@attrs.frozen(kw_only=True)
class NodeState:
    """A node as its owner sees it now; ``weight`` and ``active`` are what counts from the next epoch on.

    Commits revert in ``jailed_epoch`` (0: none); it cannot unbond before ``locked_until_epoch``.
    """

    owner: Address
    payout: Address
    bonded: Weight
    unbonding: Weight
    release_epoch: Epoch
    weight: Weight
    last_active_epoch: Epoch
    jailed_epoch: Epoch
    locked_until_epoch: Epoch
    active: bool
    tombstoned: bool


class Registry(Contract):
    """``NodeRegistry``; amounts in token units. What is changed in epoch e counts from e + 1 on."""

    ABI = "INodeRegistry"
    EVENTS = (
        events.Registered,
        events.Bonded,
        events.Unbonding,
        events.BondWithdrawn,
        events.PayoutSet,
        events.Entered,
        events.Left,
        events.WeightChanged,
        events.Slashed,
        events.Jailed,
        events.TreasuryMoved,
    )

    def register(self, node: Address, payout: Address, node_signature: bytes) -> Call:
        """Make the sender ``node``'s owner for good; the signature is over ``register_digest``."""
        return self._write("register", node, payout, node_signature)

    def bond(self, node: Address, amount: int) -> Call:
        """Add approved tokens to the bond; the owner's alone."""
        return self._write("bond", node, amount)

    def enter(self, node: Address, victim: Address = ZERO_ADDRESS) -> Call:
        """Take a seat: while there is room without a victim, else that of a weaker node."""
        return self._write("enter", node, victim)

    def unbond(self, node: Address, amount: int) -> Call:
        """Start to take tokens out; the owner's alone."""
        return self._write("unbond", node, amount)

    def withdraw(self, node: Address, to: Address) -> Call:
        """Send released tokens to ``to``; the owner's alone."""
        return self._write("withdraw", node, to)

    def set_payout(self, node: Address, payout: Address) -> Call:
        """Send rewards of later epochs to ``payout``; the owner's alone."""
        return self._write("setPayout", node, payout)

    def alive(self, node: Address) -> Call:
        """Show that the node is there; by itself or its owner."""
        return self._write("alive", node)

    def drop_idle(self, node: Address) -> Call:
        """Take a silent node out of the set; by anyone."""
        return self._write("dropIdle", node)

    def move_treasury(self, to: Address, amount: int) -> Call:
        """Send slashed tokens to ``to``; the treasurer's alone."""
        return self._write("moveTreasury", to, amount)

    def token(self) -> Address:
        """The token that is bonded here."""
        return Address(self._read("token"))

    def hub(self) -> Address:
        """The hub, which alone slashes."""
        return Address(self._read("hub"))

    def treasurer(self) -> Address:
        """Who may move the treasury."""
        return Address(self._read("treasurer"))

    def profile(self) -> RegistryProfile:
        """The figures of this deployment."""
        profile: RegistryProfile = structure(RegistryProfile, self._read("profile"))
        return profile

    def treasury(self) -> Weight:
        """Slashed tokens that the treasurer may move."""
        return Weight(self._read("treasury"))

    def current_epoch(self) -> Epoch:
        """The epoch of the newest block."""
        return Epoch(self._read("currentEpoch"))

    def node_of(self, node: Address) -> NodeState:
        """A node as its owner sees it now."""
        state: NodeState = structure(NodeState, self._read("nodeOf", node))
        return state

    def snapshot_at(self, node: Address, epoch: int) -> tuple[Weight, Address]:
        """(weight, payout) that ``node`` had in ``epoch``; weight zero: not active."""
        weight, payout = self._read("snapshotAt", node, epoch)
        return Weight(weight), Address(payout)

    def weights_at(self, nodes: Sequence[Address], epoch: int) -> tuple[Weight, ...]:
        """What each of ``nodes`` weighed in ``epoch``, as :meth:`snapshot_at` tells for one."""
        return tuple(map(Weight, self._read("weightsAt", nodes, epoch)))

    def total_at(self, epoch: int) -> tuple[Weight, int]:
        """(sum, number) of the active weights of ``epoch``; zeros below the minimum active weight."""
        weight, count = self._read("totalAt", epoch)
        return Weight(weight), int(count)

    def last_change(self, epoch: int) -> Epoch:
        """The newest epoch up to ``epoch`` from which weights or membership changed; 0: none."""
        return Epoch(self._read("lastChange", epoch))

    def seats_taken(self) -> int:
        """Members from the next epoch on."""
        return int(self._read("seatsTaken"))
