"""What every event source must do; subclass the suite with a harness for your own."""

from __future__ import annotations

from typing import Protocol

import pytest

from chainboy.events import EventSource, LogEvent


class EventHarness(Protocol):
    """Makes events happen for the source under test."""

    def emit(self, count: int) -> list[LogEvent]:
        """Let ``count`` new events happen, as final as the source wants them; returns them in order."""
        ...

    def source(self) -> EventSource:
        """The source; every call after the first is a restart that keeps only what was persisted."""
        ...


class EventSourceConformance:
    """The suite; give it a fixture ``harness``."""

    @pytest.fixture
    def harness(self) -> EventHarness:
        """A harness whose chain has no events yet."""
        raise NotImplementedError

    def test_is_empty_at_first(self, harness: EventHarness) -> None:
        """Nothing happened: nothing is given, however often one asks."""
        source = harness.source()
        assert list(source.poll()) == []
        assert list(source.poll()) == []

    def test_gives_events_in_order(self, harness: EventHarness) -> None:
        """What happened comes whole, once, in the chain's order."""
        source = harness.source()
        emitted = harness.emit(3) + harness.emit(2)
        assert drain(source) == emitted
        assert list(source.poll()) == []

    def test_gives_again_until_acknowledged(self, harness: EventHarness) -> None:
        """A consumer that failed sees the same events again."""
        source = harness.source()
        emitted = harness.emit(2)
        assert list(source.poll()) == list(source.poll()) == emitted

    def test_an_acknowledgement_covers_what_came_before(self, harness: EventHarness) -> None:
        """Only events after the acknowledged one come again."""
        source = harness.source()
        emitted = harness.emit(3)
        source.poll()
        source.acknowledge(emitted[1])
        assert list(source.poll()) == emitted[2:]

    def test_acknowledging_twice_is_harmless(self, harness: EventHarness) -> None:
        """A second acknowledgement of the same event drops nothing else."""
        source = harness.source()
        emitted = harness.emit(2)
        source.poll()
        source.acknowledge(emitted[0])
        source.acknowledge(emitted[0])
        assert list(source.poll()) == emitted[1:]

    def test_goes_on_after_acknowledging(self, harness: EventHarness) -> None:
        """Later events come, earlier ones do not."""
        source = harness.source()
        harness.emit(2)
        drain(source)
        later = harness.emit(2)
        assert drain(source) == later

    def test_a_restart_gives_what_was_not_acknowledged(self, harness: EventHarness) -> None:
        """A crash between event and effect loses nothing."""
        emitted = harness.emit(2)
        harness.source().poll()
        assert list(harness.source().poll()) == emitted

    def test_a_restart_does_not_give_what_was_acknowledged(self, harness: EventHarness) -> None:
        """What had its effect before the restart is over."""
        harness.emit(2)
        drain(harness.source())
        later = harness.emit(1)
        assert drain(harness.source()) == later


def drain(source: EventSource) -> list[LogEvent]:
    """Everything there is now, acknowledged one by one."""
    taken: list[LogEvent] = []
    while events := source.poll():
        for event in events:
            taken.append(event)
            source.acknowledge(event)
    return taken
