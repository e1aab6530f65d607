"""Several sources as one: whoever tells first is heard, and each event comes once."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence

import attrs

from chainboy.errors import ChainError
from chainboy.events.cursor import MemoryCursor
from chainboy.events.log import LogEvent
from chainboy.events.polling import polling
from chainboy.events.sightings import GRACE, Sightings, SourceStatistics
from chainboy.events.source import EventSource, Unacknowledged
from chainboy.events.watch import Watch, Watcher

_log = logging.getLogger(__name__)

AUTHORITY = "polling"
"""The source that misses nothing, and gives the order."""


class FederatedSource:
    """An :class:`~chainboy.events.source.EventSource` over others.

    The ``authority``, if there is one, is asked every ``pause`` seconds, and at once when another source
    tells of something new or fails: so what others tell comes in its place among all that is final by then,
    and what they cannot tell is not waited for. A source that fails is told in the log and does without; only
    when the authority fails, and nobody else has anything, the failure is raised.
    """

    def __init__(
        self,
        sources: Mapping[str, EventSource],
        *,
        authority: str | None = None,
        pause: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._others = {name: source for name, source in sources.items() if name != authority}
        self._authority = {name: source for name, source in sources.items() if name == authority}
        self._sources = dict(sources)
        self._pause = pause
        self._clock = clock
        self._due = -math.inf
        self._behind = bool(self._authority)
        """Whether the authority still reads what happened before this process started."""
        self._sightings = Sightings(sources, grace=max(GRACE, 2 * pause))
        self._told: dict[str, Sequence[LogEvent]] = dict.fromkeys(sources, ())
        self._failing: set[str] = set()
        self._waiting = Unacknowledged()

    def statistics(self) -> Mapping[str, SourceStatistics]:
        """How each source does; one that is federated itself has its own sources after its name."""
        figures = dict(self._sightings.statistics())
        for name, source in self._sources.items():
            if isinstance(source, FederatedSource):
                figures |= {f"{name}.{inner}": each for inner, each in source.statistics().items()}
        return figures

    def poll(self) -> Sequence[LogEvent]:
        """Events not acknowledged yet, oldest first; asks the sources when all are acknowledged."""
        if not self._waiting:
            now = self._clock()
            self._waiting.add(sorted(self._gather(now), key=lambda event: event.position))
            self._sightings.judge(now)
            self._pass_on()
        return self._waiting.snapshot()

    def acknowledge(self, event: LogEvent) -> None:
        """``event`` and all before it have had their effect; every source that told of them hears of it."""
        self._waiting.acknowledge(event)
        self._pass_on()

    def _gather(self, now: float) -> list[LogEvent]:
        fresh: list[LogEvent] = []
        failed = False
        for name, source in self._others.items():
            try:
                fresh += self._ask(name, source, now)
            except ChainError:
                failed = True
        for name, source in self._authority.items():
            if fresh or failed or now >= self._due:
                try:
                    final = self._ask(name, source, now)
                except ChainError:
                    if not fresh:
                        raise
                else:
                    fresh += final
                    self._behind = self._behind and bool(final)
                    self._due = now if final else now + self._pause
        return fresh

    def _ask(self, name: str, source: EventSource, now: float) -> list[LogEvent]:
        """What ``source`` tells and nobody has told before."""
        try:
            self._told[name] = told = source.poll()
        except ChainError as error:
            self._sightings.fail(name)
            if name not in self._failing:
                self._failing.add(name)
                _log.warning("events by %s have to wait: %s", name, error)
            raise
        if name in self._failing:
            self._failing.remove(name)
            _log.info("events come by %s again", name)
        return [event for event in told if self._sightings.see(name, event.key, now, past=self._behind)]

    def _pass_on(self) -> None:
        """Acknowledge to each source what it told, up to the first event that still waits."""
        waiting = {event.key for event in self._waiting.snapshot()}
        for name, told in self._told.items():
            done = 0
            while done < len(told) and told[done].key not in waiting:
                done += 1
            if done:
                self._told[name] = told[done:]
                self._sources[name].acknowledge(told[done - 1])


@attrs.frozen(kw_only=True)
class Federation:
    """A watcher over ``watchers``; ``pause`` in seconds is polling's, see :class:`FederatedSource`."""

    watchers: Mapping[str, Watcher]
    pause: float = 0.0

    def __call__(self, watch: Watch) -> FederatedSource:
        """The source for ``watch``; polling, which is always in it, alone moves the watch's cursor."""
        authority = self.watchers.get(AUTHORITY, polling)(watch)
        sources: dict[str, EventSource] = {AUTHORITY: authority}
        for name, watcher in self.watchers.items():
            if name != AUTHORITY:
                aside = attrs.evolve(watch, cursor=MemoryCursor(watch.cursor.load()))
                sources[name] = watcher(aside)
        return FederatedSource(sources, authority=AUTHORITY, pause=self.pause)
