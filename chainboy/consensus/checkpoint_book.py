"""A remote chain's verifier as a pure state machine: which checkpoints it takes, which records it believes.

Rule: protocol, section 10; a mirror of ``CheckpointVerifier``, refusals by its own names and in its order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import attrs

from chainboy.consensus import encoding, merkle
from chainboy.consensus.attestations import outweighs
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.distribution import WEIGHT_BITS, split_word
from chainboy.consensus.fields import ZERO_ADDRESS, digest, uint
from chainboy.consensus.profiles import VerifierProfile
from chainboy.consensus.record import Record
from chainboy.consensus.record_proof import decode_record_proof
from chainboy.consensus.refusal import Refused
from chainboy.consensus.signing import SIGNATURE_BYTES, Domain, Recover, checkpoint_digest, signer_of
from chainboy.errors import EncodingError
from chainboy.units import Address, Digest, Epoch, Timestamp, Weight

NUMBER_BITS = 64
"""Bits in which a verifier keeps a checkpoint's number and its count of records."""

EPOCH_BITS = 32
"""Bits in which it keeps a distribution's epoch."""


@attrs.frozen(kw_only=True)
class TrustedStake:
    """The distribution whose nodes a verifier believes, by its hash; ``epoch`` is when it held."""

    epoch: Epoch = attrs.field(validator=uint(256))
    stake_hash: Digest = attrs.field(validator=digest)
    stake_total: Weight = attrs.field(validator=uint(256))

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> TrustedStake:
        """The distribution that a checkpoint names."""
        return cls(
            epoch=checkpoint.epoch,
            stake_hash=checkpoint.stake_hash,
            stake_total=checkpoint.stake_total,
        )


@attrs.frozen(kw_only=True)
class AcceptedRecords:
    """The hub's accumulator as of an accepted checkpoint."""

    root: Digest
    count: int


@attrs.frozen(kw_only=True)
class Announcement:
    """What the guardian announced, and from when on it can be made to count."""

    stake: TrustedStake
    active_at: Timestamp


