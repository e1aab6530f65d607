"""What is read of the home chain: all of it, once, and nothing an endpoint makes up or leaves out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import pytest
from mirrored import BONDS, DEPLOYMENT, NODES, REQUESTER, TRUST_EPOCHS, HomeChain, hub_event

from chainboy.checkpoints import Ledger, ledger
from chainboy.checkpoints.news import brings_news, is_half_gone
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.encoding import keccak
from chainboy.consensus.merkle import Accumulator, verify
from chainboy.consensus.record import Record
from chainboy.consensus.record_proof import decode_record_proof
from chainboy.contracts.hub import Hub
from chainboy.contracts.hub_events import Finalized
from chainboy.contracts.registry import Registry
from chainboy.contracts.registry_events import WeightChanged
from chainboy.errors import ChainError
from chainboy.events.log import LogEvent
from chainboy.units import TaskId

A, B, C, D = NODES


@pytest.fixture
def home() -> HomeChain:
    """Four nodes in the first epoch in which they count."""
    return HomeChain()


def read(home: HomeChain) -> Ledger:
    """A ledger that is at the head."""
    made = Ledger(home, DEPLOYMENT)
    made.follow(home.head().number)
    return made


def places(made: Ledger, records: Sequence[Record]) -> list[int | None]:
    """Where each of these records stands."""
    return [made.index_of(record.task_id) for record in records]


def stake(**changes: int) -> StakeDistribution:
    """The bonds, some of them otherwise; without those of zero."""
    amounts = BONDS | {dict(zip("ABCD", NODES, strict=True))[name]: n for name, n in changes.items()}
    return StakeDistribution.of((node, amount) for node, amount in amounts.items() if amount)


def kinds(*events: type) -> set[bytes]:
    """The first topics of these events."""
    return {Registry.topic(e) if e is WeightChanged else Hub.topic(e) for e in events}


def test_before_anything() -> None:
    """No record, no checkpoint, nobody weighs anything."""
    empty = read(HomeChain(bonds={}))
    assert (empty.newest, empty.news, empty.covering(0)) == (None, None, None)
    assert empty.index_of(TaskId(bytes(32))) is None
    assert empty.distribution(3) == StakeDistribution(())
    assert not empty.weighed(A, 0)
    for number in (0, 1, -1):
        with pytest.raises(ChainError, match="not final"):
            empty.sealed(number)


@pytest.mark.parametrize("stride", [1, 2, 3, 7, 2_000])
def test_strides(home: HomeChain, stride: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many blocks are read at a time, and in however many visits, the same comes out."""
    monkeypatch.setattr(ledger, "STRIDE", stride)
    records = [home.record(b"%d" % n) for n in range(3)]
    first = home.seal(listed=True)
    home.bond(A, 5)
    home.next_epoch()
    records.append(home.record(b"later"))
    second = home.seal(listed=True)
    home.mine(5)
    made = Ledger(home, DEPLOYMENT)
    for number in range(home.head().number + 1):
        made.follow(number)
    for found in (made, read(home)):
        assert places(found, records) == [0, 1, 2, 3]
        assert [found.sealed(n).checkpoint for n in (1, 2)] == [first, second] == home.sealed
        assert found.newest == found.news == found.sealed(2)
        assert found.distribution(first.epoch) == stake()
        assert found.distribution(second.epoch) == stake(A=BONDS[A] + 5)


def test_no_block_twice(home: HomeChain) -> None:
    """Going back changes nothing: no record is counted again."""
    records = [home.record(b"1")]
    made = read(home)
    made.follow(1)
    made.follow(home.head().number)
    records.append(home.record(b"2"))
    made.follow(home.head().number)
    assert places(made, records) == [0, 1]


def test_a_first_block() -> None:
    """Blocks before it are not asked for; what lies in it is taken."""
    start = HomeChain(bonds={})
    start.mine(10)
    asked: list[int] = []
    logs = start.logs
    start.logs = lambda *args: (asked.append(args[2]), logs(*args))[1]  # type: ignore[method-assign]
    record = start.record(b"1")
    made = Ledger(start, DEPLOYMENT, first=11)
    made.follow(10)
    assert asked == []
    made.follow(11)
    assert (asked, made.index_of(record.task_id)) == ([11], 0)


