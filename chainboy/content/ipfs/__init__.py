"""Content in IPFS, through daemons of one's own."""

from __future__ import annotations

from pathlib import Path

from chainboy.content.fallback import FallbackStore
from chainboy.content.ipfs.daemon import Daemon
from chainboy.content.ipfs.pins import Pins
from chainboy.content.ipfs.store import IpfsStore
from chainboy.content.place import patience_of, places
from chainboy.tables import Table, seconds

__all__ = ["Daemon", "IpfsStore", "Pins", "configured"]


def configured(table: Table, folder: Path) -> FallbackStore:
    """The daemons of a ``[content.ipfs]`` table.

    Keys: ``daemons`` (URLs of their APIs), ``search_seconds``, ``pins`` (file with the book of pins),
    ``pin_days``, and those of :func:`chainboy.content.place.patience_of`.
    """
    urls = table.take("daemons", places)
    search = table.take("search_seconds", seconds, 10.0)
    pins = table.take("pins", str, "")
    days = table.take("pin_days", seconds, 30.0)
    patience = patience_of(table)
    book = Pins(folder / pins) if pins else None
    return FallbackStore.of(
        *(IpfsStore(daemon=Daemon(url, patience, search), pins=book, pin_days=days) for url in urls)
    )
