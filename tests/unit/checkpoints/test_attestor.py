"""What a node signs: only what is sealed, final, comes out again and brings news; each once."""

from __future__ import annotations

import attrs
import pytest
from keyring import recover
from mirrored import BONDS, DEPLOYMENT, DOMAIN, KEYS, NODES, STRANGER, TRUST_EPOCHS, HomeChain, hub_event

from chainboy.chain.signer import KeySigner
from chainboy.checkpoints import Attestor, attestor, ledger
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.signing import checkpoint_digest
from chainboy.contracts.hub import Hub
from chainboy.contracts.hub_events import Finalized
from chainboy.errors import ChainError

A, B, C, D = NODES


class Signing:
    """One node's attestor, and all that it let out; ``works``: whether publishing does."""

    def __init__(self, home: HomeChain, key: KeySigner = KEYS[A]) -> None:
        self.home = home
        self.key = key
        self.works = True
        self.published: list[tuple[int, bytes]] = []
        self.attestor = Attestor(home, DEPLOYMENT, key, self._publish)

    def step(self) -> list[int]:
        """One step at the newest final block; the numbers it published."""
        before = len(self.published)
        self.attestor.step(self.home.block(self.home.final_number()))
        return [number for number, _ in self.published[before:]]

    def _publish(self, number: int, signature: bytes) -> bool:
        self.published.append((number, signature))
        return self.works

    def is_over(self, checkpoint: Checkpoint) -> bool:
        """Whether the last signature is this node's over exactly this, as another library sees it."""
        number, signature = self.published[-1]
        signer = recover(checkpoint_digest(DOMAIN, checkpoint), signature)
        return (number, signer) == (checkpoint.number, self.key.address)


@pytest.fixture
def home() -> HomeChain:
    """Four nodes, and a block is final when two stand on it."""
    return HomeChain(confirmations=2)