def test_proofs(home: HomeChain) -> None:
    """A record is proven under each checkpoint that has it, by siblings that lead to its root."""
    home.record(b"0")
    old = home.seal(listed=True)
    home.record(b"1")
    home.mine(seconds=10)
    new = home.seal(listed=False)
    made, tree = read(home), Accumulator(home.leaves)
    for checkpoint in (old, new):
        number, siblings = decode_record_proof(made.proof(0, checkpoint))
        assert number == checkpoint.number
        assert siblings == tree.proof(0, checkpoint.records_count)
        assert verify(home.leaves[0], siblings, checkpoint.records_root)
    assert made.covering(1) == made.sealed(2)
    assert made.covering(2) is None


@pytest.mark.parametrize("hide", [0, 1])
def test_a_record_is_left_out(home: HomeChain, hide: int) -> None:
    """The next one's index shows it; once the endpoint tells it, reading goes on without doubling."""
    records = [home.record(b"%d" % n) for n in range(3)]
    lost = [log for log in home.events if log.topics[0] in kinds(Finalized)][hide]
    home.hidden = lambda log: log.key == lost.key
    made = Ledger(home, DEPLOYMENT)
    for _ in range(2):
        with pytest.raises(ChainError, match=f"lack record {hide} "):
            made.follow(home.head().number)
        assert places(made, records) == [*range(hide), *[None] * (3 - hide)]
    home.hidden = lambda _: False
    made.follow(home.head().number)
    assert places(made, records) == [0, 1, 2]
    home.seal(listed=True)
    made.follow(home.head().number)
    assert made.newest is not None


@pytest.mark.parametrize("weighed", [False, True])
def test_a_record_was_left_out_long_ago(home: HomeChain, weighed: bool) -> None:
    """Its block was read without it, and others after it: soon all is read again, and nothing is missing."""
    made = Ledger(home, DEPLOYMENT)
    lost = home.record(b"0")
    log = home.events[-1]
    home.hidden = lambda each: each.key == log.key
    made.follow(home.head().number)
    if weighed:
        home.bond(A, 5)
        made.follow(home.head().number)
    home.hidden = lambda _: False
    later = home.record(b"1")
    for _ in range(2):
        with pytest.raises(ChainError, match="lack record 0 "):
            made.follow(home.head().number)
    assert made.follow(home.head().number)
    assert places(made, (lost, later)) == [0, 1]
    home.next_epoch()
    home.seal(listed=True)
    assert made.follow(home.head().number)
    assert made.newest is not None


def test_an_exception_in_the_middle(home: HomeChain) -> None:
    """Weights, records and checkpoints before it stay and are not taken again."""
    home.seal(listed=True)
    records = [home.record(b"0")]
    home.bond(A, 5)
    records.append(home.record(b"1"))
    home.next_epoch()
    lost = [log for log in home.events if log.topics[0] in kinds(Finalized)][1]
    home.seal(listed=True)
    home.hidden = lambda log: log.key == lost.key
    made = Ledger(home, DEPLOYMENT)
    for _ in range(3):
        with pytest.raises(ChainError, match="belie checkpoint 2"):
            made.follow(home.head().number)
    assert (places(made, records), made.newest) == ([0, None], made.sealed(1))
    whole = read_with(home, lambda _: False)
    assert places(whole, records) == [0, 1]


def read_with(home: HomeChain, hidden: Callable[[LogEvent], bool]) -> Ledger:
    """A new ledger at an endpoint that hides these logs."""
    home.hidden = hidden
    return read(home)


def test_the_last_record_is_left_out(home: HomeChain) -> None:
    """A checkpoint that has it is not believed."""
    home.record(b"0")
    home.seal(listed=True)
    with pytest.raises(ChainError, match="belie checkpoint 1"):
        read_with(home, lambda log: log.topics[0] in kinds(Finalized))


def test_a_weight_is_left_out(home: HomeChain) -> None:
    """Nor one whose distribution does not come out."""
    home.seal(listed=True)
    lost = next(log for log in home.events if log.topics[0] in kinds(WeightChanged))
    with pytest.raises(ChainError, match="belie checkpoint 1"):
        read_with(home, lambda log: log.key == lost.key)


def test_a_checkpoint_is_left_out(home: HomeChain) -> None:
    """The next one's number shows it."""
    home.seal(listed=True)
    first = home.events[-1]
    home.next_epoch()
    home.seal(listed=True)
    with pytest.raises(ChainError, match="belie checkpoint 2"):
        read_with(home, lambda log: log.key == first.key)


@pytest.mark.parametrize("field", ["number", "stake_hash", "stake_total", "records_root", "records_count"])
def test_a_false_checkpoint(home: HomeChain, field: str) -> None:
    """Each field follows from what was before it."""
    home.record(b"0")
    sealed = home.seal(listed=True)
    value = getattr(sealed, field)
    false = attrs.evolve(sealed, **{field: keccak(b"") if isinstance(value, bytes) else value + 1})
    home.events.pop()
    home.emit(hub_event("Sealed", number=false.number, checkpoint=false, words=()))
    with pytest.raises(ChainError, match="belie checkpoint"):
        read(home)


