"""What the registry tells: one class an event."""

from __future__ import annotations

from enum import IntEnum

import attrs

from chainboy.contracts.contract import ContractEvent
from chainboy.units import Address, Epoch, Weight


class Offence(IntEnum):
    """Why a node is slashed."""

    UNREVEALED = 0
    UNREVEALED_RANDOM = 1
    FORGERY = 2


@attrs.frozen(kw_only=True)
class Registered(ContractEvent):
    """A node has its owner, for good."""

    node: Address
    owner: Address
    payout: Address


@attrs.frozen(kw_only=True)
class Bonded(ContractEvent):
    """Tokens were added to a bond."""

    node: Address
    amount: Weight


@attrs.frozen(kw_only=True)
class Unbonding(ContractEvent):
    """Tokens started to leave; the whole bucket is free from ``release_epoch`` on."""

    node: Address
    amount: Weight
    release_epoch: Epoch


@attrs.frozen(kw_only=True)
class BondWithdrawn(ContractEvent):
    """Released tokens left the registry."""

    node: Address
    to: Address
    amount: Weight


@attrs.frozen(kw_only=True)
class PayoutSet(ContractEvent):
    """Rewards of later epochs go to ``payout``."""

    node: Address
    payout: Address


@attrs.frozen(kw_only=True)
class Entered(ContractEvent):
    """A node took a seat; ``victim`` lost its own, or is the zero address."""

    node: Address
    victim: Address


@attrs.frozen(kw_only=True)
class Left(ContractEvent):
    """A node is out of the active set from ``from_epoch`` on."""

    node: Address
    from_epoch: Epoch


@attrs.frozen(kw_only=True)
class WeightChanged(ContractEvent):
    """A node's weight from ``from_epoch`` on."""

    node: Address
    from_epoch: Epoch
    weight: Weight


@attrs.frozen(kw_only=True)
class Slashed(ContractEvent):
    """A node lost ``amount`` tokens to the registry's treasury."""

    node: Address
    offence: Offence = attrs.field(converter=Offence)
    amount: Weight


@attrs.frozen(kw_only=True)
class Jailed(ContractEvent):
    """A node's commits revert in ``epoch``."""

    node: Address
    epoch: Epoch


@attrs.frozen(kw_only=True)
class TreasuryMoved(ContractEvent):
    """The treasurer moved slashed tokens."""

    to: Address
    amount: Weight
