"""A record's way to a remote chain: what a good one holds, and that no changed field of it passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
import test_proof_file as files
from keyring import keys, mirrored, recover

from chainboy.chain.signer import recover as own_recover
from chainboy.consensus.attestations import Attestations
from chainboy.consensus.canonical import Fields
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.passage import Link, Passage
from chainboy.consensus.profiles import VerifierProfile
from chainboy.consensus.proof import TaskProof
from chainboy.consensus.record import Record
from chainboy.consensus.signing import Domain, checkpoint_message
from chainboy.errors import EncodingError, ProofInvalid

PROFILE = VerifierProfile(genesis_time=1_000, epoch_length=100, trust_period=1_000, guardian_delay=300)
DOMAIN = Domain(111_111, files.HUB)
KEYS = {key.address: key for key in keys(4)}
A, B, C, D = KEYS
OLD = StakeDistribution(((A, 30), (B, 30), (C, 40)))
NEW = StakeDistribution(((A, 30), (B, 30), (D, 41)))
GENESIS = TrustedStake(epoch=3, stake_hash=OLD.hash, stake_total=OLD.total)
PROOF = files.make()
RECORD = PROOF.record
TREE = Accumulator([b"\x01" * 32, b"\x02" * 32, RECORD.hash, b"\x03" * 32])


def point(number: int, epoch: int, stake: StakeDistribution, count: int) -> Checkpoint:
    """A checkpoint with the first records of the tree."""
    return Checkpoint(
        number=number,
        epoch=epoch,
        stake_hash=stake.hash,
        stake_total=stake.total,
        records_root=TREE.root_at(count),
        records_count=count,
        home_block=77 + number,
    )


def link(checkpoint: Checkpoint, held: StakeDistribution, nodes: tuple[str, ...], at: int) -> Link:
    """A checkpoint signed by these nodes of the distribution held before it."""
    message = checkpoint_message(DOMAIN, checkpoint)
    made = Attestations.pack(held, {node: KEYS[node].sign(message) for node in nodes})
    return Link(
        checkpoint=checkpoint,
        words=held.words,
        bitmap=made.bitmap,
        signatures=made.signatures,
        accepted_at=at,
    )


FIRST = link(point(2, 4, NEW, 1), OLD, (A, C), 1_450)
SECOND = link(point(5, 5, NEW, 4), NEW, (B, D), 1_550)


def way(**changes: Any) -> Passage:
    """A way of two steps; the second one's signers are the new list's."""
    fields = {"profile": PROFILE, "genesis": GENESIS, "links": (FIRST, SECOND), "siblings": TREE.proof(2)}
    return Passage(**(fields | changes))


def check(passage: Passage, record: Record = RECORD, **options: Any) -> int:
    """Verify it."""
    return passage.verify(record, **({"domain": DOMAIN, "recover": recover} | options))


def fails(passage: Passage, reason: str, record: Record = RECORD, **options: Any) -> None:
    """Verifying must fail for this reason."""
    with pytest.raises(ProofInvalid, match=reason):
        check(passage, record, **options)


def test_a_good_one() -> None:
    """The weight behind the last step, whichever library recovers; the start may be known."""
    assert check(way()) == 71
    assert check(way(), recover=own_recover) == 71
    assert check(way(), genesis=OLD.hash) == 71
    assert way().checkpoint == SECOND.checkpoint
    direct = link(point(2, 4, NEW, 4), OLD, (A, B), 2_299)
    assert check(way(links=(direct,))) == 60


def test_another_beginning() -> None:
    """A file that agrees with itself from a distribution that nobody knows."""
    fails(way(), "genesis is not the one expected", genesis=NEW.hash)
    mine = StakeDistribution(((D, 1),))
    forged = way(
        genesis=attrs.evolve(GENESIS, stake_hash=mine.hash, stake_total=1),
        links=(link(point(1, 4, mine, 4), mine, (D,), 1_450),),
    )
    assert check(forged) == 1
    fails(forged, "genesis is not the one expected", genesis=OLD.hash)


def test_no_steps() -> None:
    """There is nothing to have brought the record."""
    fails(way(links=()), "links is empty")


def _links(index: int, **changes: Any) -> Passage:
    links = [FIRST, SECOND]
    links[index] = attrs.evolve(links[index], **changes)
    return way(links=tuple(links))


def _checkpoint(index: int, **changes: Any) -> Passage:
    return _links(index, checkpoint=attrs.evolve((FIRST, SECOND)[index].checkpoint, **changes))


def _profile(**changes: int) -> Passage:
    return way(profile=attrs.evolve(PROFILE, **changes))


def _genesis(**changes: Any) -> Passage:
    return way(genesis=attrs.evolve(GENESIS, **changes))


def _flipped(index: int, at: int) -> Passage:
    signatures = bytearray((FIRST, SECOND)[index].signatures)
    signatures[at] ^= 1
    return _links(index, signatures=bytes(signatures))


def _malleable() -> Passage:
    return _links(1, signatures=SECOND.signatures[:65] + mirrored(SECOND.signatures[65:]))


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        # a checkpoint's fields are signed; those that are checked before are refused for themselves
        (lambda: _checkpoint(0, number=3), "BadSignature"),
        (lambda: _checkpoint(0, number=0), "NumberNotNewer"),
        (lambda: _checkpoint(0, epoch=3), "SameEpochOtherStake"),
        (lambda: _checkpoint(0, epoch=2), "EpochGoesBack"),
        (lambda: _checkpoint(0, epoch=9), "EpochInFuture"),
        (lambda: _checkpoint(0, stake_hash=bytes(32)), "BadSignature"),
        (lambda: _checkpoint(0, stake_total=1), "BadSignature"),
        (lambda: _checkpoint(0, stake_total=0), "EmptyDistribution"),
        (lambda: _checkpoint(0, records_root=bytes(32)), "BadSignature"),
        (lambda: _checkpoint(0, records_count=2), "BadSignature"),
        (lambda: _checkpoint(0, home_block=1), "BadSignature"),
        (lambda: _checkpoint(1, number=2), "NumberNotNewer"),
        (lambda: _checkpoint(1, epoch=4), "BadSignature"),
        (lambda: _checkpoint(1, records_root=RECORD.hash), "BadSignature"),
        (lambda: _checkpoint(1, records_count=0), "CountGoesBack"),
        (lambda: _checkpoint(1, records_count=1), "SameCountOtherRoot"),
        (lambda: _checkpoint(1, home_block=1), "BadSignature"),
        # the list, the map and the signatures
        (lambda: _links(0, words=NEW.words), "DistributionMismatch"),
        (lambda: _links(1, words=OLD.words), "DistributionMismatch"),
        (lambda: _links(1, words=NEW.words[::-1]), "DistributionMismatch"),
        (lambda: _links(1, bitmap=0b011), "BadSignature"),
        (lambda: _links(1, bitmap=0b111), "SignaturesMismatch"),
        (lambda: _links(1, bitmap=0b1010), "SignaturesMismatch"),
        (lambda: _links(1, bitmap=0b010, signatures=SECOND.signatures[:65]), "NotEnoughWeight"),
        (lambda: _links(1, bitmap=0, signatures=b""), "NotEnoughWeight"),
        (lambda: _links(1, signatures=SECOND.signatures[65:] + SECOND.signatures[:65]), "BadSignature"),
        (lambda: _links(0, signatures=SECOND.signatures), "BadSignature"),
        (_malleable, "BadSignature"),
        # time
        (lambda: _links(0, accepted_at=1_399), "EpochInFuture"),
        (lambda: _links(0, accepted_at=2_300), "NotLive"),
        (lambda: _links(1, accepted_at=2_400), "NotLive"),
        (lambda: _links(0, accepted_at=0), "ProfileInconsistent"),
        # where it begins
        (lambda: _genesis(epoch=4), "SameEpochOtherStake"),
        (lambda: _genesis(epoch=99), "EpochInFuture"),
        (lambda: _genesis(stake_hash=NEW.hash), "DistributionMismatch"),
        (lambda: _genesis(stake_total=0), "EmptyDistribution"),
        (lambda: _genesis(stake_total=140), "NotEnoughWeight"),
        (lambda: _profile(genesis_time=1_451), "ProfileInconsistent"),
        (lambda: _profile(genesis_time=1_151), "EpochInFuture"),
        (lambda: _profile(epoch_length=0), "ProfileInconsistent"),
        (lambda: _profile(epoch_length=1_000), "EpochInFuture"),
        (lambda: _profile(trust_period=0), "ProfileInconsistent"),
        (lambda: _profile(trust_period=150, guardian_delay=75), "NotLive"),
        (lambda: _profile(guardian_delay=0), "ProfileInconsistent"),
        # the steps and the record's place
        (lambda: way(links=(SECOND,)), "DistributionMismatch"),
        (lambda: way(links=(SECOND, FIRST)), "DistributionMismatch|EpochInFuture"),
        (lambda: way(links=(FIRST, SECOND, SECOND)), "NumberNotNewer"),
        (lambda: way(links=(FIRST,)), "UnprovenRecord"),
        (lambda: way(siblings=TREE.proof(1)), "UnprovenRecord"),
        (lambda: way(siblings=(bytes(32), *TREE.proof(2)[1:])), "UnprovenRecord"),
    ],
)
def test_forgeries(forge: Callable[[], Passage], reason: str) -> None:
    """Each is refused for the verifier's own reason."""
    fails(forge(), f"passage is refused: .*({reason})")


