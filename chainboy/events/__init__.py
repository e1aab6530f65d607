"""What happened on a chain, from a source that gives it in order, final and at least once."""

from __future__ import annotations

from chainboy.events.bell import Bell
from chainboy.events.cursor import Cursor, CursorStore, FileCursor, MemoryCursor
from chainboy.events.federation import FederatedSource, Federation
from chainboy.events.hint import Hint
from chainboy.events.hinted import HintedSource, HintStatistics
from chainboy.events.log import BlockRef, LogEvent, LogKey, Topics
from chainboy.events.polling import PollingSource
from chainboy.events.reader import LogReader
from chainboy.events.sightings import SourceStatistics
from chainboy.events.source import EventSource, MemorySource
from chainboy.events.watch import Watch, Watcher

__all__ = [
    "Bell",
    "BlockRef",
    "Cursor",
    "CursorStore",
    "EventSource",
    "FederatedSource",
    "Federation",
    "FileCursor",
    "Hint",
    "HintStatistics",
    "HintedSource",
    "LogEvent",
    "LogKey",
    "LogReader",
    "MemoryCursor",
    "MemorySource",
    "PollingSource",
    "SourceStatistics",
    "Topics",
    "Watch",
    "Watcher",
]
