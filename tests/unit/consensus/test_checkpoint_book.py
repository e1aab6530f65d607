"""The remote verifier: what it takes, every refusal at its edge and in its order, the guardian, records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from keyring import keys, mirrored, recover

from chainboy.consensus.attestations import Attestations
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.checkpoint_book import AcceptedRecords, Announcement, CheckpointBook, TrustedStake
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.encoding import stake_hash
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.profiles import VerifierProfile
from chainboy.consensus.record import Record
from chainboy.consensus.record_proof import encode_record_proof, prove_record
from chainboy.consensus.refusal import Refused
from chainboy.consensus.signing import Domain, checkpoint_message
from chainboy.errors import EncodingError

PROFILE = VerifierProfile(genesis_time=1_000, epoch_length=100, trust_period=1_000, guardian_delay=300)
DOMAIN = Domain(111_111, to_address(b"\x0a" * 20))
GUARDIAN, STRANGER = to_address(b"\x0b" * 20), to_address(b"\x0c" * 20)
KEYS = {key.address: key for key in keys(4)}
A, B, C, D = KEYS
OLD = StakeDistribution(((A, 30), (B, 30), (C, 40)))
NEW = StakeDistribution(((A, 30), (B, 30), (D, 41)))
RECORDS = [Record.without_consensus(bytes([n]) * 32, 100) for n in range(1, 7)]
TREE = Accumulator([record.hash for record in RECORDS])
NOW = 1_550  # in epoch 5


def stake(distribution: StakeDistribution = OLD, epoch: int = 3) -> TrustedStake:
    """A distribution at an epoch."""
    return TrustedStake(epoch=epoch, stake_hash=distribution.hash, stake_total=distribution.total)


def new_book(first: TrustedStake | None = None, **changes: Any) -> CheckpointBook:
    """A book that trusts OLD as of epoch 3, so until 2,300."""
    options = {"domain": DOMAIN, "guardian": GUARDIAN, "recover": recover, "now": NOW, **changes}
    return CheckpointBook(PROFILE, first or stake(), **options)


def point(number: int = 1, epoch: int = 4, count: int = 2, **changes: Any) -> Checkpoint:
    """A checkpoint of NEW, or of ``stake``, and the first ``count`` records."""
    held: StakeDistribution = changes.pop("stake", NEW)
    fields = {
        "number": number,
        "epoch": epoch,
        "stake_hash": held.hash,
        "stake_total": held.total,
        "records_root": TREE.root_at(count),
        "records_count": count,
        "home_block": 77,
    }
    return Checkpoint(**{**fields, **changes})


def signed(checkpoint: Checkpoint, nodes: tuple[str, ...], held: StakeDistribution = OLD) -> Attestations:
    """What these nodes sign."""
    message = checkpoint_message(DOMAIN, checkpoint)
    return Attestations.pack(held, {node: KEYS[node].sign(message) for node in nodes})


def submit(
    book: CheckpointBook,
    checkpoint: Checkpoint,
    nodes: tuple[str, ...] = (A, C),
    held: StakeDistribution = OLD,
    now: int = NOW,
) -> int:
    """Submit with the signatures of ``nodes``."""
    made = signed(checkpoint, nodes, held)
    return book.submit(checkpoint, held.words, made.bitmap, made.signatures, now=now)


def refuses(name: str, call: Callable[..., Any], *args: object, **kwargs: object) -> tuple[object, ...]:
    """The refusal's arguments; the call must be refused by this name."""
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    assert refused.value.name == name
    return refused.value.arguments


def refuses_submit(name: str, book: CheckpointBook, *args: Any, **kwargs: Any) -> tuple[object, ...]:
    """The refusal's arguments; it left the book as it was."""
    before = (book.stake, book.last_number, dict(book.accepted))
    arguments = refuses(name, submit, book, *args, **kwargs)
    assert (book.stake, book.last_number, book.accepted) == before
    return arguments


def test_a_new_verifier() -> None:
    """It trusts the first distribution, and has no records."""
    book = new_book()
    assert (book.stake, book.last_number, book.announcement) == (stake(), 0, None)
    assert book.accepted == {0: AcceptedRecords(root=Accumulator().root, count=0)}
    assert book.live_until == 1_000 + 300 + 1_000


def test_first_distributions_that_cannot_be() -> None:
    """In the future, or of nothing; and figures that do not fit."""
    assert refuses("EpochInFuture", new_book, stake(epoch=6)) == (6, 5)
    assert new_book(stake(epoch=5)).live_until == 2_500
    refuses("EmptyDistribution", new_book, stake(StakeDistribution(())))
    assert refuses("ProfileInconsistent", new_book, now=999) == ("genesisTime <= now",)
    with pytest.raises(EncodingError, match="stake_hash"):
        TrustedStake(epoch=1, stake_hash=b"", stake_total=1)


