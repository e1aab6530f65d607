"""What a remote verifier may be shown: signatures that are enough there, proofs that it believes."""

from __future__ import annotations

import attrs
import pytest
from keyring import mirrored, recover
from mirrored import (
    BONDS,
    DEPLOYMENT,
    DOMAIN,
    KEYS,
    NODES,
    PLACE,
    PROFILE,
    STRANGER,
    HomeChain,
    RemoteChain,
)

from chainboy.checkpoints import Bridge, Ledger
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.checkpoint_book import CheckpointBook, TrustedStake
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.encoding import keccak
from chainboy.consensus.refusal import Refused
from chainboy.consensus.signing import checkpoint_message
from chainboy.contracts.codec import SELECTOR_BYTES, decode_values
from chainboy.contracts.interface import interface
from chainboy.errors import ChainError
from chainboy.units import TaskId

A, B, C, D = NODES
STAKE = StakeDistribution.of(BONDS.items())


class World:
    """Both chains and the bridge between them; every home block is final at once."""

    def __init__(self) -> None:
        self.home = HomeChain()
        self.remote = RemoteChain(self.home)
        self.ledger = Ledger(self.home, DEPLOYMENT)
        self.bridge = Bridge(self.ledger, self.home, DEPLOYMENT, PLACE.verifier_on(self.remote))

    def follow(self) -> None:
        """The ledger is at the head."""
        self.ledger.follow(self.home.head().number)

    def submission(self, number: int = 1) -> bytes | None:
        """The call that brings a checkpoint."""
        self.follow()
        call = self.bridge.submission(self.ledger.sealed(number))
        return None if call is None else call.data

    def accepts(self, data: bytes, sealed: Checkpoint) -> int:
        """What a fresh verifier says to the call: the weight behind it."""
        function = interface("ICheckpointVerifier").functions["submit"]
        assert data.startswith(function.selector)
        fields, words, bitmap, signatures = decode_values(function.inputs, data[SELECTOR_BYTES:])
        assert Checkpoint(**fields) == sealed
        trusted = TrustedStake(epoch=1, stake_hash=STAKE.hash, stake_total=STAKE.total)
        book = CheckpointBook(
            PROFILE.verifier, trusted, domain=DOMAIN, guardian=STRANGER.address, recover=recover,
            now=self.home.now,
        )  # fmt: skip
        return book.submit(sealed, words, bitmap, signatures, now=self.home.now)


@pytest.fixture
def world() -> World:
    """Nothing is sealed yet."""
    return World()


def test_enough_signatures(world: World) -> None:
    """The fewest and heaviest that are more than half, as the verifier takes them."""
    sealed = world.home.seal()
    world.home.attest(sealed, (A,))
    assert world.submission() is None
    world.home.attest(sealed, (B, D))
    data = world.submission()
    assert data is not None
    assert world.accepts(data, sealed) == BONDS[A] + BONDS[B] + BONDS[D] == 60
    world.home.attest(sealed, (C,))
    data = world.submission()
    assert data is not None
    assert world.accepts(data, sealed) == BONDS[A] + BONDS[C]


def test_half_is_not_enough(world: World) -> None:
    """To the wei: 50 of 100 are refused by the verifier, so nothing is made of them."""
    sealed = world.home.seal()
    world.home.attest(sealed, (C, D))
    assert BONDS[C] + BONDS[D] == 50
    assert world.submission() is None


def test_signatures_that_do_not_count(world: World) -> None:
    """Strangers', malleable ones, over something else, of other lengths, and rubbish: passed over."""
    sealed = world.home.seal()
    message = checkpoint_message(DOMAIN, sealed)
    other = checkpoint_message(DOMAIN, attrs.evolve(sealed, home_block=1))
    good = KEYS[A].sign(message)
    rubbish = [
        STRANGER.sign(message),
        mirrored(KEYS[C].sign(message)),
        KEYS[B].sign(other),
        KEYS[C].sign(message) + b"\0",
        KEYS[C].sign(message)[:64],
        bytes(65),
        b"\xff" * 64 + b"\x1b",
        b"",
    ]
    world.home.publish(1, good, *rubbish, good, good)
    assert world.submission() is None
    world.home.publish(2, KEYS[C].sign(message))
    assert world.submission() is None
    world.home.publish(1, KEYS[C].sign(message))
    data = world.submission()
    assert data is not None
    assert world.accepts(data, sealed) == 70


