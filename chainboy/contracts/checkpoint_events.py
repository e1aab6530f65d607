"""What hub and verifiers tell of checkpoints: one class an event."""

from __future__ import annotations

import attrs

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.contracts.contract import ContractEvent
from chainboy.contracts.reverts import error_name
from chainboy.units import Address, Digest, Epoch, Timestamp, Weight


@attrs.frozen(kw_only=True)
class Sealed(ContractEvent):
    """The hub made a checkpoint; ``words`` are its distribution's, empty when an earlier one is kept."""

    number: int
    checkpoint: Checkpoint
    words: tuple[int, ...]


@attrs.frozen(kw_only=True)
class Attested(ContractEvent):
    """A node's signature over a sealed checkpoint; whether the node counts is not said."""

    number: int
    node: Address
    signature: bytes


@attrs.frozen(kw_only=True)
class AttestationSkipped(ContractEvent):
    """An entry of a batch was passed over."""

    number: int
    node: Address
    reason: bytes

    @property
    def error(self) -> str:
        """The name of the error that the entry alone would deserve."""
        return error_name(self.reason)


@attrs.frozen(kw_only=True)
class GatewayListed(ContractEvent):
    """A gateway of chain ``chain_id`` that nodes may trust from ``from_`` on."""

    chain_id: int
    gateway: Address
    from_: Timestamp


@attrs.frozen(kw_only=True)
class CheckpointAccepted(ContractEvent):
    """A verifier believes this checkpoint: its records are provable, its nodes sign the next ones."""

    number: int
    checkpoint: Checkpoint


@attrs.frozen(kw_only=True)
class DistributionAnnounced(ContractEvent):
    """The guardian named a distribution, which anybody can activate from ``active_at`` on."""

    epoch: Epoch
    stake_hash: Digest
    stake_total: Weight
    active_at: Timestamp


@attrs.frozen(kw_only=True)
class DistributionActivated(ContractEvent):
    """The announced distribution counts."""

    epoch: Epoch
    stake_hash: Digest
    stake_total: Weight
