"""Checkpoints on py-evm: sealed, published, brought to a verifier; the mirror finds the same digests."""

from __future__ import annotations

import hashlib

import attrs
import pytest

from chainboy.chain import Chain, ChainProfile, KeySigner, Sender
from chainboy.consensus.attestations import Attestations
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.consensus.distribution import StakeDistribution, split_word
from chainboy.consensus.encoding import keccak
from chainboy.consensus.record import Record
from chainboy.consensus.signing import checkpoint_message, register_message
from chainboy.contracts.checkpoint_events import AttestationSkipped, Attested, CheckpointAccepted, Sealed
from chainboy.contracts.checkpoint_verifier import CheckpointVerifier
from chainboy.contracts.deployment import TOKEN_SUPPLY, Deployment, creation, deploy
from chainboy.contracts.hub import Attestation
from chainboy.contracts.profile import Profile
from chainboy.errors import ContractRefused
from chainboy.testing.backends import FAUCET_KEY, EmbeddedChain
from chainboy.units import Address, Digest, Timestamp

pytestmark = pytest.mark.chain
KEYS = [KeySigner(hashlib.sha256(b"checkpoint %d" % index).digest()) for index in range(3)]
CURATOR = KEYS[0].address


@attrs.frozen
class World:
    """A deployed network with three nodes in an epoch that counts."""

    backend: EmbeddedChain
    sender: Sender
    made: Deployment


@pytest.fixture
def world() -> World:
    """Nodes of 10, 20 and 30 tokens; somebody else than the treasurer lists gateways."""
    backend = EmbeddedChain()
    chain = Chain(backend.web3, ChainProfile.local(backend.web3.eth.chain_id))
    sender = Sender(chain, KeySigner(FAUCET_KEY))
    profile = Profile.local(genesis_time=chain.head().timestamp)
    made = deploy(sender, profile, treasurer=sender.address, curator=CURATOR)
    registry = made.registry_on(chain)
    sender.send(made.token_on(chain).approve(registry.address, TOKEN_SUPPLY))
    for index, key in enumerate(KEYS):
        consent = register_message(made.domain, key.address, sender.address, key.address)
        sender.send(registry.register(key.address, key.address, key.sign(consent)))
        sender.send(registry.bond(key.address, 10 * (index + 1)))
        sender.send(registry.enter(key.address))
    world = World(backend, sender, made)
    next_epoch(world)
    return world


def next_epoch(world: World) -> None:
    """Move to the start of the next epoch."""
    registry = world.made.registry_on(world.sender.chain)
    profile = registry.profile()
    epoch = registry.current_epoch() + 1
    world.backend.travel(Timestamp(profile.genesis_time + epoch * profile.epoch_length))


def seal(world: World) -> Sealed:
    """Seal the current distribution."""
    hub = world.made.hub_on(world.sender.chain)
    nodes = StakeDistribution.of((key.address, 1) for key in KEYS).nodes  # type: ignore[misc]
    (event,) = hub.events(world.sender.send(hub.seal(nodes)).logs, Sealed)
    return event


def test_a_checkpoint_goes_from_hub_to_verifier(world: World) -> None:
    """By signatures that the hub published, over the digest that the mirror finds."""
    chain, hub = world.sender.chain, world.made.hub_on(world.sender.chain)
    assert (hub.last_seal().number, hub.checkpoint_digest_of(1)) == (0, bytes(32))
    first = seal(world)
    listed = StakeDistribution.from_words(first.words)
    assert (listed.hash, listed.total) == (first.checkpoint.stake_hash, 60)
    assert hub.last_seal().stake_hash == listed.hash
    registry = world.made.registry_on(chain)
    assert registry.weights_at(listed.nodes, first.checkpoint.epoch) == tuple(
        weight for _, weight in map(split_word, first.words)
    )
    assert registry.last_change(first.checkpoint.epoch) == first.checkpoint.epoch
    message = checkpoint_message(world.made.domain, first.checkpoint)
    assert keccak(message) == hub.checkpoint_digest_of(first.number)

    signed = {key.address: key.sign(message) for key in KEYS[1:]}
    entries = [Attestation(node=node, signature=signature) for node, signature in signed.items()]
    entries.append(Attestation(node=KEYS[0].address, signature=entries[0].signature))
    call = hub.attest(first.number, entries)
    assert hub.refusals(call, world.sender.address) == ("", "", "BadSignature")
    logs = world.sender.send(call).logs
    assert {event.node: event.signature for event in hub.events(logs, Attested)} == signed
    (skipped,) = hub.events(logs, AttestationSkipped)
    assert (skipped.node, skipped.error) == (KEYS[0].address, "BadSignature")

    verifier = deployed_verifier(world, first)
    packed = Attestations.pack(listed, signed)
    bringing = verifier.submit(first.checkpoint, first.words, packed.bitmap, packed.signatures)
    (accepted,) = verifier.events(world.sender.send(bringing).logs, CheckpointAccepted)
    assert accepted.checkpoint == first.checkpoint
    assert (verifier.last_number(), verifier.records_count()) == (1, 0)
    assert verifier.root_of(1) == verifier.root_of(0) == hub.records_root()
    with pytest.raises(ContractRefused, match="NumberNotNewer") as caught:
        world.sender.send(bringing)
    assert caught.value.arguments == (1, 1)
    with pytest.raises(ContractRefused, match="UnprovenRecord"):
        verifier.require_record(record(), bytes(1_056))