def test_signatures_count_before_they_are_final(world: World) -> None:
    """The checkpoint must be final, its signatures need not."""
    home = HomeChain(confirmations=5)
    sealed = home.seal()
    remote, ledger = RemoteChain(home), Ledger(home, DEPLOYMENT)
    bridge = Bridge(ledger, home, DEPLOYMENT, PLACE.verifier_on(remote))
    home.mine(5)
    home.attest(sealed)
    ledger.follow(home.final_number())
    assert bridge.submission(ledger.sealed(1)) is not None
    del world


def test_signers_are_those_held_there(world: World) -> None:
    """The old list signs the new one: newcomers do not count before they are believed."""
    world.home.seal()
    world.home.bond(B, 200)
    world.home.next_epoch()
    world.remote.travel(world.home.now)
    sealed = world.home.seal(listed=True)
    world.home.attest(sealed, (B, A))
    assert world.submission(2) is None
    world.home.attest(sealed, (C,))
    data = world.submission(2)
    assert data is not None
    assert world.accepts(data, sealed) == BONDS[A] + BONDS[C]
    world.follow()
    assert world.bridge.held() == STAKE


def test_nothing_accepted(world: World) -> None:
    """No checkpoint, and no proof."""
    record = world.home.record(b"0")
    world.home.seal()
    world.follow()
    assert world.bridge.accepted() is None
    assert world.bridge.proof(record.task_id) is None


def test_proofs(world: World) -> None:
    """Of what an accepted checkpoint has, as the verifier believes them; of nothing else."""
    first = world.home.record(b"0")
    sealed = world.home.seal()
    later = world.home.record(b"1")
    world.remote.submit(sealed, NODES, STAKE)
    world.follow()
    accepted = world.bridge.accepted()
    assert accepted is not None
    assert accepted.checkpoint == sealed
    proof = world.bridge.proof(first.task_id)
    assert proof is not None
    world.remote.book.require_record(first, proof)
    with pytest.raises(Refused, match="UnprovenRecord"):
        world.remote.book.require_record(later, proof)
    assert world.bridge.proof(later.task_id) is None
    assert world.bridge.proof(TaskId(keccak(b"none"))) is None


def test_accepted_before_it_is_final_at_home(world: World) -> None:
    """It has to wait; nothing is proven under it."""
    sealed = world.home.seal()
    world.remote.submit(sealed, NODES, STAKE)
    with pytest.raises(ChainError, match="checkpoint 1 is not final"):
        world.bridge.accepted()


def test_a_verifier_with_other_records(world: World) -> None:
    """A majority signed what the hub did not seal: nobody should rely on it."""
    sealed = world.home.seal()
    forged = attrs.evolve(sealed, records_root=keccak(b"forged"), records_count=9)
    world.remote.submit(forged, NODES, STAKE)
    world.follow()
    with pytest.raises(ChainError, match="holds another checkpoint 1 than the hub; do not use it"):
        world.bridge.accepted()


def test_a_verifier_with_other_stake(world: World) -> None:
    """Its signatures cannot be gathered; the guardian has to help."""
    sealed = world.home.seal()
    world.remote.submit(attrs.evolve(sealed, epoch=1, stake_hash=STAKE.hash), NODES, STAKE)
    world.home.next_epoch()
    world.remote.travel(world.home.now)
    forged = attrs.evolve(sealed, number=2, epoch=2, stake_hash=keccak(b"forged"))
    world.remote.submit(forged, NODES, STAKE)
    world.follow()
    for call in (world.bridge.held, lambda: world.bridge.submission(world.ledger.sealed(1))):
        with pytest.raises(ChainError, match="epoch 2 that is not the home registry's"):
            call()