def test_an_endpoint_that_fails(home: HomeChain) -> None:
    """Nothing is lost by it."""
    record = home.record(b"0")
    made = Ledger(home, DEPLOYMENT)
    home.down = True
    with pytest.raises(ChainError, match="down"):
        made.follow(10)
    home.down = False
    home.most_blocks = 3
    made.follow(home.head().number)
    assert made.index_of(record.task_id) == 0


def test_distributions(home: HomeChain) -> None:
    """A change counts from the next epoch on, who left is in no list, and earlier epochs stay."""
    start = home.epoch
    home.bond(A, 7)
    home.bond(A, 1)
    home.bond(D, -BONDS[D])
    home.next_epoch()
    home.bond(B, -BONDS[B])
    made = read(home)
    assert made.distribution(start - 1) == StakeDistribution(())
    assert made.distribution(start) == stake()
    assert made.distribution(start + 1) == stake(A=BONDS[A] + 8, D=0)
    assert made.distribution(start + 2) == made.distribution(start + 99) == stake(A=BONDS[A] + 8, B=0, D=0)


def test_weighed(home: HomeChain) -> None:
    """In an epoch or any later one, to the epoch."""
    start = home.epoch
    home.bond(D, -BONDS[D])
    made = read(home)
    assert [made.weighed(D, start + n) for n in (-1, 0, 1, 2)] == [True, True, False, False]
    assert [made.weighed(A, start + n) for n in (-1, 0, 1, 99)] == [True] * 4
    assert not made.weighed(REQUESTER.address, 0)


def point(**changes: object) -> Checkpoint:
    """A checkpoint of epoch 10 with five records."""
    fields = {
        "number": 3, "epoch": 10, "stake_hash": keccak(b"s"), "stake_total": 9,
        "records_root": keccak(b"r"), "records_count": 5, "home_block": 77,
    }  # fmt: skip
    return Checkpoint(**(fields | changes))  # type: ignore[arg-type]


def test_news() -> None:
    """Records, stake, half a trust period: anything else is none."""
    known = point()
    assert brings_news(known, None, 39)
    assert not brings_news(known, known, 39)
    assert not brings_news(point(number=4, home_block=99), known, 39)
    assert brings_news(point(records_count=6), known, 39)
    assert brings_news(point(stake_hash=keccak(b"other")), known, 39)
    assert [brings_news(point(epoch=10 + n), known, 39) for n in (19, 20)] == [False, True]


@pytest.mark.parametrize(("trust", "half"), [(1, 1), (2, 1), (39, 20), (40, 20)])
def test_half_a_trust_period(trust: int, half: int) -> None:
    """To the epoch, rounded up."""
    assert not is_half_gone(7, 7 + half - 1, trust)
    assert is_half_gone(7, 7 + half, trust)


def test_the_newest_news(home: HomeChain) -> None:
    """Checkpoints that somebody sealed without need are passed over, until half of the trust is gone."""
    home.record(b"0")
    first = home.seal(listed=True)
    for _ in range(2):
        home.mine(seconds=10)
        home.seal(listed=False)
    made = read(home)
    assert made.newest == made.sealed(3)
    assert made.news == made.sealed(1)
    assert made.covering(0) == made.sealed(1)
    home.next_epoch((TRUST_EPOCHS + 1) // 2 - 1)
    home.seal(listed=False)
    made.follow(home.head().number)
    assert made.news == made.sealed(1)
    home.next_epoch()
    redated = home.seal(listed=False)
    made.follow(home.head().number)
    assert made.news == made.sealed(5)
    assert redated.epoch - first.epoch == (TRUST_EPOCHS + 1) // 2
    home.record(b"1")
    home.mine(seconds=10)
    home.seal(listed=False)
    made.follow(home.head().number)
    assert made.news == made.sealed(6)


def test_what_nobody_asked_for(home: HomeChain) -> None:
    """An endpoint that does not filter by topic does no harm."""
    record = home.record(b"0")
    sealed = home.seal()
    home.attest(sealed)
    logs = home.logs
    home.logs = lambda addresses, _, first, last: logs(addresses, (), first, last)  # type: ignore[method-assign]
    made = read(home)
    assert (made.index_of(record.task_id), made.newest) == (0, made.sealed(1))