def test_a_checkpoint_is_taken() -> None:
    """Its distribution is the one that signs next; its records can be proven; it lives on."""
    book = new_book()
    assert submit(book, point()) == 70
    assert book.stake == stake(NEW, 4)
    assert book.live_until == 2_400
    assert book.last_number == 1
    assert book.accepted[1] == AcceptedRecords(root=TREE.root_at(2), count=2)
    assert submit(book, point(number=5, epoch=5, count=6), (B, D), NEW) == 71
    assert sorted(book.accepted) == [0, 1, 5]


def test_alive_to_the_second() -> None:
    """Until the distribution's epoch began plus the trust period, exclusive."""
    book = new_book()
    assert refuses_submit("NotLive", book, point(), now=2_300) == (2_300,)
    assert submit(book, point(), now=2_299) == 70


def test_the_list_is_the_stored_one() -> None:
    """Not the new one, nor any other."""
    book = new_book()
    refuses_submit("DistributionMismatch", book, point(), (A, B), NEW)
    refuses("DistributionMismatch", book.submit, point(), (), 0, b"", now=NOW)
    refuses("DistributionMismatch", book.submit, point(), OLD.words[:2], 0, b"", now=NOW)


def test_numbers_grow() -> None:
    """The same again and older ones are refused; gaps are not."""
    book = new_book()
    assert refuses_submit("NumberNotNewer", book, point(number=0)) == (0, 0)
    submit(book, point(number=3))
    for number in (2, 3):
        arguments = refuses_submit("NumberNotNewer", book, point(number=number), (B, D), NEW)
        assert arguments == (number, 3)
    submit(book, point(number=4), (B, D), NEW)


def test_epochs_do_not_go_back() -> None:
    """The same one may come again."""
    book = new_book()
    assert refuses_submit("EpochGoesBack", book, point(epoch=2, stake=OLD)) == (2, 3)
    assert submit(book, point(epoch=3, stake=OLD)) == 70


def test_epochs_of_the_future() -> None:
    """To the second: epoch 6 begins at 1,600."""
    book = new_book()
    assert refuses_submit("EpochInFuture", book, point(epoch=6), now=1_599) == (6, 5)
    assert submit(book, point(epoch=6), now=1_600) == 70


def test_an_epoch_has_one_distribution() -> None:
    """The same hash and the same total."""
    book = new_book()
    assert refuses_submit("SameEpochOtherStake", book, point(epoch=3)) == (3,)
    heavier = point(epoch=3, stake=OLD, stake_total=101)
    assert refuses_submit("SameEpochOtherStake", book, heavier) == (3,)


def test_records_do_not_go_back() -> None:
    """As many need the same root; none at first have the empty one's."""
    book = new_book()
    refuses_submit("SameCountOtherRoot", book, point(count=0, records_root=TREE.root))
    assert submit(book, point(number=1, count=0, stake=OLD)) == 70
    assert submit(book, point(number=2, count=4, stake=OLD)) == 70
    assert refuses_submit("CountGoesBack", book, point(number=3, epoch=5, count=3)) == (3, 4)
    other = point(number=3, epoch=5, count=4, records_root=TREE.root_at(3))
    assert refuses_submit("SameCountOtherRoot", book, other) == (4,)
    assert submit(book, point(number=3, epoch=5, count=4)) == 70


def test_distributions_of_nothing() -> None:
    """Nobody could ever sign again."""
    refuses_submit("EmptyDistribution", new_book(), point(stake_total=0))


def test_signatures_fit_the_map() -> None:
    """65 bytes for each bit, and no bit beyond the list."""
    book, checkpoint = new_book(), point()
    made = signed(checkpoint, (A, C))

    def fails(bitmap: int, signatures: bytes) -> None:
        refuses("SignaturesMismatch", book.submit, checkpoint, OLD.words, bitmap, signatures, now=NOW)

    fails(made.bitmap, made.signatures[:-1])
    fails(made.bitmap, made.signatures + b"\0")
    fails(made.bitmap, made.signatures + made.signatures[:65])
    fails(0b100, made.signatures)
    fails(0b1001, made.signatures)
    fails(0b1000, made.signatures[:65])
    fails(made.bitmap | 1 << 255, made.signatures + made.signatures[:65])
    assert book.submit(checkpoint, OLD.words, made.bitmap, made.signatures, now=NOW) == 70


