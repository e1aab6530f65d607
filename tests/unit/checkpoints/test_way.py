"""A record's way, put together from both chains: it passes the mirror's rules, in the longest steps."""

from __future__ import annotations

import attrs
import pytest
from keyring import recover
from mirrored import (
    BONDS,
    DEPLOYMENT,
    DOMAIN,
    EPOCH,
    KEYS,
    NODES,
    PLACE,
    TRUST_EPOCHS,
    HomeChain,
    RemoteChain,
)

from chainboy.checkpoints import Bridge, Ledger
from chainboy.checkpoints.way import first_accepted, passage
from chainboy.consensus.attestations import Attestations
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.passage import Passage
from chainboy.consensus.record import Record
from chainboy.consensus.signing import checkpoint_message
from chainboy.contracts.checkpoint_events import CheckpointAccepted
from chainboy.contracts.checkpoint_verifier import CheckpointVerifier
from chainboy.errors import ChainError

A, B, C, D = NODES
STAKE = StakeDistribution.of(BONDS.items())


class World:
    """Both chains; ``cross`` seals, signs and brings a checkpoint in one go."""

    def __init__(self) -> None:
        self.home = HomeChain()
        self.remote = RemoteChain(self.home)
        self.ledger = Ledger(self.home, DEPLOYMENT)
        self.bridge = Bridge(self.ledger, self.home, DEPLOYMENT, PLACE.verifier_on(self.remote))
        self.held = STAKE

    def cross(self, *, signers: tuple[str, ...] = NODES, published: bool = True) -> Checkpoint:
        """A checkpoint with all that was recorded so far; ``signers`` sign it."""
        self.home.mine(seconds=10)
        sealed = self.home.seal()
        if published:
            self.home.attest(sealed, signers)
        self.remote.travel(self.home.now)
        self.remote.submit(sealed, signers, self.held)
        self.ledger.follow(self.home.head().number)
        self.held = self.ledger.distribution(sealed.epoch)
        return sealed

    def passage(self, record: Record) -> Passage:
        """The way of the record, which must pass; ``genesis`` is what the verifier began with."""
        index = self.ledger.index_of(record.task_id)
        assert index is not None
        target = first_accepted(self.bridge.verifier, index)
        assert target is not None
        way = passage(self.bridge, index, target)
        way.verify(record, domain=DOMAIN, recover=recover)
        return way

    def numbers(self, record: Record) -> list[int]:
        """The checkpoints on its way."""
        return [link.checkpoint.number for link in self.passage(record).links]


@pytest.fixture
def world() -> World:
    """Nothing is sealed yet."""
    return World()


def test_one_step(world: World) -> None:
    """From the genesis distribution to the first checkpoint that has the record."""
    record = world.home.record(b"0")
    sealed = world.cross()
    world.home.record(b"1")
    world.cross()
    way = world.passage(record)
    assert (way.genesis.stake_hash, way.genesis.epoch) == (STAKE.hash, 1)
    assert way.checkpoint == sealed
    (link,) = way.links
    assert link.words == STAKE.words
    assert way.verify(record, domain=DOMAIN, recover=recover, genesis=STAKE.hash) == 70


def test_first_accepted(world: World) -> None:
    """The oldest checkpoint that has it; none while there is none, however much else there is."""
    verifier = world.bridge.verifier
    assert first_accepted(verifier, 0) is None
    world.cross()
    assert first_accepted(verifier, 0) is None
    for name in (b"0", b"1"):
        world.home.record(name)
        world.cross()
    world.cross()
    world.remote.mine(300)
    found = [first_accepted(verifier, index) for index in range(3)]
    assert [event and event.number for event in found] == [2, 3, None]


def test_what_is_not_needed_is_left_out(world: World) -> None:
    """While the same stake signs, one step is enough, whatever was brought before."""
    for name in (b"0", b"1", b"2"):
        record = world.home.record(name)
        world.cross()
    assert world.numbers(record) == [3]


