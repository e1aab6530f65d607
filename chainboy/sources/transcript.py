"""What a node saw when it read sources, for audit: kept with the task, in the node's journal."""

from __future__ import annotations

import json
from collections.abc import Iterable

import attrs


@attrs.frozen(kw_only=True)
class Entry:
    """One source, as it was read once.

    ``url`` is what the program and its input ask for; ``final_url`` is where redirects ended, without its
    query, which may hold a server's one-time secrets. ``status`` is the last HTTP status and ``sha256`` the
    hash of the unpacked body, in hex: ``None`` where it did not come so far. ``picked`` is the text that the
    pick led to, ``value`` the scaled integer; ``error`` is why there is none. ``at`` is the node's clock,
    in seconds since 1970, and ``seconds`` how long it took.
    """

    name: str
    url: str
    at: int
    seconds: float
    final_url: str | None = None
    status: int | None = None
    sha256: str | None = None
    picked: str | None = None
    value: int | None = None
    error: str | None = None


Transcript = tuple[Entry, ...]
"""All sources of one reading, in the order declared."""


def to_json(transcript: Iterable[Entry]) -> str:
    """One JSON array; values as decimal text, for they may have 256 bits."""
    return json.dumps([{**attrs.asdict(e), "value": _text(e.value)} for e in transcript])


def from_json(text: str) -> Transcript:
    """What :func:`to_json` wrote."""
    return tuple(Entry(**{**fields, "value": _number(fields["value"])}) for fields in json.loads(text))


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
