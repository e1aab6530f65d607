"""Sources: numbers that a program declares and the node reads from the web before the run."""

from __future__ import annotations

from chainboy.sources.guard import Guard
from chainboy.sources.limits import Limits
from chainboy.sources.reading import Reading, SourceReader
from chainboy.sources.transcript import Entry, Transcript
from chainboy.sources.web import WebSources

__all__ = ["Entry", "Guard", "Limits", "Reading", "SourceReader", "Transcript", "WebSources"]
