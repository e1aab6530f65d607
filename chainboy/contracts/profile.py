"""The figures a deployment fixes for good, and the relations without which they are unsafe.

Rule: protocol, sections 4, 5, 6, 9 and 10.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

import attrs

from chainboy.chain.profile import ChainProfile
from chainboy.consensus.params import Bounds
from chainboy.consensus.profiles import (
    ALL,
    MAX_SEATS,
    UNTRUSTED_EPOCHS,
    GatewayProfile,
    HubProfile,
    RegistryProfile,
    VerifierProfile,
)
from chainboy.errors import ConfigError
from chainboy.units import Fuel, Timestamp, Wei, Weight

__all__ = ["GatewayProfile", "HubProfile", "Profile", "RegistryProfile", "VerifierProfile"]

SPARE_PHASE_BLOCKS = 20


@attrs.frozen(kw_only=True)
class Profile:
    """One network's figures; :meth:`validate` holds them against the chain they are meant for."""

    registry: RegistryProfile
    hub: HubProfile
    gateway: GatewayProfile

    @property
    def trust_period(self) -> int:
        """Seconds for which a checkpoint's distribution of stake is trusted."""
        return self.registry.trust_period

    @property
    def verifier(self) -> VerifierProfile:
        """The figures of this network's verifiers on remote chains, which follow from the others."""
        return VerifierProfile(
            genesis_time=self.registry.genesis_time,
            epoch_length=self.registry.epoch_length,
            trust_period=self.trust_period,
            guardian_delay=self.gateway.max_task_life + self.gateway.refund_margin,
        )

    def validate(self, chain: ChainProfile, *, block_gas: int | None = None) -> None:
        """Raise :class:`~chainboy.errors.ConfigError` naming the first relation that does not hold.

        ``block_gas`` is the gas limit of the chain's blocks; without it callbacks are not bounded.
        """
        for holds, relation in self._relations(chain, block_gas):  # in order: later ones rely on earlier ones
            if not holds:
                raise ConfigError(f"this profile breaks {relation}; choose figures for which it holds")

    def _relations(self, chain: ChainProfile, block_gas: int | None) -> Iterator[tuple[bool, str]]:
        yield from _bounds(self.hub.bounds)
        yield from _registry(self.registry)
        yield from self._round(chain)
        yield from self._task(chain)
        yield from _sealing(self.hub)
        if block_gas is not None:
            yield self.gateway.max_callback_gas <= block_gas // 4, "maxCallbackGas <= block gas limit / 4"

    def _round(self, chain: ChainProfile) -> Iterator[tuple[bool, str]]:
        hub, epoch = self.hub, self.registry.epoch_length
        yield hub.reveal_window > 0, "revealWindow > 0"
        yield hub.attempt_life > 0, "attemptLife > 0"
        # A stalled or congested chain, and its reorganisations up to K, must not make a node late.
        safe = 2 * chain.confirmations + SPARE_PHASE_BLOCKS
        yield hub.phase_blocks >= safe, f"phaseBlocks >= 2 * confirmations + {SPARE_PHASE_BLOCKS}"
        # Blocks that come faster would be over before a long window is.
        yield hub.block_time > 0, "blockTime > 0"
        yield hub.block_time <= chain.block_seconds, "blockTime <= block time of the chain"
        yield hub.max_task_life // hub.attempt_life < 2**16 - 1, "maxTaskLife / attemptLife < 2^16 - 1"
        longest = hub.attempt_life + hub.bounds.max_commit_window + hub.reveal_window
        yield longest <= epoch, "attemptLife + maxCommitWindow + revealWindow <= epochLength"

    def _task(self, chain: ChainProfile) -> Iterator[tuple[bool, str]]:
        hub, gateway = self.hub, self.gateway
        yield gateway.bounds == hub.bounds, "gateway.bounds = hub.bounds"
        yield gateway.reveal_window == hub.reveal_window, "gateway.revealWindow = hub.revealWindow"
        yield gateway.max_task_life == hub.max_task_life, "gateway.maxTaskLife = hub.maxTaskLife"
        phases = 2 * hub.phase_blocks * chain.block_seconds
        yield gateway.settle_time >= phases, "settleTime >= 2 * phaseBlocks * block time"
        shortest = hub.bounds.max_commit_window + hub.reveal_window + gateway.settle_time
        yield shortest <= hub.max_task_life, "maxCommitWindow + revealWindow + settleTime <= maxTaskLife"
        yield hub.max_task_life < 2**32, "maxTaskLife < 2^32"
        yield gateway.refund_margin > 0, "refundMargin > 0"
        yield gateway.refund_margin < 2**32, "refundMargin < 2^32"
        # Records of a task must be provable by stake that can still be slashed.
        life = gateway.max_task_life + gateway.refund_margin
        yield 2 * life <= self.trust_period, "maxTaskLife + refundMargin <= trust period / 2"
        yield gateway.min_price >= 0, "minPrice >= 0"
        yield gateway.max_callback_gas >= 0, "maxCallbackGas >= 0"

    @classmethod
    def production(cls, *, genesis_time: Timestamp) -> Self:
        """The figures of the protocol, for a chain of 3-second blocks and at most 20 confirmations.

        Where the protocol leaves them open: a node loses 1 % for not revealing, 10 % in RANDOM, where
        withholding can be worth something, and 50 % for a forgery. Bonds start at 10,000 tokens and the
        network at 1,000,000. A task lives at most 7 days, and 2 days are left to deliver its record.
        """
        day, token = 86_400, 10**18
        bounds = Bounds(min_commit_window=60, max_commit_window=3_600, max_fuel=Fuel(10**11))
        return cls(
            registry=RegistryProfile(
                genesis_time=genesis_time,
                epoch_length=day // 2,
                unbonding_epochs=42,
                idle_epochs=14,
                max_active=MAX_SEATS,
                min_bond=Weight(10_000 * token),
                min_active_weight=Weight(1_000_000 * token),
                unrevealed_share=100,
                random_share=1_000,
                forgery_share=5_000,
            ),
            hub=HubProfile(
                bounds=bounds,
                reveal_window=900,
                phase_blocks=60,
                block_time=3,
                attempt_life=7_200,
                max_task_life=7 * day,
                min_seal_interval=600,
                listing_delay=2 * day,
            ),
            gateway=GatewayProfile(
                bounds=bounds,
                reveal_window=900,
                settle_time=600,
                max_task_life=7 * day,
                refund_margin=2 * day,
                min_price=Wei(10**15),
                max_callback_gas=1_000_000,
            ),
        )

    @classmethod
    def local(cls, *, genesis_time: Timestamp) -> Self:
        """Short figures for a chain of one's own, where every block is final: same relations, same shares."""
        bounds = Bounds(min_commit_window=1, max_commit_window=300, max_fuel=Fuel(10**11))
        return cls(
            registry=RegistryProfile(
                genesis_time=genesis_time,
                epoch_length=600,
                unbonding_epochs=42,
                idle_epochs=14,
                max_active=MAX_SEATS,
                min_bond=Weight(1),
                min_active_weight=Weight(1),
                unrevealed_share=100,
                random_share=1_000,
                forgery_share=5_000,
            ),
            hub=HubProfile(
                bounds=bounds,
                reveal_window=20,
                phase_blocks=20,
                block_time=1,
                attempt_life=120,
                max_task_life=7_200,
                min_seal_interval=10,
                listing_delay=10,
            ),
            gateway=GatewayProfile(
                bounds=bounds,
                reveal_window=20,
                settle_time=40,
                max_task_life=7_200,
                refund_margin=3_600,
                min_price=Wei(1),
                max_callback_gas=1_000_000,
            ),
        )


