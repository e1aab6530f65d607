"""The seam between a chain and whoever acts on its events, and the source that tests feed by hand."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from chainboy.events.log import LogEvent


class EventSource(Protocol):
    """Gives every event at least once, in the chain's order; one consumer uses it.

    Whoever acts on an event must stand seeing it again: after a restart, after a reorganisation, and when an
    endpoint had held it back. Only then may it come after later events.
    """

    def poll(self) -> Sequence[LogEvent]:
        """Events that are final and not acknowledged yet, oldest first; empty when there is nothing now.

        The same events come again until they are acknowledged; others may wait until then. Raises
        :class:`~chainboy.errors.ChainError` when the source fails now; nothing is lost.
        """
        ...

    def acknowledge(self, event: LogEvent) -> None:
        """``event``, and all that :meth:`poll` gave before it, have had their effect; harmless twice."""
        ...


class Unacknowledged:
    """What was given and waits for its effect, in the order given."""

    def __init__(self) -> None:
        self._events: deque[LogEvent] = deque()

    def add(self, events: Sequence[LogEvent]) -> None:
        """Append ``events``."""
        self._events.extend(events)

    def acknowledge(self, event: LogEvent) -> None:
        """Drop ``event`` and all before it; nothing when it is not waiting."""
        key = event.key
        for count, waiting in enumerate(self._events, start=1):
            if waiting is event or waiting.key == key:
                for _ in range(count):
                    self._events.popleft()
                break

    def __bool__(self) -> bool:
        return bool(self._events)

    def snapshot(self) -> tuple[LogEvent, ...]:
        """All that wait."""
        return tuple(self._events)


class MemorySource:
    """Gives what :meth:`emit` was given: for tests."""

    def __init__(self) -> None:
        self._waiting = Unacknowledged()

    def emit(self, *events: LogEvent) -> None:
        """Make ``events`` happen."""
        self._waiting.add(events)

    def poll(self) -> Sequence[LogEvent]:
        """All events not acknowledged yet, oldest first."""
        return self._waiting.snapshot()

    def acknowledge(self, event: LogEvent) -> None:
        """``event`` and all before it have had their effect."""
        self._waiting.acknowledge(event)
