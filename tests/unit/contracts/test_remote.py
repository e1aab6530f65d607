"""The remote contracts on py-evm: deployed, checked, and a checkpoint taken and refused as by the mirror."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from eth_hash.auto import keccak
from keyring import keys, recover

from chainboy.chain import Chain, ChainProfile, KeySigner, Sender
from chainboy.consensus.attestations import Attestations
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.checkpoint_book import CheckpointBook, TrustedStake
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.record import Record
from chainboy.consensus.record_proof import prove_record
from chainboy.consensus.refusal import Refused
from chainboy.consensus.signing import checkpoint_message
from chainboy.contracts.checkpoint_events import (
    AttestationSkipped,
    CheckpointAccepted,
    DistributionActivated,
    DistributionAnnounced,
)
from chainboy.contracts.checkpoint_verifier import CheckpointVerifier
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.gateway import Gateway
from chainboy.contracts.profile import Profile
from chainboy.contracts.remote import RemoteDeployment, deploy_remote
from chainboy.errors import ConfigError, ContractRefused, VersionMismatch, WrongChain
from chainboy.events.log import LogEvent
from chainboy.testing.backends import FAUCET_KEY, EmbeddedChain

pytestmark = pytest.mark.chain

HOME = Deployment(
    chain_id=111_111,
    token=to_address(b"\x01" * 20),
    registry=to_address(b"\x02" * 20),
    hub=to_address(b"\x03" * 20),
    verifier=to_address(b"\x04" * 20),
    gateway=to_address(b"\x05" * 20),
)
KEYS = {key.address: key for key in keys(3)}
STAKE = StakeDistribution(tuple(zip(KEYS, (30, 30, 40), strict=True)))
RECORDS = [Record.without_consensus(bytes([n]) * 32, 100) for n in range(1, 4)]
TREE = Accumulator([record.hash for record in RECORDS])


class Remote:
    """A remote chain with contracts of its own, and the mirror of its verifier."""

    def __init__(self) -> None:
        self.backend = EmbeddedChain(chain_id=31_400)
        self.chain = Chain(self.backend.web3, ChainProfile.local(31_400))
        self.sender = Sender(self.chain, KeySigner(FAUCET_KEY))
        now = self.chain.head().timestamp
        self.profile = Profile.local(genesis_time=now - 600 * 100)
        self.genesis = TrustedStake(epoch=99, stake_hash=STAKE.hash, stake_total=STAKE.total)
        self.place = deploy_remote(
            self.sender, self.profile, HOME, self.genesis, guardian=self.sender.address,
            treasurer=to_address(b"\x06" * 20),
        )  # fmt: skip
        self.verifier = self.place.verifier_on(self.chain)
        self.book = CheckpointBook(
            self.profile.verifier, TrustedStake(**attrs.asdict(self.genesis)), domain=self.place.domain,
            guardian=self.sender.address, recover=recover, now=now,
        )  # fmt: skip


@pytest.fixture(scope="module")
def remote() -> Remote:
    """Deployed once; only the last test changes it."""
    return Remote()


def point(**changes: Any) -> Checkpoint:
    """The first two records, at an epoch that has begun."""
    fields = {
        "number": 1, "epoch": 99, "stake_hash": STAKE.hash, "stake_total": STAKE.total,
        "records_root": TREE.root_at(2), "records_count": 2, "home_block": 9,
    }  # fmt: skip
    return Checkpoint(**(fields | changes))


def signed(checkpoint: Checkpoint, count: int) -> tuple[Any, ...]:
    """The arguments of a submission that the first ``count`` nodes signed."""
    message = checkpoint_message(HOME.domain, checkpoint)
    nodes = list(KEYS)[:count]
    made = Attestations.pack(STAKE, {node: KEYS[node].sign(message) for node in nodes})
    return checkpoint, STAKE.words, made.bitmap, made.signatures


def test_what_was_deployed_is_what_was_asked_for(remote: Remote) -> None:
    """Read back from the contracts; the first distribution is told."""
    verifier, gateway = remote.verifier, remote.place.gateway_on(remote.chain)
    remote.place.check(remote.chain)
    assert (verifier.hub(), verifier.home_chain_id()) == (HOME.hub, HOME.chain_id)
    assert verifier.guardian() == remote.sender.address
    assert verifier.profile() == remote.profile.verifier
    assert verifier.distribution() == remote.genesis
    assert verifier.live_until() == remote.book.live_until
    assert verifier.current_epoch() == 100
    assert verifier.domain_separator() == HOME.domain.separator == remote.place.domain.separator
    assert verifier.announcement() == (TrustedStake(epoch=0, stake_hash=bytes(32), stake_total=0), 0)
    assert (verifier.last_number(), verifier.root_of(1)) == (0, bytes(32))
    assert gateway.verifier() == verifier.address
    assert gateway.treasurer() == to_address(b"\x06" * 20)
    topic = CheckpointVerifier.topic(DistributionActivated)
    logs = remote.chain.logs([verifier.address], [topic], 0, remote.chain.head().number)
    (event,) = verifier.events(logs, DistributionActivated)
    assert (event.epoch, event.stake_hash, event.stake_total) == (99, STAKE.hash, 100)


def test_the_handshake_refuses_what_is_off(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another chain, no contract, another hub or home chain, contracts of two networks, another domain."""
    place, chain = remote.place, remote.chain

    def off(**changes: Any) -> RemoteDeployment:
        return attrs.evolve(place, **changes)

    with pytest.raises(WrongChain, match="use that"):
        off(chain_id=1).check(chain)
    for name in ("verifier", "gateway"):
        with pytest.raises(VersionMismatch, match="no contract of this kind"):
            off(**{name: ZERO_ADDRESS}).check(chain)
    with pytest.raises(VersionMismatch, match="not what it should be"):
        off(gateway=place.verifier).check(chain)
    with pytest.raises(VersionMismatch, match="not what it should be"):
        off(verifier=place.gateway, gateway=place.gateway).check(chain)
    with pytest.raises(ConfigError, match=r"verifier\.hub is"):
        off(hub=ZERO_ADDRESS).check(chain)
    with pytest.raises(ConfigError, match=r"verifier\.homeChainId is 111111, not 1"):
        off(home_chain_id=1).check(chain)
    monkeypatch.setattr(Gateway, "verifier", lambda _: ZERO_ADDRESS)
    with pytest.raises(ConfigError, match=r"gateway\.verifier is"):
        place.check(chain)
    monkeypatch.undo()
    monkeypatch.setattr(CheckpointVerifier, "domain_separator", lambda _: bytes(32))
    with pytest.raises(VersionMismatch, match="another domain"):
        place.check(chain)


