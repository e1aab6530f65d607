"""Content: programs and data files by the hash of their bytes, wherever they are kept."""

from __future__ import annotations

from chainboy.content.cache import Cache
from chainboy.content.cached import CachedStore, composed
from chainboy.content.directory import DirectoryStore
from chainboy.content.fallback import FallbackStore
from chainboy.content.gateway import Gateway
from chainboy.content.ipfs import Daemon, IpfsStore, Pins
from chainboy.content.memory import MemoryStore
from chainboy.content.patience import Patience
from chainboy.content.store import MAX_CONTENT, BlockReader, ContentReader, ContentStore

__all__ = [
    "MAX_CONTENT",
    "BlockReader",
    "Cache",
    "CachedStore",
    "ContentReader",
    "ContentStore",
    "Daemon",
    "DirectoryStore",
    "FallbackStore",
    "Gateway",
    "IpfsStore",
    "MemoryStore",
    "Patience",
    "Pins",
    "composed",
]
