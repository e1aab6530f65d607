"""What happened on a chain, from a source that gives it in order, final and at least once."""

from __future__ import annotations

from chainboy.events.cursor import Cursor, CursorStore, FileCursor, MemoryCursor
from chainboy.events.log import BlockRef, LogEvent, LogKey, Topics
from chainboy.events.polling import PollingSource
from chainboy.events.reader import LogReader
from chainboy.events.source import EventSource, MemorySource
from chainboy.events.watch import Watch, Watcher

__all__ = [
    "BlockRef",
    "Cursor",
    "CursorStore",
    "EventSource",
    "FileCursor",
    "LogEvent",
    "LogKey",
    "LogReader",
    "MemoryCursor",
    "MemorySource",
    "PollingSource",
    "Topics",
    "Watch",
    "Watcher",
]
