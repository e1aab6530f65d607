"""What a node tells an event source to watch."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from chainboy.events.cursor import CursorStore
from chainboy.events.log import Topics
from chainboy.events.reader import LogReader
from chainboy.events.source import EventSource
from chainboy.units import Address


@attrs.frozen(kw_only=True)
class Watch:
    """Logs of ``addresses`` with ``topics`` from block ``start`` on, once ``confirmations`` blocks deep.

    ``chain`` is the node's own endpoint: whatever tells of an event, its receipt there decides. ``cursor``
    keeps over restarts how far the node is.
    """

    chain: LogReader
    chain_id: int
    addresses: tuple[Address, ...]
    topics: Topics
    confirmations: int
    start: int
    cursor: CursorStore


Watcher = Callable[[Watch], EventSource]
"""Makes the source for one watch; a node has one for each gateway."""
