"""A reader that may go to the loopback, and the shortest of programs for it."""

from __future__ import annotations

from collections.abc import Callable

from chainboy.programs import Metadata, Source
from chainboy.sources import Entry, Guard, Limits, Reading, WebSources

READER = WebSources(
    guard=Guard(allow_http=True, allow_loopback=True),
    limits=Limits(timeout_seconds=2.0, total_seconds=4.0, max_bytes=10_000, tries=1),
)
"""Goes to the loopback, does not wait for long, asks once."""

Ask = Callable[..., Entry]


def declared(**urls: str) -> Metadata:
    """A program with these sources, each of which says a number in ``a``."""
    return Metadata(
        runtime="r",
        declared_inputs=(),
        declared_outputs=(),
        files={},
        sources={name: Source(url, "$.a", 2) for name, url in urls.items()},
    )


def read(reader: WebSources, **urls: str) -> Reading:
    """What a reader makes of these sources."""
    return reader.read(declared(**urls), b"")