def test_step_by_step_when_stake_changes(world: World) -> None:
    """Where only the new stake has enough signers, the checkpoint that brought it is needed."""
    world.cross()
    world.home.bond(B, 200)
    world.home.next_epoch()
    world.cross()
    record = world.home.record(b"0")
    world.cross(signers=(B, D))
    assert world.numbers(record) == [2, 3]
    later = world.home.record(b"1")
    world.cross(signers=(B, C, A))
    assert world.numbers(later) == [4]


def test_trust_that_ended(world: World) -> None:
    """A step that would come after the held stake's trust has ended is not made, to the second."""
    first = world.cross()
    record = world.home.record(b"0")
    until = 1_000 + EPOCH * (1 + TRUST_EPOCHS)
    world.home.travel(until - 40)
    middle = world.cross()
    near = world.cross()
    assert world.remote.now < until
    assert world.numbers(record) == [middle.number]
    later = world.home.record(b"1")
    world.remote.travel(until - 1)
    world.cross()
    assert world.remote.now == until
    assert world.numbers(later) == [near.number, 4]
    assert first.number == 1


def test_signatures_elsewhere(world: World) -> None:
    """What went to a relayer straight away cannot be shown, unless later signatures make up for it."""
    record = world.home.record(b"0")
    world.cross(published=False)
    with pytest.raises(ChainError, match="does not hold the signatures that brought checkpoint 1"):
        world.passage(record)
    later = world.home.record(b"1")
    world.cross()
    assert world.numbers(later) == [2]


def test_too_few_signatures(world: World) -> None:
    """Half of them is not enough."""
    record = world.home.record(b"0")
    sealed = world.cross(published=False)
    world.home.attest(sealed, (C, D))
    with pytest.raises(ChainError, match="does not hold"):
        world.passage(record)
    world.home.attest(sealed, (B,))
    assert world.numbers(record) == [1]


def test_after_the_guardian(world: World) -> None:
    """The way begins with what counted last before the record came, not with the first of all."""
    old = world.home.record(b"0")
    world.cross()
    world.home.bond(A, 1)
    world.home.next_epoch(TRUST_EPOCHS + 1)
    world.remote.travel(world.home.now)
    announced = world.home.seal(listed=True)
    world.remote.guard(announced)
    world.ledger.follow(world.home.head().number)
    world.held = world.ledger.distribution(announced.epoch)
    record = world.home.record(b"1")
    world.home.travel(world.remote.now)
    world.cross()
    way = world.passage(record)
    assert (way.genesis.epoch, way.genesis.stake_hash) == (announced.epoch, announced.stake_hash)
    assert way.genesis.stake_total == 101
    assert world.passage(old).genesis.stake_hash == STAKE.hash


def test_an_endpoint_that_forgets_the_beginning(world: World) -> None:
    """It is told."""
    record = world.home.record(b"0")
    world.cross()
    world.remote.hidden = lambda log: log.topics[0] != CheckpointVerifier.topic(CheckpointAccepted)
    with pytest.raises(ChainError, match="do not tell what verifier"):
        world.passage(record)


def test_later_numbers_in_the_same_block(world: World) -> None:
    """What was accepted after the target is not on the way, though its block is the same."""
    record = world.home.record(b"0")
    sealed = world.cross()
    world.home.mine(seconds=10)
    later = world.home.seal()
    world.ledger.follow(world.home.head().number)
    function = ("submit", (attrs.asdict(later), STAKE.words, *_packed(later)))
    made = world.remote._keep(lambda state: world.remote.write(state, *function, A, 0))
    world.remote.emit(*made)
    way = world.passage(record)
    assert way.checkpoint == sealed


def _packed(checkpoint: Checkpoint) -> tuple[int, bytes]:
    message = checkpoint_message(DOMAIN, checkpoint)
    made = Attestations.pack(STAKE, {node: KEYS[node].sign(message) for node in NODES})
    return made.bitmap, made.signatures
