"""The verifier of a remote chain: it believes what a majority of tokens signed."""

from __future__ import annotations

from collections.abc import Sequence

from chainboy.chain.call import Call
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.consensus.profiles import VerifierProfile
from chainboy.consensus.record import Record
from chainboy.contracts import checkpoint_events as events
from chainboy.contracts.contract import Contract, structure
from chainboy.units import Address, Digest, Epoch, Timestamp


class CheckpointVerifier(Contract):
    """``CheckpointVerifier``."""

    ABI = "ICheckpointVerifier"
    EVENTS = (events.CheckpointAccepted, events.DistributionAnnounced, events.DistributionActivated)

    def submit(
        self, checkpoint: Checkpoint, stored_list: Sequence[int], bitmap: int, signatures: bytes
    ) -> Call:
        """Bring a checkpoint, with the words of the distribution that the verifier has now.

        Bit i of ``bitmap``: entry i of the list has signed; its 65 bytes follow those of all lower bits.
        """
        return self._write("submit", checkpoint, stored_list, bitmap, signatures)

    def announce(self, stake: TrustedStake) -> Call:
        """Name a later distribution once this one is too old; the guardian's alone."""
        return self._write("announce", stake.epoch, stake.stake_hash, stake.stake_total)

    def activate(self) -> Call:
        """Let the announced distribution count, after the guardian's delay."""
        return self._write("activate")

    def require_record(self, record: Record, proof: bytes) -> None:
        """Raise :class:`~chainboy.errors.ContractRefused` unless ``proof`` shows ``record``."""
        self._read("requireRecord", record, proof)

    def live_until(self) -> Timestamp:
        """Until when (exclusive, block time) it takes checkpoints."""
        return Timestamp(self._read("liveUntil"))

    def home_chain_id(self) -> int:
        """The chain that the hub is on."""
        return int(self._read("homeChainId"))

    def hub(self) -> Address:
        """The hub whose checkpoints it takes."""
        return Address(self._read("hub"))

    def guardian(self) -> Address:
        """Who may name another distribution once the present one is too old."""
        return Address(self._read("guardian"))

    def profile(self) -> VerifierProfile:
        """The figures of this deployment."""
        profile: VerifierProfile = structure(VerifierProfile, self._read("profile"))
        return profile

    def domain_separator(self) -> Digest:
        """The EIP-712 domain separator of all signatures: the hub's, on its own chain."""
        return Digest(self._read("domainSeparator"))

    def current_epoch(self) -> Epoch:
        """The home chain's epoch by this chain's clock; later ones are refused."""
        return Epoch(self._read("currentEpoch"))

    def last_number(self) -> int:
        """The newest accepted checkpoint; 0: none yet."""
        return int(self._read("lastNumber"))

    def distribution(self) -> TrustedStake:
        """Whose signatures count."""
        found: TrustedStake = structure(TrustedStake, self._read("distribution"))
        return found

    def records_count(self) -> int:
        """How many records there are under the newest accepted checkpoint."""
        return int(self._read("recordsCount"))

    def root_of(self, number: int) -> Digest:
        """Root of the records under checkpoint ``number``; 32 zero bytes: it was not accepted."""
        return Digest(self._read("rootOf", number))

    def announcement(self) -> tuple[TrustedStake, Timestamp]:
        """(what was announced, from when on it can be activated); time 0: nothing."""
        announced, active_at = self._read("announcement")
        return structure(TrustedStake, announced), Timestamp(active_at)