class CheckpointBook:
    """``CheckpointVerifier`` without a chain: a call tells the block's time, and changes or refuses.

    Refuses with :class:`~chainboy.consensus.refusal.Refused`, having changed nothing. ``domain`` is that of
    the home chain's hub, ``stake`` the first distribution; there are no records before the first checkpoint.
    """

    def __init__(
        self,
        profile: VerifierProfile,
        stake: TrustedStake,
        *,
        domain: Domain,
        guardian: Address,
        recover: Recover,
        now: Timestamp,
    ) -> None:
        if ZERO_ADDRESS in (domain.hub, guardian):
            raise Refused("ZeroAddress")
        profile.validate(now)
        self.profile = profile
        self.domain = domain
        self.guardian = guardian
        self._recover = recover
        self._require_possible(stake, now)
        self.stake = stake
        self.last_number = 0
        self.accepted = {0: AcceptedRecords(root=merkle.empty_nodes()[merkle.DEPTH], count=0)}
        self.announcement: Announcement | None = None

    @property
    def live_until(self) -> Timestamp:
        """Until when (exclusive) it takes checkpoints: its nodes' bonds stay slashable a while longer."""
        return self.profile.trust_until(self.stake.epoch)

    def submit(
        self,
        checkpoint: Checkpoint,
        stored_list: Sequence[int],
        bitmap: int,
        signatures: bytes,
        *,
        now: Timestamp,
    ) -> Weight:
        """Take a checkpoint that nodes of more than half of the stored stake signed; returns their weight.

        ``stored_list`` holds the words of the distribution stored *before*; ``bitmap`` and ``signatures`` are
        as :class:`~chainboy.consensus.attestations.Attestations` packs them.
        """
        if now >= self.live_until:
            raise Refused("NotLive", self.live_until)
        if encoding.stake_hash(stored_list) != self.stake.stake_hash:
            raise Refused("DistributionMismatch")
        self._require_newer(checkpoint, now)
        signed = self._signed(checkpoint, stored_list, bitmap, signatures)
        if not outweighs(signed, self.stake.stake_total):
            raise Refused("NotEnoughWeight", signed, self.stake.stake_total)
        _require_fits(NUMBER_BITS, checkpoint.number, checkpoint.records_count)
        _require_stored(TrustedStake.of(checkpoint))
        self.last_number = checkpoint.number
        self.stake = TrustedStake.of(checkpoint)
        self.accepted[checkpoint.number] = AcceptedRecords(
            root=checkpoint.records_root, count=checkpoint.records_count
        )
        return signed

    def _require_newer(self, checkpoint: Checkpoint, now: Timestamp) -> None:
        stored, records = self.stake, self.accepted[self.last_number]
        offered = TrustedStake.of(checkpoint)
        if checkpoint.number <= self.last_number:
            raise Refused("NumberNotNewer", checkpoint.number, self.last_number)
        if offered.epoch < stored.epoch:
            raise Refused("EpochGoesBack", offered.epoch, stored.epoch)
        self._require_past(offered, now)
        if offered.epoch == stored.epoch and offered != stored:
            raise Refused("SameEpochOtherStake", offered.epoch)
        if checkpoint.records_count < records.count:
            raise Refused("CountGoesBack", checkpoint.records_count, records.count)
        if checkpoint.records_count == records.count and checkpoint.records_root != records.root:
            raise Refused("SameCountOtherRoot", checkpoint.records_count)
        _require_some(offered)

    def _signed(
        self, checkpoint: Checkpoint, stored_list: Sequence[int], bitmap: int, signatures: bytes
    ) -> Weight:
        """The weight of those in the map, each of whom must have signed."""
        if bitmap >> len(stored_list) or len(signatures) != SIGNATURE_BYTES * bitmap.bit_count():
            raise Refused("SignaturesMismatch")
        signed_digest = checkpoint_digest(self.domain, checkpoint)
        chosen = compress(stored_list, (bitmap >> position & 1 for position in range(len(stored_list))))
        signed = 0
        for index, (node, weight) in enumerate(map(split_word, chosen)):
            start = index * SIGNATURE_BYTES
            signer = signer_of(signed_digest, signatures[start : start + SIGNATURE_BYTES], self._recover)
            if signer != node or node == ZERO_ADDRESS:
                raise Refused("BadSignature", node)
            signed += weight
        return Weight(signed)

    def announce(self, stake: TrustedStake, *, sender: Address, now: Timestamp) -> None:
        """The guardian's alone, once nothing can be submitted any more; doing it again restarts the delay."""
        if sender != self.guardian:
            raise Refused("NotGuardian", sender)
        if now < self.live_until:
            raise Refused("StillLive", self.live_until)
        if stake.epoch <= self.stake.epoch:
            raise Refused("EpochGoesBack", stake.epoch, self.stake.epoch)
        self._require_possible(stake, now)
        active_at = Timestamp(now + self.profile.guardian_delay)
        self.announcement = Announcement(stake=stake, active_at=active_at)

    def activate(self, *, now: Timestamp) -> None:
        """Make the announced distribution count, by anyone; numbers and records stay as they are."""
        if self.announcement is None:
            raise Refused("NothingAnnounced")
        if now < self.announcement.active_at:
            raise Refused("TooEarly", self.announcement.active_at)
        self.stake, self.announcement = self.announcement.stake, None

    def require_record(self, record: Record, proof: bytes) -> None:
        """Refuse with ``UnprovenRecord`` unless ``proof`` leads from ``record`` to an accepted root.

        At any time: what was proven once stays deliverable.
        """
        try:
            number, siblings = decode_record_proof(proof)
        except EncodingError as error:
            raise Refused("UnprovenRecord", record.task_id) from error
        records = self.accepted.get(number)
        if records is None or not merkle.verify(record.hash, siblings, records.root):
            raise Refused("UnprovenRecord", record.task_id)

    def _require_possible(self, stake: TrustedStake, now: Timestamp) -> None:
        self._require_past(stake, now)
        _require_some(stake)
        _require_stored(stake)

    def _require_past(self, stake: TrustedStake, now: Timestamp) -> None:
        current = self.profile.epoch(now)
        if stake.epoch > current:
            raise Refused("EpochInFuture", stake.epoch, current)


def _require_some(stake: TrustedStake) -> None:
    if stake.stake_total == 0:
        raise Refused("EmptyDistribution")


def _require_stored(stake: TrustedStake) -> None:
    _require_fits(EPOCH_BITS, stake.epoch)
    _require_fits(WEIGHT_BITS, stake.stake_total)


def _require_fits(bits: int, *values: int) -> None:
    """Each has so many bits in storage."""
    for value in values:
        if value >> bits:
            raise Refused("SafeCastOverflowedUintDowncast", bits, value)