def _bounds(bounds: Bounds) -> Iterator[tuple[bool, str]]:
    yield bounds.min_commit_window > 0, "minCommitWindow > 0"
    yield bounds.min_commit_window <= bounds.max_commit_window, "minCommitWindow <= maxCommitWindow"
    yield bounds.max_commit_window < 2**31, "maxCommitWindow < 2^31"
    yield bounds.max_fuel > 0, "maxFuel > 0"
    yield bounds.max_fuel < 2**64, "maxFuel < 2^64"


def _sealing(hub: HubProfile) -> Iterator[tuple[bool, str]]:
    yield hub.min_seal_interval > 0, "minSealInterval > 0"
    yield hub.min_seal_interval < 2**40, "minSealInterval < 2^40"
    yield hub.listing_delay > 0, "listingDelay > 0"
    yield hub.listing_delay < 2**40, "listingDelay < 2^40"


def _registry(stake: RegistryProfile) -> Iterator[tuple[bool, str]]:
    yield stake.genesis_time >= 0, "genesisTime >= 0"
    yield stake.epoch_length > 0, "epochLength > 0"
    yield stake.unbonding_epochs > UNTRUSTED_EPOCHS, f"unbondingEpochs > {UNTRUSTED_EPOCHS}"
    yield stake.unbonding_epochs <= ALL, f"unbondingEpochs <= {ALL}"
    # Nodes show themselves at half of it, and others may drop them after all of it.
    yield stake.idle_epochs > 1, "idleEpochs > 1"
    yield stake.max_active > 0, "maxActive > 0"
    yield stake.max_active <= MAX_SEATS, f"maxActive <= {MAX_SEATS}"
    yield stake.min_bond > 0, "minBond > 0"
    yield stake.min_active_weight >= stake.min_bond, "minActiveWeight >= minBond"
    yield stake.min_active_weight < 2**96, "minActiveWeight < 2^96"
    yield stake.unrevealed_share >= 0, "unrevealedShare >= 0"
    yield stake.unrevealed_share <= stake.random_share, "unrevealedShare <= randomShare"
    yield stake.random_share <= stake.forgery_share, "randomShare <= forgeryShare"
    yield stake.forgery_share <= ALL, f"forgeryShare <= {ALL}"
    # A slash that removes nobody must leave some weight.
    yield stake.random_share < ALL, f"randomShare < {ALL}"
