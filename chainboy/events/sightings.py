"""Who told of which event, and when: what is new, and how well each source does."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping

import attrs

from chainboy.events.log import LogKey

GRACE = 600.0
"""Seconds after which a source that did not tell of an event has missed it."""

MOST_SIGHTINGS = 8_192
"""So many events are remembered; an older one that is told again counts as new."""


@attrs.frozen(kw_only=True)
class SourceStatistics:
    """How one source did beside the others.

    Of ``told`` events it was ``first`` with some, and with all together ``behind`` seconds later than the
    first. It ``missed`` those that others told of. ``failures``: how often it could not be asked. What had
    happened before the process started counts for ``told`` alone.
    """

    told: int = 0
    first: int = 0
    behind: float = 0.0
    missed: int = 0
    failures: int = 0

    @property
    def mean_delay(self) -> float:
        """Seconds behind the first source, on average over the events it told of."""
        return self.behind / self.told if self.told else 0.0


@attrs.define
class _Sighting:
    """One event, first told at ``since``, by these."""

    since: float
    past: bool
    tellers: set[str]


class Sightings:
    """The events that the sources ``names`` told of lately. Times in seconds that only grow."""

    def __init__(self, names: Iterable[str], *, grace: float = GRACE, most: int = MOST_SIGHTINGS) -> None:
        self._grace = grace
        self._most = most
        self._statistics = {name: SourceStatistics() for name in names}
        self._sightings: OrderedDict[LogKey, _Sighting] = OrderedDict()
        self._unjudged: deque[_Sighting] = deque()

    def statistics(self) -> Mapping[str, SourceStatistics]:
        """The figures of each source."""
        return dict(self._statistics)

    def see(self, name: str, key: LogKey, now: float, *, past: bool) -> bool:
        """A source tells of an event; whether nobody did before.

        ``past`` is an event from before the sources could be compared.
        """
        sighting = self._sightings.get(key)
        fresh = sighting is None
        if sighting is None:
            sighting = self._sightings[key] = _Sighting(now, past, set())
            self._unjudged.append(sighting)
            if len(self._sightings) > self._most:
                self._sightings.popitem(last=False)
        if name not in sighting.tellers:
            sighting.tellers.add(name)
            late = 0.0 if sighting.past else now - sighting.since
            self._add(name, told=1, first=int(fresh), behind=late)
        return fresh

    def fail(self, name: str) -> None:
        """A source could not be asked."""
        self._add(name, failures=1)

    def judge(self, now: float) -> None:
        """Count what each source has missed."""
        while self._unjudged and now - self._unjudged[0].since >= self._grace:
            sighting = self._unjudged.popleft()
            if not sighting.past:
                for name in self._statistics.keys() - sighting.tellers:
                    self._add(name, missed=1)

    def _add(self, name: str, **counts: float) -> None:
        figures = self._statistics[name]
        self._statistics[name] = attrs.evolve(
            figures, **{field: getattr(figures, field) + count for field, count in counts.items()}
        )
