"""What somebody outside says of a chain: never believed, only a reason to look."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import attrs

from chainboy.units import Digest

MOST_HINTS = 1_024
"""So many hints wait at most; those beyond are dropped, and polling finds what they were about."""


@attrs.frozen(kw_only=True)
class Hint:
    """This transaction may hold an event. ``chain_id`` is None where whoever told did not say."""

    tx_hash: Digest
    chain_id: int | None = None


class HintBox:
    """Hints that nobody has looked into yet; put in from any thread."""

    def __init__(self, most: int = MOST_HINTS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._hints: dict[Digest, None] = {}
        self.dropped = 0
        """How many found the box full."""

    def put(self, hints: Iterable[Hint]) -> bool:
        """Take what there is room for; whether there is anything new."""
        with self._lock:
            before = len(self._hints)
            for hint in hints:
                if hint.tx_hash in self._hints or len(self._hints) < self._most:
                    self._hints[hint.tx_hash] = None
                else:
                    self.dropped += 1
            return len(self._hints) > before

    def empty(self) -> list[Digest]:
        """Take all out, oldest first."""
        with self._lock:
            hints, self._hints = list(self._hints), {}
        return hints
