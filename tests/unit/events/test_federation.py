"""Several sources as one: once, in order, and each source known for what it is worth."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import ChainError
from chainboy.events import (
    EventSource,
    FederatedSource,
    Federation,
    Hint,
    HintedSource,
    LogEvent,
    MemoryCursor,
    MemorySource,
    PollingSource,
    SourceStatistics,
    Watch,
)
from chainboy.events.sightings import GRACE, Sightings
from chainboy.testing.event_conformance import drain
from chainboy.testing.scripted_chain import CHAIN_ID, CONTRACT, TOPIC, ScriptedChain


class Flaky(MemorySource):
    """A source that can be down."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.polls = 0
        self.acknowledged: list[LogEvent] = []

    def poll(self) -> Sequence[LogEvent]:
        """What waits, unless down."""
        self.polls += 1
        if self.down:
            raise ChainError("this source is down; try again")
        return super().poll()

    def acknowledge(self, event: LogEvent) -> None:
        """Remember it."""
        self.acknowledged.append(event)
        super().acknowledge(event)


class Trio:
    """An authority and two others, all fed by hand."""

    def __init__(self, pause: float = 0.0) -> None:
        self.now = 50.0
        self.chain = ScriptedChain()
        self.authority, self.one, self.two = Flaky(), Flaky(), Flaky()
        self.all = FederatedSource(
            {"one": self.one, "authority": self.authority, "two": self.two},
            authority="authority",
            pause=pause,
            clock=lambda: self.now,
        )

    def events(self, count: int) -> list[LogEvent]:
        """New ones, a block each."""
        return [event for _ in range(count) for event in self.chain.mine(1)]


def test_each_event_comes_once() -> None:
    """Whoever tells it, however often; everybody who told hears of its effect."""
    trio = Trio()
    first, second = trio.events(2)
    trio.one.emit(first)
    trio.two.emit(second, first)
    trio.authority.emit(first, second)
    assert drain(trio.all) == [first, second]
    trio.two.emit(first)
    trio.authority.emit(second)
    assert drain(trio.all) == []
    for source in (trio.one, trio.two, trio.authority):
        assert source.poll() == ()


def test_the_same_transaction_in_another_block_is_another_event() -> None:
    """After a reorganisation its event comes again."""
    trio = Trio()
    (event,) = trio.events(1)
    moved = attrs.evolve(event, block_hash=trio.chain.mine(1)[0].block_hash)
    trio.one.emit(event)
    assert drain(trio.all) == [event]
    trio.two.emit(moved)
    assert drain(trio.all) == [moved]


def test_a_source_is_acknowledged_no_further_than_the_effects() -> None:
    """An event that still waits keeps its own source, and those who told it, where they are."""
    trio = Trio()
    first, second, third = trio.events(3)
    trio.one.emit(third)
    trio.authority.emit(first, second, third)
    assert list(trio.all.poll()) == [first, second, third]
    trio.all.acknowledge(second)
    assert trio.one.acknowledged == []
    assert list(trio.authority.poll()) == [third]
    assert list(trio.all.poll()) == [third]
    trio.all.acknowledge(third)
    assert trio.one.acknowledged == trio.authority.acknowledged[-1:] == [third]


def test_the_authority_rests_while_nothing_is_told() -> None:
    """It is asked every ``pause`` seconds, more often only while it has something."""
    trio = Trio(pause=60)
    assert drain(trio.all) == []
    for _ in range(5):
        trio.all.poll()
    assert trio.authority.polls == 1
    trio.now += 60
    events = trio.events(2)
    trio.authority.emit(*events)
    assert drain(trio.all) == events
    asked = trio.authority.polls
    trio.all.poll()
    assert trio.authority.polls == asked


def test_what_is_told_early_comes_in_its_place() -> None:
    """The authority is asked at once, so what nobody else told comes before it."""
    trio = Trio(pause=60)
    drain(trio.all)
    missed, told = trio.events(2)
    trio.authority.emit(missed)  # it does not know the other one: its endpoint held that back
    trio.one.emit(told)
    assert drain(trio.all) == [missed, told]


def test_while_a_source_is_down_the_authority_does_not_rest(caplog: pytest.LogCaptureFixture) -> None:
    """Its gap is filled at the pace of plain polling; the log tells once, and once when it is over."""
    caplog.set_level(logging.INFO)
    trio = Trio(pause=60)
    drain(trio.all)
    trio.one.down = True
    events = trio.events(3)
    for event in events:
        trio.authority.emit(event)
        assert drain(trio.all) == [event]
    trio.one.down = False
    drain(trio.all)
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "events by one have to wait: this source is down; try again",
        "events come by one again",
    ]
    assert trio.all.statistics()["one"].failures == 6