def test_a_long_past_is_read_a_piece_at_a_step(home: HomeChain, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is signed before all of it is known."""
    monkeypatch.setattr(ledger, "STRIDE", 1)
    monkeypatch.setattr(attestor, "STRIDES_A_STEP", 5)
    node = Signing(home)
    sealed = home.seal()
    home.mine(2)
    steps = 0
    while not node.step():
        steps += 1
    assert steps == home.final_number() // 5
    assert node.is_over(sealed)


def test_a_sealed_checkpoint(home: HomeChain) -> None:
    """It is signed when it is final, not a block before, and once."""
    node = Signing(home)
    assert node.step() == []
    sealed = home.seal()
    home.mine()
    assert node.step() == []
    home.mine()
    assert node.step() == [1]
    assert node.is_over(sealed)
    home.mine(5)
    assert node.step() == []


def test_the_newest(home: HomeChain) -> None:
    """Older ones are not signed any more."""
    home.seal()
    home.record(b"0")
    home.mine(seconds=10)
    newer = home.seal()
    home.mine(2)
    node = Signing(home)
    assert node.step() == [2]
    assert node.is_over(newer)
    assert node.step() == []


def test_no_news(home: HomeChain) -> None:
    """A checkpoint with nothing new is not signed, until half of the trust period is gone."""
    home.seal()
    home.mine(2)
    node = Signing(home)
    node.step()
    half = (TRUST_EPOCHS + 1) // 2
    for epochs, signed in ((1, []), (half - 2, []), (1, [4])):
        home.next_epoch(epochs)
        redated = home.seal()
        home.mine(2)
        assert node.step() == signed
    assert node.is_over(redated)


def test_nodes_agree_on_what_they_sign(home: HomeChain) -> None:
    """Whoever slept through a checkpoint signs the same one as the others, whatever was sealed since."""
    awake = Signing(home)
    sealed = home.seal()
    home.mine(2)
    awake.step()
    home.mine(seconds=10)
    home.seal()
    home.mine(2)
    asleep = Signing(home, KEYS[B])
    assert (awake.step(), asleep.step()) == ([], [1])
    assert asleep.is_over(sealed)


def test_records_and_stake_are_news(home: HomeChain) -> None:
    """Either alone."""
    node = Signing(home)
    home.seal()
    home.mine(2)
    node.step()
    home.record(b"0")
    home.mine(seconds=10)
    home.seal(listed=False)
    home.mine(2)
    assert node.step() == [2]
    home.bond(B, 1)
    home.next_epoch()
    sealed = home.seal(listed=True)
    home.mine(2)
    assert node.step() == [3]
    assert node.is_over(sealed)


def test_after_a_restart(home: HomeChain) -> None:
    """The same signature again, which changes nothing."""
    home.seal()
    home.mine(2)
    first, second = Signing(home), Signing(home)
    assert (first.step(), second.step()) == ([1], [1])
    assert first.published == second.published


def test_until_it_is_published(home: HomeChain) -> None:
    """What did not reach the carrier goes out again."""
    home.seal()
    home.mine(2)
    node = Signing(home)
    node.works = False
    assert [node.step(), node.step()] == [[1], [1]]
    node.works = True
    assert [node.step(), node.step()] == [[1], []]


def test_nobody_needs_a_stranger_s(home: HomeChain) -> None:
    """Who never weighed anything has nothing to say."""
    home.seal()
    home.mine(2)
    assert Signing(home, STRANGER).step() == []


def test_who_left_still_signs(home: HomeChain) -> None:
    """As long as a verifier may hold a distribution with its weight, and no longer."""
    home.seal()
    left = home.epoch + 1
    home.bond(D, -BONDS[D])
    home.next_epoch()
    home.seal(listed=True)
    home.mine(2)
    assert Signing(home, KEYS[D]).step() == [2]
    # D weighed something in epoch `left` - 1 at the latest.
    home.next_epoch(left - 1 + TRUST_EPOCHS - home.epoch)
    home.seal()
    home.mine(2)
    assert Signing(home, KEYS[D]).step() == [3]
    home.bond(A, 1)
    home.next_epoch()
    home.seal(listed=True)
    home.mine(2)
    assert Signing(home, KEYS[D]).step() == []
    assert Signing(home, KEYS[A]).step() == [4]


def test_who_comes_next_epoch() -> None:
    """Its weight counts before it does: a verifier may hold the next distribution before this one comes."""
    late = HomeChain({A: 30, C: 40}, confirmations=2)
    late.seal()
    late.join(D, 10)
    late.mine(2)
    assert Signing(late, KEYS[D]).step() == [1]
    assert Signing(late, KEYS[B]).step() == []


def test_what_the_hub_s_state_denies(home: HomeChain) -> None:
    """Logs that agree with each other but not with the hub: nothing is signed."""
    made = home.seal()
    home.events.pop()
    forged = attrs.evolve(made, home_block=made.home_block + 1)
    home.emit(hub_event("Sealed", number=1, checkpoint=forged, words=()))
    home.mine(2)
    node = Signing(home)
    with pytest.raises(ChainError, match="belies checkpoint 1"):
        node.step()
    assert node.published == []


def test_what_the_hub_never_sealed(home: HomeChain) -> None:
    """Nor what only the logs tell of; nor what they belie."""
    first = home.seal()
    home.mine(seconds=10)
    home.record(b"0")
    forged = attrs.evolve(first, number=2, records_count=1, records_root=home.state.seals.records.root)
    home.emit(hub_event("Sealed", number=2, checkpoint=forged, words=()))
    home.mine(2)
    node = Signing(home)
    with pytest.raises(ChainError, match="belies checkpoint 2"):
        node.step()
    home.hidden = lambda log: log.topics[0] == Hub.topic(Finalized)
    other = Signing(home)
    with pytest.raises(ChainError, match="belie checkpoint 2"):
        other.step()
    assert node.published == other.published == []


def test_an_endpoint_that_fails(home: HomeChain) -> None:
    """Nothing is signed; the next step does it."""
    sealed = home.seal()
    home.mine(2)
    node, deep = Signing(home), home.block(home.final_number())
    home.down = True
    with pytest.raises(ChainError, match="down"):
        node.attestor.step(deep)
    home.down = False
    assert node.step() == [1]
    assert node.is_over(sealed)