def test_signatures_are_their_nodes() -> None:
    """The first one that is not is named."""
    book, checkpoint = new_book(), point()
    made = signed(checkpoint, (A, B, C))
    parts = [made.signatures[at : at + 65] for at in (0, 65, 130)]

    def fails(*signatures: bytes) -> tuple[object, ...]:
        call = (checkpoint, OLD.words, 0b111, b"".join(signatures))
        return refuses("BadSignature", book.submit, *call, now=NOW)

    assert fails(parts[1], parts[0], parts[2]) == (A,)
    assert fails(parts[0], parts[0], parts[2]) == (B,)
    assert fails(parts[0], parts[1], bytes(65)) == (C,)
    assert fails(parts[0], parts[1], mirrored(parts[2])) == (C,)
    elsewhere = KEYS[C].sign(checkpoint_message(attrs.evolve(DOMAIN, home_chain_id=1), checkpoint))
    assert fails(parts[0], parts[1], elsewhere) == (C,)


def test_nobody_signs() -> None:
    """A list with the zero address in it gives it no signature, whatever fails to recover."""
    words = (5, *OLD.words)
    first = TrustedStake(epoch=3, stake_hash=stake_hash(words), stake_total=5)
    call = (point(), words, 1, bytes(65))
    assert refuses("BadSignature", new_book(first).submit, *call, now=NOW) == (ZERO_ADDRESS,)


def test_more_than_half_to_the_wei() -> None:
    """Of the stored total, whatever the list sums up to."""
    assert refuses_submit("NotEnoughWeight", new_book(), point(), ()) == (0, 100)
    for total, enough in ((139, True), (140, False), (141, False)):
        book = new_book(attrs.evolve(stake(), stake_total=total))
        if enough:
            assert submit(book, point()) == 70
        else:
            assert refuses_submit("NotEnoughWeight", book, point()) == (70, total)


ORDER: list[tuple[str, dict[str, Any]]] = [
    ("NumberNotNewer", {"number": 0}),
    ("EpochGoesBack", {"epoch": 2}),
    ("EpochInFuture", {"epoch": 6}),
    ("SameEpochOtherStake", {"epoch": 3}),
    ("CountGoesBack", {"records_count": 1}),
    ("SameCountOtherRoot", {"records_count": 2, "records_root": bytes(32)}),
    ("EmptyDistribution", {"stake_total": 0}),
]
"""Each refusal with what brings it about; none of them hides an earlier one's reason."""


@pytest.mark.parametrize("place", range(len(ORDER)))
def test_the_first_reason_counts(place: int) -> None:
    """With everything wrong that comes later, up to the signatures."""
    book = new_book()
    submit(book, point(epoch=3, stake=OLD))
    broken: dict[str, Any] = {"number": 2}
    for _, changes in reversed(ORDER[place:]):
        broken |= changes
    made = point(**{**attrs.asdict(point()), **broken})
    call = (made, OLD.words, 0b1111, b"rubbish")
    refuses(ORDER[place][0], book.submit, *call, now=NOW)
    refuses("DistributionMismatch", book.submit, made, (), *call[2:], now=NOW)
    refuses("NotLive", book.submit, made, (), *call[2:], now=2_300)


def test_signatures_come_last() -> None:
    """Shape before signers before weight."""
    book, checkpoint = new_book(), point()
    refuses("SignaturesMismatch", book.submit, checkpoint, OLD.words, 1, b"", now=NOW)
    refuses("BadSignature", book.submit, checkpoint, OLD.words, 1, bytes(65), now=NOW)
    refuses_submit("NotEnoughWeight", book, checkpoint, (A,))


def test_what_has_no_room_in_storage() -> None:
    """Of what a majority signed, too; figures that fit to the bit are taken."""
    book = new_book()
    too_large: list[tuple[int, dict[str, Any]]] = [
        (64, {"number": 2**64}),
        (64, {"records_count": 2**64}),
        (96, {"stake_total": 2**96}),
    ]
    for bits, changes in too_large:
        checkpoint = point(**changes)
        call = ("SafeCastOverflowedUintDowncast", book, checkpoint)
        assert refuses_submit(*call) == (bits, 2**bits)
        refuses_submit("NotEnoughWeight", book, checkpoint, (A,))
    huge = attrs.evolve(stake(), stake_total=2**96)
    assert refuses("SafeCastOverflowedUintDowncast", new_book, huge) == (96, 2**96)
    late, now = attrs.evolve(stake(), epoch=2**32), 1_000 + 100 * 2**32
    assert refuses("SafeCastOverflowedUintDowncast", new_book, late, now=now) == (32, 2**32)
    submit(book, point(number=2**64 - 1, records_count=2**64 - 1, stake_total=2**96 - 1))