def test_too_few_siblings() -> None:
    """A proof has 32."""
    for siblings in ((), TREE.proof(2)[:-1], (*TREE.proof(2), bytes(32))):
        fails(way(siblings=siblings), "passage is refused: .*32 siblings")


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("at", [*range(0, 64, 7), 64, 65, 97, 129])
def test_no_changed_bit_of_a_signature(index: int, at: int) -> None:
    """Neither of r nor of s nor of v, of either signer."""
    fails(_flipped(index, at), "BadSignature")


def test_another_record_or_network() -> None:
    """The way is this record's, and signed for this hub on this chain."""
    fails(way(), "UnprovenRecord", attrs.evolve(RECORD, total_weight=RECORD.total_weight + 1))
    fails(way(), "BadSignature", domain=Domain(111_112, files.HUB))
    fails(way(), "BadSignature", domain=Domain(111_111, files.GATEWAY))


def test_who_recovers_nobody() -> None:
    """Then nothing is signed."""
    fails(way(), "BadSignature", recover=lambda *_: None)


def test_shapes() -> None:
    """Numbers fit their words, hashes have 32 bytes."""
    with pytest.raises(EncodingError, match="words"):
        attrs.evolve(FIRST, words=(-1,))
    with pytest.raises(EncodingError, match="bitmap"):
        attrs.evolve(FIRST, bitmap=2**256)
    with pytest.raises(EncodingError, match="accepted_at"):
        attrs.evolve(FIRST, accepted_at=2**64)
    with pytest.raises(EncodingError, match="siblings"):
        way(siblings=(b"\1",) * 32)


