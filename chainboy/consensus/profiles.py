"""The figures that the contracts of one deployment are made with, and the relations they refuse to break.

Rule: protocol, sections 4 to 9. Times in seconds, amounts in wei, weights in the token's smallest unit,
shares in hundredths of a percent.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from chainboy.consensus.params import Bounds
from chainboy.consensus.refusal import Refused
from chainboy.units import Timestamp, Wei, Weight

ALL = 10_000
"""A share of everything."""

MAX_SEATS = 256
"""Most seats of an active set: a round's ballots are positions of 8 bits."""

UNTRUSTED_EPOCHS = 3
"""A checkpoint is trusted for this many epochs less than its signers' bonds stay slashable."""

_WORD_32, _WORD_64 = 2**32, 2**64
_LIMIT = 2**40
_BLOCK_LIMIT = 2**31


@attrs.frozen(kw_only=True)
class RegistryProfile:
    """The figures of a ``NodeRegistry``."""

    genesis_time: Timestamp
    epoch_length: int
    unbonding_epochs: int
    idle_epochs: int
    max_active: int
    min_bond: Weight
    min_active_weight: Weight
    unrevealed_share: int
    random_share: int
    forgery_share: int

    def validate(self, now: Timestamp) -> None:
        """Refuse with ``ProfileInconsistent`` naming the first relation that does not hold."""
        _require(self._relations(now))

    def _relations(self, now: Timestamp) -> Iterator[tuple[bool, str]]:
        yield self.genesis_time <= now, "genesisTime <= now"
        yield self.epoch_length > 0, "epochLength > 0"
        yield self.trust_epochs > 0, f"unbondingEpochs > {UNTRUSTED_EPOCHS}"
        yield self.unbonding_epochs <= ALL, "unbondingEpochs <= 10000"
        yield self.idle_epochs > 0, "idleEpochs > 0"
        yield self.max_active > 0, "maxActive > 0"
        yield self.max_active <= MAX_SEATS, "maxActive <= 256"
        yield self.min_bond > 0, "minBond > 0"
        yield self.min_active_weight >= self.min_bond, "minActiveWeight >= minBond"
        yield self.unrevealed_share <= self.random_share, "unrevealedShare <= randomShare"
        yield self.random_share <= self.forgery_share, "randomShare <= forgeryShare"
        yield self.forgery_share <= ALL, "forgeryShare <= 10000"
        yield self.random_share < ALL, "randomShare < 10000"

    @property
    def trust_epochs(self) -> int:
        """For how many epochs a distribution of stake is trusted: fewer than its signers stay slashable."""
        return self.unbonding_epochs - UNTRUSTED_EPOCHS

    @property
    def trust_period(self) -> int:
        """The same in seconds. Rule: protocol, section 10."""
        return self.trust_epochs * self.epoch_length

    def epoch(self, now: Timestamp) -> int:
        """The number of whole epochs since genesis."""
        return (now - self.genesis_time) // self.epoch_length