def deployed_verifier(world: World, sealed: Sealed) -> CheckpointVerifier:
    """One that begins with what was sealed, its figures read back."""
    made, checkpoint = world.made, sealed.checkpoint
    genesis = TrustedStake.of(checkpoint)
    genesis_time = made.registry_on(world.sender.chain).profile().genesis_time
    profile = Profile.local(genesis_time=genesis_time).verifier
    arguments = (made.chain_id, made.hub, genesis, profile, CURATOR)
    receipt = world.sender.send(creation("CheckpointVerifier", *arguments))
    verifier = CheckpointVerifier(world.sender.chain, Address(receipt.contract or ""))
    verifier.check()
    assert (verifier.home_chain_id(), verifier.hub(), verifier.guardian()) == (
        made.chain_id,
        made.hub,
        CURATOR,
    )
    assert (verifier.profile(), verifier.distribution()) == (profile, genesis)
    assert verifier.domain_separator() == made.domain.separator
    assert verifier.live_until() == genesis_time + genesis.epoch * profile.epoch_length + profile.trust_period
    assert verifier.current_epoch() == genesis.epoch
    assert verifier.announcement()[1] == 0
    with pytest.raises(ContractRefused, match="NotGuardian"):
        world.sender.send(verifier.announce(genesis))
    with pytest.raises(ContractRefused, match="NothingAnnounced"):
        world.sender.send(verifier.activate())
    return verifier


def record() -> Record:
    """One that no hub made."""
    zero = Digest(bytes(32))
    return Record(
        task_id=zero,  # type: ignore[arg-type]
        outcome_hash=zero,
        agreeing_weight=0,  # type: ignore[arg-type]
        total_weight=1,  # type: ignore[arg-type]
        rest_weight=0,  # type: ignore[arg-type]
        winners_root=zero,
        winners_count=0,
    )


def test_a_forgery_costs_half(world: World) -> None:
    """A signature over one record more; what was sealed is none."""
    next_epoch(world)
    sealed, chain = seal(world), world.sender.chain
    hub, registry, key = world.made.hub_on(chain), world.made.registry_on(chain), KEYS[2]
    forged = attrs.evolve(sealed.checkpoint, records_count=1)
    for checkpoint, problem in ((sealed.checkpoint, "CheckpointSealed"), (forged, "")):
        signature = key.sign(checkpoint_message(world.made.domain, checkpoint))
        call = hub.slash_forgery(checkpoint, key.address, signature)
        if problem:
            with pytest.raises(ContractRefused, match=problem):
                world.sender.send(call)
        else:
            world.sender.send(call)
    assert registry.node_of(key.address).bonded == 15
    with pytest.raises(ContractRefused, match="ForgeryNotCounted"):
        world.sender.send(call)


def test_the_curator_lists_gateways(world: World) -> None:
    """Nobody else; the treasurer only if no curator was named."""
    hub = world.made.hub_on(world.sender.chain)
    assert hub.curator() == CURATOR
    assert hub.listed_from(1, CURATOR) == 0
    with pytest.raises(ContractRefused, match="NotCurator"):
        world.sender.send(hub.list_gateway(1, CURATOR))
