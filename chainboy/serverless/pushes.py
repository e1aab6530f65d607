"""Webhooks of a function: what they hint at waits until there is a node to look into it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

from chainboy.errors import ConfigError
from chainboy.events.federation import AUTHORITY, Federation
from chainboy.events.hint import MOST_HINTS, Hint
from chainboy.events.hinted import HintedSource
from chainboy.events.polling import polling
from chainboy.events.source import EventSource
from chainboy.events.watch import Watch, Watcher
from chainboy.events.webhooks import Desk
from chainboy.events.webhooks.receiver import Receiver

PUSHES = "webhooks"


class Pushes:
    """A watcher over one desk, and the memory of what the desk was told before there was a node."""

    def __init__(self, desk: Desk) -> None:
        self._lock = threading.Lock()
        self._early: deque[Hint] = deque(maxlen=MOST_HINTS)
        self._sources: list[HintedSource] = []
        for hook in desk.hooks:
            hook.listen(self._tell)

    def __call__(self, watch: Watch) -> EventSource:
        """The source that confirms hints for ``watch``, the early ones, too."""
        source = HintedSource(watch)
        with self._lock:
            self._sources.append(source)
            source.tell(self._early)
        return source

    def renew(self) -> None:
        """The node is gone; another one will ask for sources of its own."""
        with self._lock:
            self._sources = []

    def ready(self) -> None:
        """All sources of the node are made."""
        with self._lock:
            self._early.clear()

    def _tell(self, hints: Iterable[Hint]) -> None:
        told = tuple(hints)
        with self._lock:
            if not self._sources:
                self._early.extend(told)
            for source in self._sources:
                source.tell(told)


def desk_of(watcher: Watcher) -> Desk | None:
    """The webhooks of a node's configuration; reads their secrets.

    Raises :class:`~chainboy.errors.ConfigError` for a source that would have to listen between calls.
    """
    if not isinstance(watcher, Federation):
        return None
    for name, other in watcher.watchers.items():
        if name != AUTHORITY and not isinstance(other, Receiver):
            raise ConfigError(f"[events.{name}] listens all the time, which no function does; remove it")
    receivers = [each for each in watcher.watchers.values() if isinstance(each, Receiver)]
    return receivers[0].desk() if receivers else None


def watcher_of(watcher: Watcher, pushes: Pushes | None) -> Watcher:
    """The same without a server of its own: polling, at each look, and what the function is called with."""
    if not isinstance(watcher, Federation):
        return watcher
    authority = watcher.watchers.get(AUTHORITY, polling)
    return authority if pushes is None else Federation(watchers={AUTHORITY: authority, PUSHES: pushes})