@attrs.frozen(kw_only=True)
class HubProfile:
    """The figures of a ``ConsensusHub``; ``phase_blocks`` in blocks.

    ``block_time`` is the shortest time between two blocks of the home chain; ``min_seal_interval`` lies
    between a checkpoint and the next that brings no distribution; ``listing_delay`` between a gateway's
    listing and its effect.
    """

    bounds: Bounds
    reveal_window: int
    phase_blocks: int
    block_time: int
    attempt_life: int
    max_task_life: int
    min_seal_interval: int
    listing_delay: int

    def commit_blocks(self, window: int) -> int:
        """How many blocks a commit phase lasts at least whose window has so many seconds.

        At least as many as fit the window: a chain that stalls at the end of a long one then still has the
        reveal phase's blocks to come.
        """
        return max(self.phase_blocks, -(-window // self.block_time))

    def validate(self, registry: RegistryProfile) -> None:
        """Refuse with ``ProfileInconsistent`` naming the first relation that does not hold."""
        _require(self._relations(registry))

    def _relations(self, registry: RegistryProfile) -> Iterator[tuple[bool, str]]:
        least, most, fuel = attrs.astuple(self.bounds)
        yield least > 0, "minCommitWindow > 0"
        yield least <= most, "minCommitWindow <= maxCommitWindow"
        yield most < _BLOCK_LIMIT, "maxCommitWindow < 2^31"
        yield fuel > 0, "maxFuel > 0"
        yield fuel < _WORD_64, "maxFuel < 2^64"
        yield self.reveal_window > 0, "revealWindow > 0"
        yield self.reveal_window < _LIMIT, "revealWindow < 2^40"
        yield self.phase_blocks >= 20, "phaseBlocks >= 20"  # noqa: PLR2004 - 2 K + 20
        yield self.phase_blocks < _BLOCK_LIMIT, "phaseBlocks < 2^31"
        yield self.block_time > 0, "blockTime > 0"
        yield self.attempt_life > 0, "attemptLife > 0"
        yield self.attempt_life < _LIMIT, "attemptLife < 2^40"
        yield (
            self.attempt_life + most + self.reveal_window <= registry.epoch_length,
            "attemptLife + maxCommitWindow + revealWindow <= epochLength",
        )
        yield self.max_task_life < _LIMIT, "maxTaskLife < 2^40"
        yield (
            most + self.reveal_window <= self.max_task_life,
            "maxCommitWindow + revealWindow <= maxTaskLife",
        )
        yield self.max_task_life // self.attempt_life < 2**16 - 1, "maxTaskLife / attemptLife < 2^16 - 1"
        yield registry.max_active <= MAX_SEATS, "maxActive <= 256"
        yield self.min_seal_interval > 0, "minSealInterval > 0"
        yield self.min_seal_interval < _LIMIT, "minSealInterval < 2^40"
        yield self.listing_delay > 0, "listingDelay > 0"
        yield self.listing_delay < _LIMIT, "listingDelay < 2^40"


@attrs.frozen(kw_only=True)
class GatewayProfile:
    """The figures of a ``TaskGateway``; a result needs ``settle_time`` from its round's end to here."""

    bounds: Bounds
    reveal_window: int
    settle_time: int
    max_task_life: int
    refund_margin: int
    min_price: Wei
    max_callback_gas: int

    def validate(self, block_gas_limit: int) -> None:
        """Refuse with ``ProfileInconsistent`` naming the first relation that does not hold."""
        _require(self._relations(block_gas_limit))

    def _relations(self, block_gas_limit: int) -> Iterator[tuple[bool, str]]:
        least, most, fuel = attrs.astuple(self.bounds)
        windows = most + self.reveal_window + self.settle_time
        yield self.max_task_life < _WORD_32, "maxTaskLife < 2^32"
        yield self.refund_margin < _WORD_32, "refundMargin < 2^32"
        yield self.refund_margin > 0, "refundMargin > 0"
        yield least > 0, "minCommitWindow > 0"
        yield least <= most, "minCommitWindow <= maxCommitWindow"
        yield self.reveal_window > 0, "revealWindow > 0"
        yield windows <= self.max_task_life, "maxCommitWindow + revealWindow + settleTime <= maxTaskLife"
        yield fuel > 0, "maxFuel > 0"
        yield fuel < _WORD_64, "maxFuel < 2^64"
        yield self.max_callback_gas <= block_gas_limit // 4, "maxCallbackGas <= block gas limit / 4"


@attrs.frozen(kw_only=True)
class VerifierProfile:
    """The figures of a ``CheckpointVerifier``: the home chain's epochs, and for how long it trusts whom.

    ``guardian_delay`` is the longest life of a task and its refund margin, so that whatever was asked for
    under the old distribution is settled before an announced one counts.
    """

    genesis_time: Timestamp
    epoch_length: int
    trust_period: int
    guardian_delay: int

    def trust_until(self, epoch: int) -> Timestamp:
        """Until when (exclusive) a distribution of ``epoch`` is trusted."""
        return Timestamp(self.genesis_time + epoch * self.epoch_length + self.trust_period)

    def validate(self, now: Timestamp) -> None:
        """Refuse with ``ProfileInconsistent`` naming the first relation that does not hold."""
        _require(self._relations(now))

    def _relations(self, now: Timestamp) -> Iterator[tuple[bool, str]]:
        yield self.genesis_time <= now, "genesisTime <= now"
        yield self.epoch_length > 0, "epochLength > 0"
        yield self.trust_period < _LIMIT, "trustPeriod < 2^40"
        yield self.guardian_delay > 0, "guardianDelay > 0"
        yield 2 * self.guardian_delay <= self.trust_period, "guardianDelay <= trustPeriod / 2"

    def epoch(self, now: Timestamp) -> int:
        """The number of whole epochs since genesis."""
        return (now - self.genesis_time) // self.epoch_length


def _require(relations: Iterator[tuple[bool, str]]) -> None:
    for holds, relation in relations:
        if not holds:
            raise Refused("ProfileInconsistent", relation)