def test_a_verifier_has_a_hub_and_a_guardian() -> None:
    """Nobody is neither."""
    refuses("ZeroAddress", new_book, guardian=ZERO_ADDRESS)
    refuses("ZeroAddress", new_book, domain=Domain(1, ZERO_ADDRESS))


def test_announcing() -> None:
    """The guardian's alone, once the trust is over, to the second."""
    book, announced = new_book(), stake(NEW, 9)
    call = book.announce
    assert refuses("NotGuardian", call, announced, sender=STRANGER, now=2_300) == (STRANGER,)
    assert refuses("NotGuardian", call, announced, sender=STRANGER, now=2_299) == (STRANGER,)
    assert refuses("StillLive", call, announced, sender=GUARDIAN, now=2_299) == (2_300,)
    assert refuses("EpochGoesBack", call, stake(NEW, 3), sender=GUARDIAN, now=2_300) == (3, 3)
    assert refuses("EpochInFuture", call, stake(NEW, 14), sender=GUARDIAN, now=2_300) == (14, 13)
    empty = attrs.evolve(announced, stake_total=0)
    refuses("EmptyDistribution", call, empty, sender=GUARDIAN, now=2_300)
    huge = attrs.evolve(announced, stake_total=2**96)
    refuses("SafeCastOverflowedUintDowncast", call, huge, sender=GUARDIAN, now=2_300)
    assert book.announcement is None
    call(stake(NEW, 13), sender=GUARDIAN, now=2_300)
    assert book.announcement == Announcement(stake=stake(NEW, 13), active_at=2_600)
    assert book.stake == stake()


def test_activating() -> None:
    """By anyone after the delay, to the second, once; numbers and records stay."""
    book = new_book()
    submit(book, point(epoch=3, stake=OLD))
    refuses("NothingAnnounced", book.activate, now=9_999)
    book.announce(stake(NEW, 13), sender=GUARDIAN, now=2_300)
    assert refuses("TooEarly", book.activate, now=2_599) == (2_600,)
    book.activate(now=2_600)
    assert (book.stake, book.live_until) == (stake(NEW, 13), 3_300)
    assert (book.last_number, sorted(book.accepted)) == (1, [0, 1])
    refuses("NothingAnnounced", book.activate, now=2_600)
    assert submit(book, point(number=2, epoch=14), (B, D), NEW, now=2_700) == 71


def test_announcing_again() -> None:
    """The delay starts anew, for whatever is announced last."""
    book = new_book()
    book.announce(stake(NEW, 12), sender=GUARDIAN, now=2_300)
    book.announce(stake(OLD, 13), sender=GUARDIAN, now=2_599)
    assert refuses("TooEarly", book.activate, now=2_898) == (2_899,)
    book.activate(now=2_899)
    assert book.stake == stake(OLD, 13)


def test_an_announcement_takes_no_checkpoints() -> None:
    """Neither side's, until it counts."""
    book = new_book()
    book.announce(stake(NEW, 13), sender=GUARDIAN, now=2_300)
    assert refuses_submit("NotLive", book, point(), now=2_500) == (2_300,)


def test_records() -> None:
    """Under the number they are proven for, also after newer ones and after the trust."""
    book = new_book()
    first = point(count=2, stake=OLD)
    submit(book, first)
    submit(book, point(number=2, count=5, stake=OLD))
    book.require_record(RECORDS[1], prove_record(TREE, 1, first))
    book.require_record(RECORDS[1], prove_record(TREE, 1, point(number=2, count=5)))
    book.require_record(RECORDS[4], prove_record(TREE, 4, point(number=2, count=5)))


@pytest.mark.parametrize(
    ("record", "proof"),
    [
        (RECORDS[1], b""),
        (RECORDS[1], prove_record(TREE, 1, point(count=2)) + bytes(32)),
        (RECORDS[1], prove_record(TREE, 1, point(count=2))[:-1]),
        (RECORDS[1], prove_record(TREE, 1, point(number=2, count=2))),
        (RECORDS[1], prove_record(TREE, 1, point(number=0, count=2))),
        (RECORDS[1], prove_record(TREE, 1, point(number=2**255, count=2))),
        (RECORDS[1], prove_record(TREE, 0, point(count=2))),
        (RECORDS[2], prove_record(TREE, 2, point(count=3))),
        (attrs.evolve(RECORDS[1], total_weight=101), prove_record(TREE, 1, point(count=2))),
        (RECORDS[0], encode_record_proof(0, Accumulator([bytes(32)]).proof(0))),
    ],
)
def test_records_that_are_not_proven(record: Record, proof: bytes) -> None:
    """Other sizes, other numbers, other places, later records, another record, the tree of none."""
    book = new_book()
    submit(book, point(count=2))
    assert refuses("UnprovenRecord", book.require_record, record, proof) == (record.task_id,)