def test_a_failing_authority_is_told() -> None:
    """Unless somebody else has something: that comes, and nothing is lost."""
    trio = Trio()
    trio.authority.down = True
    with pytest.raises(ChainError):
        trio.all.poll()
    (event,) = trio.events(1)
    trio.one.emit(event)
    assert drain_one(trio.all) == [event]
    with pytest.raises(ChainError):
        trio.all.poll()
    trio.authority.down = False
    trio.authority.emit(event)
    assert drain(trio.all) == []


def drain_one(source: EventSource) -> list[LogEvent]:
    """What one poll has, acknowledged."""
    events = list(source.poll())
    source.acknowledge(events[-1])
    return events


def test_sources_are_compared() -> None:
    """Who was first, how much later the others were, and who missed it; the past counts for nobody."""
    trio = Trio()
    old, new, missed = trio.events(3)
    trio.authority.emit(old)
    drain(trio.all)  # the authority reads what happened before, until it has nothing more
    trio.one.emit(new)
    drain(trio.all)
    trio.now += 2
    trio.authority.emit(new, missed)
    drain(trio.all)
    trio.now += GRACE
    trio.all.poll()
    figures = trio.all.statistics()
    assert figures["one"] == SourceStatistics(told=1, first=1, behind=0, missed=1)
    assert figures["two"] == SourceStatistics(missed=2)
    assert figures["authority"] == SourceStatistics(told=3, first=2, behind=2)
    assert figures["authority"].mean_delay == pytest.approx(2 / 3)
    assert figures["two"].mean_delay == 0


def test_a_federation_in_a_federation() -> None:
    """Its sources are told of by both names."""
    inner = FederatedSource({"a": MemorySource(), "b": MemorySource()})
    outer = FederatedSource({"polling": MemorySource(), "webhooks": inner}, authority="polling")
    assert drain(outer) == []
    assert set(outer.statistics()) == {"polling", "webhooks", "webhooks.a", "webhooks.b"}


def test_memory_is_bounded() -> None:
    """The oldest sightings are forgotten; such an event would come again, which its effect stands."""
    sightings = Sightings(["a", "b"], most=2)
    keys = [(bytes([n]), b"", 0) for n in range(3)]
    assert [sightings.see("a", key, 0.0, past=False) for key in keys] == [True] * 3
    assert sightings.see("b", keys[0], 1.0, past=False)
    assert not sightings.see("b", keys[2], 1.0, past=False)


def test_only_polling_moves_the_cursor() -> None:
    """A source that is far ahead must not make a restart jump over what polling has not read."""
    chain = ScriptedChain()
    cursor = MemoryCursor()
    seen: list[Watch] = []

    def ahead(watch: Watch) -> EventSource:
        seen.append(watch)
        return PollingSource(
            watch.chain, addresses=watch.addresses, confirmations=0, cursor=watch.cursor, sweep_blocks=0
        )

    watch = Watch(
        chain=chain,
        chain_id=CHAIN_ID,
        addresses=(CONTRACT,),
        topics=(TOPIC,),
        confirmations=2,
        start=0,
        cursor=cursor,
    )
    source = Federation(watchers={"ahead": ahead}, pause=0.0)(watch)
    events = [event for _ in range(5) for event in chain.mine(1)]
    assert drain(source) == events
    assert seen[0].cursor is not cursor
    saved = cursor.load()
    assert saved is not None
    assert saved.number == 3
    again = Federation(watchers={})(watch)
    chain.mine()
    chain.mine()
    assert drain(again) == events[3:]


@given(script=st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.booleans(), st.integers(0, 3))))
def test_nothing_is_lost_and_nothing_comes_twice(script: list[tuple[int, bool, bool, int]]) -> None:
    """Whatever is told, hidden, forged or down, and however the chain grows: each final event comes once."""
    chain = ScriptedChain()
    now = [0.0]
    watch = Watch(
        chain=chain,
        chain_id=CHAIN_ID,
        addresses=(CONTRACT,),
        topics=(TOPIC,),
        confirmations=1,
        start=0,
        cursor=MemoryCursor(),
    )
    polled = PollingSource(
        chain, addresses=[CONTRACT], confirmations=1, cursor=watch.cursor, sweep_blocks=0
    )
    hinted = HintedSource(watch, clock=lambda: now[0])
    source = FederatedSource(
        {"polling": polled, "hints": hinted}, authority="polling", pause=30, clock=lambda: now[0]
    )
    given: list[LogEvent] = []
    for logs, told, down, seconds in script:
        events = chain.mine(logs)
        if told:
            hinted.tell(Hint(tx_hash=event.tx_hash) for event in events)
        chain.down = down
        now[0] += seconds
        try:
            given += drain(source)
        except ChainError:
            assert down
    chain.down = False
    chain.mine()
    now[0] += 60
    given += drain(source)
    assert given == chain.canonical(chain.head().number - 1)