def test_a_distribution_of_the_future_deploys_nothing(remote: Remote) -> None:
    """The verifier's own refusal, with its name."""
    future = attrs.evolve(remote.genesis, epoch=10_000)
    with pytest.raises(ContractRefused, match="EpochInFuture") as caught:
        deploy_remote(
            remote.sender, remote.profile, HOME, future, guardian=remote.sender.address,
            treasurer=remote.sender.address,
        )  # fmt: skip
    assert caught.value.__notes__ == ["while deploying CheckpointVerifier"]


@pytest.mark.parametrize(
    ("checkpoint", "count"),
    [
        (point(), 1),
        (point(number=0), 3),
        (point(epoch=98), 3),
        (point(epoch=101), 3),
        (point(stake_total=99), 3),
        (point(records_count=0), 3),
        (point(epoch=100, stake_total=0), 3),
    ],
)
def test_refusals_are_the_mirror_s(remote: Remote, checkpoint: Checkpoint, count: int) -> None:
    """By name and arguments, before anything is sent."""
    arguments = signed(checkpoint, count)
    with pytest.raises(Refused) as expected:
        remote.book.submit(*arguments, now=remote.chain.head().timestamp)
    with pytest.raises(ContractRefused) as refused:
        remote.sender.send(remote.verifier.submit(*arguments))
    assert (refused.value.name, refused.value.arguments) == (expected.value.name, expected.value.arguments)


def test_the_guardian_waits(remote: Remote) -> None:
    """As long as the verifier lives nothing can be announced, and nothing is there to activate."""
    for call, name in (
        (remote.verifier.announce(attrs.evolve(remote.genesis, epoch=100)), "StillLive"),
        (remote.verifier.activate(), "NothingAnnounced"),
    ):
        with pytest.raises(ContractRefused) as refused:
            remote.sender.send(call)
        assert refused.value.name == name


def test_a_life() -> None:
    """A checkpoint is taken and its records believed; when trust ends the guardian names another."""
    remote = Remote()
    verifier, chain = remote.verifier, remote.chain
    checkpoint = point(epoch=100)
    arguments = signed(checkpoint, 2)
    receipt = remote.sender.send(verifier.submit(*arguments))
    assert remote.book.submit(*arguments, now=chain.head().timestamp) == 60
    (accepted,) = verifier.events(receipt.logs, CheckpointAccepted)
    assert (accepted.number, accepted.checkpoint) == (1, checkpoint)
    assert (verifier.last_number(), verifier.root_of(1)) == (1, TREE.root_at(2))
    assert verifier.distribution().epoch == remote.book.stake.epoch == 100
    proof = prove_record(TREE, 1, checkpoint)
    verifier.require_record(RECORDS[1], proof)
    with pytest.raises(ContractRefused, match="UnprovenRecord"):
        verifier.require_record(RECORDS[2], proof)
    remote.backend.travel(verifier.live_until())
    other = TrustedStake(epoch=101, stake_hash=b"\x07" * 32, stake_total=5)
    receipt = remote.sender.send(verifier.announce(other))
    (announced,) = verifier.events(receipt.logs, DistributionAnnounced)
    active_at = announced.active_at
    assert verifier.announcement() == (other, active_at)
    assert active_at == chain.block(receipt.block_number).timestamp + remote.profile.verifier.guardian_delay
    with pytest.raises(ContractRefused, match="TooEarly"):
        remote.sender.send(verifier.activate())
    remote.backend.travel(active_at)
    receipt = remote.sender.send(verifier.activate())
    (activated,) = verifier.events(receipt.logs, DistributionActivated)
    assert (activated.epoch, activated.stake_hash, activated.stake_total) == (101, b"\x07" * 32, 5)
    assert verifier.distribution() == other
    verifier.require_record(RECORDS[1], proof)


def test_why_a_signature_was_passed_over() -> None:
    """The event's four bytes have the error's name."""
    log = LogEvent(
        chain_id=1, block_number=1, block_hash=bytes(32), tx_hash=bytes(32), log_index=0, address=HOME.hub,
        topics=(), data=b"",
    )  # fmt: skip
    skipped = AttestationSkipped(
        log=log, number=1, node=next(iter(KEYS)), reason=keccak(b"BadSignature(address)")[:4]
    )
    assert skipped.error == "BadSignature"
