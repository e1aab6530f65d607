"""Profiles: the two that ship hold on their chains, and every relation refuses who breaks it."""

from __future__ import annotations

import attrs
import pytest

from chainboy.chain import ChainProfile, KeySigner, Sender
from chainboy.chain.client import Chain
from chainboy.contracts.deployment import creation
from chainboy.contracts.profile import Profile
from chainboy.errors import ConfigError, ContractRefused
from chainboy.testing.backends import FAUCET_KEY, EmbeddedChain
from chainboy.units import Timestamp

SIBERIUM_BLOCK_GAS = 4_700_000
LOCAL = ChainProfile.local(1)


def changed(profile: Profile, path: str, value: int) -> Profile:
    """The profile with one figure changed; a path of ``both`` is the hub's and the gateway's."""
    part, _, name = path.partition(".")
    for each in ("hub", "gateway") if part == "both" else (part,):
        section = getattr(profile, each)
        if name.startswith("bounds."):
            new = attrs.evolve(section, bounds=attrs.evolve(section.bounds, **{name[7:]: value}))
        else:
            new = attrs.evolve(section, **{name: value})
        profile = attrs.evolve(profile, **{each: new})
    return profile


def test_production_is_the_protocols() -> None:
    """The figures that the protocol names, and both Siberium networks can carry them."""
    profile = Profile.production(genesis_time=Timestamp(0))
    assert profile.registry.epoch_length == 12 * 3600
    assert (profile.registry.unbonding_epochs, profile.registry.idle_epochs) == (42, 14)
    assert profile.registry.max_active == 256
    assert (profile.hub.bounds.min_commit_window, profile.hub.bounds.max_commit_window) == (60, 3600)
    assert (profile.hub.reveal_window, profile.hub.attempt_life) == (900, 2 * 3600)
    assert profile.trust_period == 39 * 12 * 3600 == int(19.5 * 86400)
    for chain in (ChainProfile.siberium(), ChainProfile.siberium_testnet()):
        assert profile.hub.phase_blocks >= 2 * chain.confirmations + 20
        profile.validate(chain, block_gas=SIBERIUM_BLOCK_GAS)


def test_verifiers_of_remote_chains() -> None:
    """Their figures follow, and are ones that the verifier takes."""
    genesis = Timestamp(1_000)
    for make in (Profile.production, Profile.local):
        profile = make(genesis_time=genesis)
        verifier = profile.verifier
        verifier.validate(genesis)
        assert verifier.epoch_length == profile.registry.epoch_length
        assert verifier.trust_period == profile.trust_period
    assert Profile.production(genesis_time=genesis).verifier.guardian_delay == 9 * 86_400


def test_local_holds_where_every_block_is_final() -> None:
    """On a chain of one's own, with any genesis."""
    Profile.local(genesis_time=Timestamp(1)).validate(LOCAL, block_gas=30_000_000)


BROKEN = [
    ("both.bounds.min_commit_window", 0, "minCommitWindow > 0"),
    ("both.bounds.min_commit_window", 301, "minCommitWindow <= maxCommitWindow"),
    ("both.bounds.max_commit_window", 2**31, "maxCommitWindow < 2^31"),
    ("both.bounds.max_fuel", 0, "maxFuel > 0"),
    ("both.bounds.max_fuel", 2**64, "maxFuel < 2^64"),
    ("registry.genesis_time", -1, "genesisTime >= 0"),
    ("registry.epoch_length", 0, "epochLength > 0"),
    ("registry.epoch_length", 439, "attemptLife + maxCommitWindow + revealWindow <= epochLength"),
    ("registry.unbonding_epochs", 3, "unbondingEpochs > 3"),
    ("registry.unbonding_epochs", 10_001, "unbondingEpochs <= 10000"),
    ("registry.unbonding_epochs", 38, "maxTaskLife + refundMargin <= trust period / 2"),
    ("registry.idle_epochs", 1, "idleEpochs > 1"),
    ("registry.max_active", 0, "maxActive > 0"),
    ("registry.max_active", 257, "maxActive <= 256"),
    ("registry.min_bond", 0, "minBond > 0"),
    ("registry.min_bond", 2, "minActiveWeight >= minBond"),
    ("registry.min_active_weight", 2**96, "minActiveWeight < 2^96"),
    ("registry.unrevealed_share", -1, "unrevealedShare >= 0"),
    ("registry.unrevealed_share", 1_001, "unrevealedShare <= randomShare"),
    ("registry.random_share", 5_001, "randomShare <= forgeryShare"),
    ("registry.forgery_share", 10_001, "forgeryShare <= 10000"),
    ("both.reveal_window", 0, "revealWindow > 0"),
    ("hub.attempt_life", 0, "attemptLife > 0"),
    ("hub.attempt_life", 281, "attemptLife + maxCommitWindow + revealWindow <= epochLength"),
    ("hub.phase_blocks", 19, "phaseBlocks >= 2 * confirmations + 20"),
    ("hub.phase_blocks", 21, "settleTime >= 2 * phaseBlocks * block time"),
    ("hub.block_time", 0, "blockTime > 0"),
    ("hub.block_time", 2, "blockTime <= block time of the chain"),
    ("hub.max_task_life", 7_199, "gateway.maxTaskLife = hub.maxTaskLife"),
    ("hub.reveal_window", 19, "gateway.revealWindow = hub.revealWindow"),
    ("hub.bounds.max_fuel", 5, "gateway.bounds = hub.bounds"),
    ("gateway.settle_time", 39, "settleTime >= 2 * phaseBlocks * block time"),
    ("gateway.settle_time", 6_881, "maxCommitWindow + revealWindow + settleTime <= maxTaskLife"),
    ("both.max_task_life", 359, "maxCommitWindow + revealWindow + settleTime <= maxTaskLife"),
    ("both.max_task_life", 2**32, "maxTaskLife / attemptLife < 2^16 - 1"),
    ("both.max_task_life", 8_101, "maxTaskLife + refundMargin <= trust period / 2"),
    ("gateway.refund_margin", 0, "refundMargin > 0"),
    ("gateway.refund_margin", 2**32, "refundMargin < 2^32"),
    ("gateway.refund_margin", 4_501, "maxTaskLife + refundMargin <= trust period / 2"),
    ("gateway.min_price", -1, "minPrice >= 0"),
    ("hub.min_seal_interval", 0, "minSealInterval > 0"),
    ("hub.min_seal_interval", 2**40, "minSealInterval < 2^40"),
    ("hub.listing_delay", 0, "listingDelay > 0"),
    ("hub.listing_delay", 2**40, "listingDelay < 2^40"),
    ("gateway.max_callback_gas", -1, "maxCallbackGas >= 0"),
    ("gateway.max_callback_gas", 7_500_001, "maxCallbackGas <= block gas limit / 4"),
]


