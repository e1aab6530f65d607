"""Hints: looked up before they count, and never a way to make a node work for nothing."""

from __future__ import annotations

import hashlib

import attrs
import pytest

from chainboy.errors import ChainError
from chainboy.events import Bell, Hint, HintedSource, HintStatistics, LogEvent, MemoryCursor, Watch
from chainboy.events.allowance import Allowance
from chainboy.events.hint import HintBox
from chainboy.events.hinted import PATIENCE, RECEIPTS_A_SECOND, RECEIPTS_AT_ONCE
from chainboy.testing.event_conformance import drain
from chainboy.testing.scripted_chain import CHAIN_ID, CONTRACT, TOPIC, ScriptedChain
from chainboy.units import Digest


def forged(number: int) -> Hint:
    """A hint of a transaction that nobody ever sent."""
    return Hint(tx_hash=Digest(hashlib.sha256(b"forged %d" % number).digest()))


def about(event: LogEvent) -> Hint:
    """A true hint."""
    return Hint(tx_hash=event.tx_hash, chain_id=event.chain_id)


class Stage:
    """A scripted chain, a source of hints over it, and the hand on its clock."""

    def __init__(self, confirmations: int = 0, **options: int) -> None:
        self.chain = ScriptedChain()
        self.now = 1_000.0
        self.bell = Bell(lambda: self.now)
        self.watch = Watch(
            chain=self.chain,
            chain_id=CHAIN_ID,
            addresses=(CONTRACT,),
            topics=(TOPIC,),
            confirmations=confirmations,
            start=0,
            cursor=MemoryCursor(),
            block_seconds=3,
            bell=self.bell,
        )
        self.source = HintedSource(self.watch, clock=lambda: self.now, **options)

    def figures(self) -> HintStatistics:
        """What became of the hints."""
        return self.source.statistics()


def test_a_true_hint_becomes_an_event() -> None:
    """Its bell rings, its receipt is read, and the event comes as the chain has it."""
    stage = Stage()
    (event,) = stage.chain.mine(1)
    stage.source.tell([about(event)])
    assert stage.bell.rung
    assert drain(stage.source) == [event]
    assert stage.figures() == HintStatistics(confirmed=1, foreign=0, unknown=0, dropped=0, waiting=0)


def test_all_events_of_a_transaction_come() -> None:
    """One hint is enough for them, and they come in the chain's order."""
    stage = Stage()
    events = list(stage.chain.mine(3))
    same = [attrs.evolve(event, tx_hash=events[0].tx_hash) for event in events]
    stage.chain._blocks[-1] = attrs.evolve(stage.chain._blocks[-1], events=tuple(same))
    later = list(stage.chain.mine(1))
    stage.source.tell([about(later[0]), about(same[0])])
    assert drain(stage.source) == same + later


def test_waits_until_it_is_final() -> None:
    """Not before K blocks stand on it; meanwhile only the head is asked for, once a look."""
    stage = Stage(confirmations=2)
    (event,) = stage.chain.mine(1)
    stage.source.tell([about(event)])
    assert list(stage.source.poll()) == []
    stage.bell.quiet()
    stage.chain.mine()
    for _ in range(5):
        assert list(stage.source.poll()) == []
    assert stage.chain.receipts == [event.tx_hash]
    stage.now += 3  # the time of a block, after which the bell has to ring by itself
    assert stage.bell.rung
    stage.chain.mine()
    assert drain(stage.source) == [event]


def test_a_hint_before_the_block() -> None:
    """Whoever tells may be faster than our endpoint: the hint waits."""
    stage = Stage()
    (event,) = stage.chain.mine(1)
    stage.chain.fork(1)
    stage.source.tell([about(event)])
    assert list(stage.source.poll()) == []
    assert stage.source.waiting
    stage.chain.mine(1)
    block = stage.chain._blocks[-1]
    moved = attrs.evolve(event, block_hash=block.ref.hash)
    stage.chain._blocks[-1] = attrs.evolve(block, events=(moved,))
    stage.now += 1
    assert drain(stage.source) == [moved]


