"""What the hub and a remote verifier tell of checkpoints: one class an event."""

from __future__ import annotations

import attrs

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.contracts.contract import ContractEvent
from chainboy.contracts.reverts import error_name
from chainboy.units import Address, Digest, Epoch, Timestamp, Weight


@attrs.frozen(kw_only=True)
class Sealed(ContractEvent):
    """A checkpoint was made; ``words`` are its distribution's, empty when it keeps an earlier one."""

    number: int
    checkpoint: Checkpoint
    words: tuple[int, ...] = attrs.field(converter=tuple)


@attrs.frozen(kw_only=True)
class Attested(ContractEvent):
    """A node's signature over a sealed checkpoint."""

    number: int
    node: Address
    signature: bytes


@attrs.frozen(kw_only=True)
class AttestationSkipped(ContractEvent):
    """A signature was passed over."""

    number: int
    node: Address
    reason: bytes

    @property
    def error(self) -> str:
        """The name of the error that the signature alone would deserve."""
        return error_name(self.reason)


@attrs.frozen(kw_only=True)
class GatewayListed(ContractEvent):
    """Nodes may trust requests of ``gateway`` on chain ``chain_id`` from ``from_`` on."""

    chain_id: int
    gateway: Address
    from_: Timestamp


@attrs.frozen(kw_only=True)
class CheckpointAccepted(ContractEvent):
    """A remote verifier believes a checkpoint."""

    number: int
    checkpoint: Checkpoint


@attrs.frozen(kw_only=True)
class DistributionAnnounced(ContractEvent):
    """The guardian named another distribution; anybody may activate it from ``active_at`` on."""

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
