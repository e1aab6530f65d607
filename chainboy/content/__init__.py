"""Content: programs and data files by the hash of their bytes."""

from __future__ import annotations

from chainboy.content.directory import DirectoryStore
from chainboy.content.memory import MemoryStore
from chainboy.content.store import MAX_CONTENT, ContentStore

__all__ = ["MAX_CONTENT", "ContentStore", "DirectoryStore", "MemoryStore"]
