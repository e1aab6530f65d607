"""Profiles that break a relation are refused by its name."""

from __future__ import annotations

import attrs
import pytest

from chainboy.consensus.params import Bounds
from chainboy.consensus.profiles import GatewayProfile, HubProfile, RegistryProfile, VerifierProfile
from chainboy.consensus.refusal import Refused

BOUNDS = Bounds(min_commit_window=60, max_commit_window=3_600, max_fuel=10**9)
REGISTRY = RegistryProfile(
    genesis_time=1_000,
    epoch_length=43_200,
    unbonding_epochs=42,
    idle_epochs=14,
    max_active=256,
    min_bond=10,
    min_active_weight=10,
    unrevealed_share=100,
    random_share=1_000,
    forgery_share=10_000,
)
HUB = HubProfile(
    bounds=BOUNDS,
    reveal_window=900,
    phase_blocks=60,
    block_time=3,
    attempt_life=7_200,
    max_task_life=604_800,
    min_seal_interval=600,
    listing_delay=172_800,
)
GATEWAY = GatewayProfile(
    bounds=BOUNDS,
    reveal_window=900,
    settle_time=360,
    max_task_life=604_800,
    refund_margin=3_600,
    min_price=0,
    max_callback_gas=1_000_000,
)
VERIFIER = VerifierProfile(
    genesis_time=1_000, epoch_length=43_200, trust_period=39 * 43_200, guardian_delay=9 * 86_400
)


def test_the_production_figures_hold() -> None:
    """Nothing is refused."""
    REGISTRY.validate(1_000)
    HUB.validate(REGISTRY)
    GATEWAY.validate(4_700_000)
    VERIFIER.validate(1_000)


def test_epochs_count_from_genesis() -> None:
    """Half-open."""
    for profile in (REGISTRY, VERIFIER):
        assert [profile.epoch(time) for time in (1_000, 44_199, 44_200)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("changes", "relation"),
    [
        ({"genesis_time": 1_001}, "genesisTime <= now"),
        ({"epoch_length": 0}, "epochLength > 0"),
        ({"unbonding_epochs": 3}, "unbondingEpochs > 3"),
        ({"unbonding_epochs": 10_001}, "unbondingEpochs <= 10000"),
        ({"idle_epochs": 0}, "idleEpochs > 0"),
        ({"max_active": 0}, "maxActive > 0"),
        ({"max_active": 257}, "maxActive <= 256"),
        ({"min_bond": 0}, "minBond > 0"),
        ({"min_active_weight": 9}, "minActiveWeight >= minBond"),
        ({"unrevealed_share": 1_001}, "unrevealedShare <= randomShare"),
        ({"forgery_share": 999}, "randomShare <= forgeryShare"),
        ({"forgery_share": 10_001}, "forgeryShare <= 10000"),
        ({"random_share": 10_000}, "randomShare < 10000"),
    ],
)
def test_registry(changes: dict[str, int], relation: str) -> None:
    """The first relation that does not hold."""
    with pytest.raises(Refused) as refused:
        attrs.evolve(REGISTRY, **changes).validate(1_000)
    assert (refused.value.name, refused.value.arguments) == ("ProfileInconsistent", (relation,))


@pytest.mark.parametrize(
    ("changes", "relation"),
    [
        ({"reveal_window": 0}, "revealWindow > 0"),
        ({"phase_blocks": 19}, "phaseBlocks >= 20"),
        ({"phase_blocks": 2**31}, "phaseBlocks < 2^31"),
        ({"block_time": 0}, "blockTime > 0"),
        ({"bounds": attrs.evolve(BOUNDS, max_commit_window=2**31)}, "maxCommitWindow < 2^31"),
        ({"attempt_life": 0}, "attemptLife > 0"),
        ({"attempt_life": 38_701}, "attemptLife + maxCommitWindow + revealWindow <= epochLength"),
        ({"max_task_life": 4_499}, "maxCommitWindow + revealWindow <= maxTaskLife"),
        ({"max_task_life": 2**40}, "maxTaskLife < 2^40"),
        ({"attempt_life": 1, "max_task_life": 65_535}, "maxTaskLife / attemptLife < 2^16 - 1"),
        ({"min_seal_interval": 0}, "minSealInterval > 0"),
        ({"min_seal_interval": 2**40}, "minSealInterval < 2^40"),
        ({"listing_delay": 0}, "listingDelay > 0"),
        ({"listing_delay": 2**40}, "listingDelay < 2^40"),
        ({"bounds": attrs.evolve(BOUNDS, min_commit_window=0)}, "minCommitWindow > 0"),
        ({"bounds": attrs.evolve(BOUNDS, min_commit_window=3_601)}, "minCommitWindow <= maxCommitWindow"),
        ({"bounds": attrs.evolve(BOUNDS, max_fuel=2**64)}, "maxFuel < 2^64"),
    ],
)
def test_hub(changes: dict[str, object], relation: str) -> None:
    """The first relation that does not hold."""
    with pytest.raises(Refused) as refused:
        attrs.evolve(HUB, **changes).validate(REGISTRY)
    assert refused.value.arguments == (relation,)


@pytest.mark.parametrize(
    ("changes", "relation"),
    [
        ({"refund_margin": 0}, "refundMargin > 0"),
        ({"max_task_life": 2**32}, "maxTaskLife < 2^32"),
        ({"settle_time": 600_301}, "maxCommitWindow + revealWindow + settleTime <= maxTaskLife"),
        ({"max_callback_gas": 1_175_001}, "maxCallbackGas <= block gas limit / 4"),
    ],
)
def test_gateway(changes: dict[str, int], relation: str) -> None:
    """The first relation that does not hold."""
    with pytest.raises(Refused) as refused:
        attrs.evolve(GATEWAY, **changes).validate(4_700_000)
    assert refused.value.arguments == (relation,)


@pytest.mark.parametrize(
    ("changes", "relation"),
    [
        ({"genesis_time": 1_001}, "genesisTime <= now"),
        ({"epoch_length": 0}, "epochLength > 0"),
        ({"trust_period": 2**40}, "trustPeriod < 2^40"),
        ({"guardian_delay": 0}, "guardianDelay > 0"),
        ({"guardian_delay": 842_401}, "guardianDelay <= trustPeriod / 2"),
    ],
)
def test_verifier(changes: dict[str, int], relation: str) -> None:
    """The first relation that does not hold."""
    with pytest.raises(Refused) as refused:
        attrs.evolve(VERIFIER, **changes).validate(1_000)
    assert (refused.value.name, refused.value.arguments) == ("ProfileInconsistent", (relation,))
    attrs.evolve(VERIFIER, guardian_delay=842_400).validate(1_000)
