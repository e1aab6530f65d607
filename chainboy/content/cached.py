"""A store behind a cache."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from chainboy.cid import Cid
from chainboy.content.cache import Cache
from chainboy.content.dag.address import Address
from chainboy.content.fallback import FallbackStore
from chainboy.content.store import BlockReader, ContentReader, ContentStore
from chainboy.errors import ContentNotFound


@attrs.frozen(kw_only=True)
class CachedStore:
    """A :class:`~chainboy.content.ContentStore` that asks ``store`` only for what ``cache`` has not.

    Wrong bytes in the cache are as good as none. What is put goes to the store first.
    """

    store: ContentStore
    cache: Cache

    def get(self, cid: Cid) -> bytes:
        """See :meth:`chainboy.content.ContentStore.get`."""
        data = self.cache.get(cid)
        if data is None:
            data = self.store.get(cid)
            self.cache.keep(data)
        return data

    def has(self, cid: Cid) -> bool:
        """See :meth:`chainboy.content.ContentStore.has`."""
        return self.cache.has(cid) or self.store.has(cid)

    def block(self, address: Address) -> bytes:
        """See :meth:`chainboy.content.BlockReader.block`: blocks are not cached."""
        if isinstance(self.store, BlockReader):
            return self.store.block(address)
        raise ContentNotFound(f"{address} is a block, which {self.store} does not keep")

    def put(self, data: bytes) -> Cid:
        """See :meth:`chainboy.content.ContentStore.put`."""
        cid = self.store.put(data)
        self.cache.keep(data)
        return cid

    def __str__(self) -> str:
        return str(self.store)


def composed(parts: Sequence[ContentReader], cache: Cache | None = None) -> ContentStore:
    """One store of ``parts``, in order of preference, behind ``cache`` if there is one."""
    first = parts[0] if len(parts) == 1 else None
    store = first if isinstance(first, ContentStore) else FallbackStore.of(*parts)
    return store if cache is None else CachedStore(store=store, cache=cache)
