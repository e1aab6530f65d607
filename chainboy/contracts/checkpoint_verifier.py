"""A remote chain's verifier: believes the checkpoints that a majority of tokens signed."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from chainboy.chain.call import Call
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.profiles import VerifierProfile
from chainboy.consensus.record import Record
from chainboy.contracts import checkpoint_events as events
from chainboy.contracts.contract import Contract, structure
from chainboy.units import Address, Digest, Epoch, Timestamp, Weight


@attrs.frozen(kw_only=True)
class Distribution:
    """Whose signatures count: a list of stake, by its epoch, hash and sum."""

    epoch: Epoch
    stake_hash: Digest
    stake_total: Weight


@attrs.frozen
class Root:
    """The records of an accepted checkpoint; a root of zeros: not accepted."""

    records_root: Digest
    records_count: int


class CheckpointVerifier(Contract):
    """``CheckpointVerifier``; times are of the chain it is on."""

    ABI = "ICheckpointVerifier"
    EVENTS = (events.CheckpointAccepted, events.DistributionAnnounced, events.DistributionActivated)

    def submit(
        self, checkpoint: Checkpoint, stored_list: Sequence[int], bitmap: int, signatures: bytes
    ) -> Call:
        """Bring a checkpoint, signed by more than half of the distribution that is kept here.

        ``stored_list`` is that distribution; bit i of ``bitmap``: its i-th entry signed; ``signatures`` are
        65 bytes each, in its order.
        """
        return self._write("submit", checkpoint, stored_list, bitmap, signatures)

    def announce(self, distribution: Distribution) -> Call:
        """Name a later distribution once the kept one is too old; the guardian's alone."""
        return self._write("announce", distribution.epoch, distribution.stake_hash, distribution.stake_total)

    def activate(self) -> Call:
        """Let the announced distribution count, after the delay."""
        return self._write("activate")

    def home_chain_id(self) -> int:
        """The home chain's id."""
        return int(self._read("homeChainId"))

    def hub(self) -> Address:
        """The hub, on the home chain."""
        return Address(self._read("hub"))

    def guardian(self) -> Address:
        """Who may announce."""
        return Address(self._read("guardian"))

    def profile(self) -> VerifierProfile:
        """The figures of this deployment."""
        profile: VerifierProfile = structure(VerifierProfile, self._read("profile"))
        return profile

    def domain_separator(self) -> Digest:
        """The EIP-712 domain separator of the signatures."""
        return Digest(self._read("domainSeparator"))

    def live_until(self) -> Timestamp:
        """Until when (exclusive) it can learn of new records."""
        return Timestamp(self._read("liveUntil"))

    def current_epoch(self) -> Epoch:
        """The home chain's epoch by this chain's clock; later ones are refused."""
        return Epoch(self._read("currentEpoch"))

    def last_number(self) -> int:
        """The newest accepted checkpoint; 0: none yet."""
        return int(self._read("lastNumber"))

    def distribution(self) -> Distribution:
        """Whose signatures count."""
        distribution: Distribution = structure(Distribution, self._read("distribution"))
        return distribution

    def root_of(self, number: int) -> Root:
        """The records of an accepted checkpoint, of none for number 0."""
        return Root(*self._read("rootOf", number))

    def announcement(self) -> tuple[Distribution, Timestamp]:
        """What was announced, and when it may be activated; 0: nothing was."""
        announced, active_at = self._read("announcement")
        return structure(Distribution, announced), Timestamp(active_at)

    def require_record(self, record: Record, proof: bytes) -> None:
        """Raise :class:`~chainboy.errors.ContractRefused` unless the hub made ``record``."""
        self._read("requireRecord", record, proof)