def test_a_reorganisation_moves_the_event() -> None:
    """Seen in one block, final in another: the event is given as it is in the chain."""
    stage = Stage(confirmations=1)
    (event,) = stage.chain.mine(1)
    stage.source.tell([about(event)])
    assert list(stage.source.poll()) == []
    stage.chain.fork(1)
    stage.chain.mine()
    stage.chain.mine()
    assert list(stage.source.poll()) == []  # out of the chain now
    stage.chain.mine()
    block = stage.chain._blocks[-1]
    moved = attrs.evolve(event, block_hash=block.ref.hash, block_number=block.ref.number)
    stage.chain._blocks[-1] = attrs.evolve(block, events=(moved,))
    stage.chain.mine()
    stage.now += 2
    assert drain(stage.source) == [moved]


def test_a_receipt_of_another_fork_is_not_believed() -> None:
    """The receipt's block must be the one at that height."""
    stage = Stage()
    (event,) = stage.chain.mine(1)
    block = stage.chain._blocks[-1]
    orphan = attrs.evolve(event, block_hash=Digest(bytes(32)))
    stage.chain._blocks[-1] = attrs.evolve(block, events=(orphan,))
    stage.source.tell([about(event)])
    assert list(stage.source.poll()) == []
    assert stage.figures().waiting == 1


@pytest.mark.parametrize(
    "change",
    [
        {"address": "0x" + "11" * 20},
        {"topics": (bytes(32),)},
        {"topics": ()},
        {"chain_id": 5},
    ],
)
def test_what_is_not_watched_is_foreign(change: dict[str, object]) -> None:
    """Another contract's log, another event, another chain's: dropped and counted."""
    stage = Stage()
    (event,) = stage.chain.mine(1)
    block = stage.chain._blocks[-1]
    stage.chain._blocks[-1] = attrs.evolve(block, events=(attrs.evolve(event, **change),))
    stage.source.tell([about(event)])
    assert list(stage.source.poll()) == []
    assert stage.figures() == HintStatistics(confirmed=0, foreign=1, unknown=0, dropped=0, waiting=0)


def test_what_is_before_the_start_is_foreign() -> None:
    """A replayed hint of long ago is none of ours."""
    stage = Stage()
    (event,) = stage.chain.mine(1)
    assert not attrs.evolve(stage.watch, start=2).wants(event)
    assert attrs.evolve(stage.watch, start=1).wants(event)


@pytest.mark.parametrize(
    ("topics", "wanted"),
    [
        ((), True),
        ((None,), True),
        (([bytes(32), TOPIC],), True),
        (([bytes(32)],), False),
        ((TOPIC, None), False),
    ],
)
def test_topics_are_matched_as_nodes_match_them(topics: tuple[object, ...], wanted: bool) -> None:
    """None is any, a list is any of it, and a filter may not be longer than the log."""
    stage = Stage()
    (event,) = stage.chain.mine(1)
    assert attrs.evolve(stage.watch, topics=topics).wants(event) is wanted


def test_hints_of_another_chain_are_passed_over() -> None:
    """Nothing is asked, and nobody is woken."""
    stage = Stage()
    stage.source.tell([Hint(tx_hash=Digest(bytes(32)), chain_id=5)])
    assert not stage.bell.rung
    assert list(stage.source.poll()) == []
    assert stage.chain.receipts == []


def test_told_again_is_not_looked_up_again() -> None:
    """A provider that posts twice, or is replayed, costs one confirmation."""
    stage = Stage()
    (event,) = stage.chain.mine(1)
    for _ in range(3):
        stage.source.tell([about(event), about(event)])
        drain(stage.source)
    assert stage.chain.receipts == [event.tx_hash]