def test_as_a_tree() -> None:
    """Everything in it comes back."""
    assert Passage.read(Fields(way().tree(), "")) == way()


def remote_proof(**changes: Any) -> TaskProof:
    """The proof file of a task whose record crossed."""
    return files.redone(PROOF, passage=way(**changes))


def test_in_a_proof_file() -> None:
    """It survives the text, and is checked with the rest."""
    proof = TaskProof.from_json(remote_proof().to_json())
    assert proof == remote_proof()
    assert proof.passage == way()
    proof.verify(recover=recover)
    proof.verify(recover=recover, expected_genesis=OLD.hash, expected_hub=files.HUB)
    assert TaskProof.from_json(PROOF.to_json()).passage is None


def test_a_proof_file_s_forgeries() -> None:
    """Without recover nothing is believed; nor from another beginning; nor a passage of another record."""
    with pytest.raises(ProofInvalid, match="give recover"):
        remote_proof().verify()
    with pytest.raises(ProofInvalid, match="genesis is not the one expected"):
        remote_proof().verify(recover=recover, expected_genesis=NEW.hash)
    with pytest.raises(ProofInvalid, match="passage is missing"):
        PROOF.verify(recover=recover, expected_genesis=OLD.hash)
    with pytest.raises(ProofInvalid, match="UnprovenRecord"):
        remote_proof(siblings=TREE.proof(1)).verify(recover=recover)
    with pytest.raises(ProofInvalid, match="BadSignature"):
        files.redone(remote_proof(), home_chain_id=5).verify(recover=recover)
    swapped = attrs.evolve(remote_proof(), passage=way(links=(FIRST,)))
    with pytest.raises(ProofInvalid, match="digest"):
        swapped.verify(recover=recover)


def test_no_changed_digit_of_the_text_passes() -> None:
    """Every seventh byte of the passage, one bit of it changed; the digest binds what nothing else does."""
    text = remote_proof().to_json().encode()
    start = text.index(b'"passage"')
    for at in range(start, len(text), 7):
        changed = text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]
        with pytest.raises(ProofInvalid):
            TaskProof.from_json(changed).verify(recover=recover)