@pytest.mark.parametrize(("path", "value", "relation"), BROKEN)
def test_every_broken_relation_is_named(path: str, value: int, relation: str) -> None:
    """One figure out of place, and the refusal says which relation it breaks."""
    profile = changed(Profile.local(genesis_time=Timestamp(1)), path, value)
    with pytest.raises(ConfigError) as caught:
        profile.validate(LOCAL, block_gas=30_000_000)
    assert str(caught.value).startswith(f"this profile breaks {relation};")


def test_random_slashes_leave_something() -> None:
    """A share of everything would make a member without weight."""
    profile = changed(Profile.local(genesis_time=Timestamp(1)), "registry.forgery_share", 10_000)
    profile.validate(LOCAL)
    with pytest.raises(ConfigError, match="randomShare < 10000"):
        changed(profile, "registry.random_share", 10_000).validate(LOCAL)


def test_lives_fit_their_slot() -> None:
    """However long the epochs, a task's life has 32 bits."""
    profile = changed(Profile.local(genesis_time=Timestamp(1)), "registry.epoch_length", 10**6)
    profile = changed(changed(profile, "hub.attempt_life", 10**5), "both.max_task_life", 2**32)
    with pytest.raises(ConfigError, match=r"maxTaskLife < 2\^32"):
        profile.validate(LOCAL)


def test_more_confirmations_need_longer_phases() -> None:
    """K of the chain decides: what holds locally does not hold on Siberium."""
    with pytest.raises(ConfigError, match="phaseBlocks >= 2"):
        Profile.local(genesis_time=Timestamp(1)).validate(ChainProfile.siberium())


@pytest.fixture(scope="module")
def sender() -> Sender:
    """An account on py-evm."""
    backend = EmbeddedChain()
    return Sender(Chain(backend.web3, ChainProfile.local(backend.web3.eth.chain_id)), KeySigner(FAUCET_KEY))


ALONE = {
    "gateway.bounds = hub.bounds",
    "gateway.revealWindow = hub.revealWindow",
    "gateway.maxTaskLife = hub.maxTaskLife",
    "settleTime >= 2 * phaseBlocks * block time",
    "maxTaskLife + refundMargin <= trust period / 2",
    "idleEpochs > 1",
    "minActiveWeight < 2^96",
    "phaseBlocks >= 2 * confirmations + 20",
    "blockTime <= block time of the chain",
}
"""Relations between contracts, or to the chain's profile, which no contract can check by itself."""


@pytest.mark.chain
@pytest.mark.parametrize(
    ("path", "value", "relation"),
    [case for case in BROKEN if case[2] not in ALONE and case[1] >= 0],
)
def test_the_contracts_refuse_what_this_refuses(sender: Sender, path: str, value: int, relation: str) -> None:
    """The same relation under the same name, from registry, hub or gateway, where one of them can know."""
    profile = changed(Profile.local(genesis_time=Timestamp(1)), path, value)
    some = sender.address
    gateway = refusal_of(sender, "TaskGateway", some, some, profile.gateway)
    registry = refusal_of(sender, "NodeRegistry", some, some, some, profile.registry)
    refused = {gateway, registry}
    if registry is None:  # the hub reads its registry's figures
        receipt = sender.send(creation("NodeRegistry", some, some, some, profile.registry))
        refused.add(refusal_of(sender, "ConsensusHub", receipt.contract, some, profile.hub))
    assert relation in refused


def refusal_of(sender: Sender, name: str, *arguments: object) -> str | None:
    """The relation that this contract's constructor finds broken."""
    try:
        sender.chain.estimate_gas(creation(name, *arguments), sender.address)
    except ContractRefused as refusal:
        return str(refusal.arguments[0]) if refusal.name == "ProfileInconsistent" else refusal.name
    return None