def test_the_last_settled_are_remembered() -> None:
    """So many as hints may wait."""
    stage = Stage(most=1)
    for event in (*stage.chain.mine(1), *stage.chain.mine(1)):
        stage.source.tell([about(event)])
        assert drain(stage.source) == [event]
    assert len(stage.source._settled) == 1


def test_forged_hints_are_given_up() -> None:
    """After ten minutes, having been looked up a few times."""
    stage = Stage()
    stage.source.tell([forged(0)])
    start = stage.now
    while stage.now < start + PATIENCE + 1:
        assert list(stage.source.poll()) == []
        stage.now += 0.5
    assert stage.figures() == HintStatistics(confirmed=0, foreign=0, unknown=1, dropped=0, waiting=0)
    assert 5 < len(stage.chain.receipts) < 25


def test_a_flood_is_bounded() -> None:
    """However many come, so many wait, and so often a second the endpoint is asked; true ones still come."""
    stage = Stage(most=100)
    stage.source.tell(forged(number) for number in range(10_000))
    stage.source.poll()
    assert len(stage.chain.receipts) == RECEIPTS_AT_ONCE
    start = stage.now
    while stage.now < start + 100:
        stage.source.tell(forged(number) for number in range(10_000, 10_200))
        assert list(stage.source.poll()) == []
        stage.now += 0.05
    assert len(stage.chain.receipts) <= RECEIPTS_AT_ONCE + RECEIPTS_A_SECOND * 100
    assert stage.figures().waiting == 100
    assert stage.figures().dropped >= 9_900
    stage.now += PATIENCE
    (event,) = stage.chain.mine(1)
    stage.source.poll()
    stage.source.tell([about(event)])
    assert drain(stage.source) == [event]


def test_what_is_full_takes_nothing_more() -> None:
    """Hints that came while so many wait are dropped and counted."""
    stage = Stage(most=2)
    stage.source.tell([forged(1), forged(2)])
    stage.source.poll()
    stage.source.tell([forged(3), forged(4), forged(5)])
    stage.source.poll()
    assert (stage.figures().waiting, stage.figures().dropped) == (2, 3)


def test_a_failing_endpoint_loses_nothing() -> None:
    """The failure is told; the hint is looked up later."""
    stage = Stage()
    (event,) = stage.chain.mine(1)
    stage.source.tell([about(event)])
    stage.chain.down = True
    with pytest.raises(ChainError):
        stage.source.poll()
    stage.chain.down = False
    stage.now += 1
    assert drain(stage.source) == [event]


def test_one_bad_receipt_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the endpoint cannot answer is put off, and what was confirmed before is kept."""
    stage = Stage()
    first, bad, last = (event for _ in range(3) for event in stage.chain.mine(1))
    answer = stage.chain.logs_of

    def garbled(tx_hash: bytes) -> object:
        if tx_hash == bad.tx_hash:
            raise ChainError("garbage")
        return answer(tx_hash)

    monkeypatch.setattr(stage.chain, "logs_of", garbled)
    stage.source.tell([about(first), about(bad), about(last)])
    with pytest.raises(ChainError):
        stage.source.poll()
    assert drain(stage.source) == [first, last]


def test_a_box_is_emptied_once() -> None:
    """Oldest first, each hint once, and no more than there is room for."""
    box = HintBox(2)
    assert box.put([forged(1), forged(2), forged(1), forged(3)])
    assert not box.put([forged(1)])
    assert box.dropped == 1
    assert box.empty() == [forged(1).tx_hash, forged(2).tx_hash]
    assert box.empty() == []


def test_an_allowance_grows_back() -> None:
    """A burst after a rest, the rate for ever."""
    allowance = Allowance(rate=2, burst=3)
    assert [allowance.take(0.0) for _ in range(5)] == [True, True, True, False, False]
    assert [allowance.take(0.5), allowance.take(0.5)] == [True, False]
    assert sum(allowance.take(100.0) for _ in range(10)) == 3
