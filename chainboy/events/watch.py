"""What a node tells an event source to watch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

import attrs

from chainboy.events.bell import Bell
from chainboy.events.cursor import CursorStore
from chainboy.events.log import LogEvent, Topics
from chainboy.events.reader import LogReader
from chainboy.events.source import EventSource
from chainboy.units import Address


@attrs.frozen(kw_only=True)
class Watch:
    """Logs of ``addresses`` with ``topics`` from block ``start`` on, once ``confirmations`` blocks deep.

    ``chain`` is the node's own endpoint: whatever tells of an event, its receipt there decides. ``cursor``
    keeps over restarts how far the node is. A source that hears of something rings ``bell``, and puts what
    must end with the node into ``closing``. ``block_seconds`` is the chain's time between blocks.
    """

    chain: LogReader
    chain_id: int
    addresses: tuple[Address, ...]
    topics: Topics
    confirmations: int
    start: int
    cursor: CursorStore
    block_seconds: int = 1
    bell: Bell = attrs.field(factory=Bell)
    closing: ExitStack = attrs.field(factory=ExitStack)

    def wants(self, event: LogEvent) -> bool:
        """Whether ``event`` is one of those watched, wherever it was heard of."""
        return (
            event.chain_id == self.chain_id
            and event.block_number >= self.start
            and event.address in self.addresses
            and len(event.topics) >= len(self.topics)
            and all(map(_fits, event.topics, self.topics))
        )


Watcher = Callable[[Watch], EventSource]
"""Makes the source for one watch; a node has one for each gateway."""


def _fits(found: bytes, wanted: bytes | Sequence[bytes] | None) -> bool:
    return wanted in (None, found) if wanted is None or isinstance(wanted, bytes) else found in wanted
