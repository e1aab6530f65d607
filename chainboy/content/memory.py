"""A content store in memory, for tests and for processes that keep nothing."""

from __future__ import annotations

import attrs

from chainboy.cid import Cid
from chainboy.content.store import checked, sized
from chainboy.errors import ContentNotFound


@attrs.frozen
class MemoryStore:
    """Content by CID for as long as this object lives."""

    blobs: dict[Cid, bytes] = attrs.field(factory=dict, repr=False)

    def get(self, cid: Cid) -> bytes:
        """See :meth:`chainboy.content.ContentStore.get`."""
        try:
            return checked(cid, self.blobs[cid])
        except KeyError:
            raise ContentNotFound(f"{cid} is not in this memory; put it there first") from None

    def put(self, data: bytes) -> Cid:
        """See :meth:`chainboy.content.ContentStore.put`."""
        cid = Cid.of(sized(data))
        self.blobs[cid] = bytes(data)
        return cid

    def has(self, cid: Cid) -> bool:
        """See :meth:`chainboy.content.ContentStore.has`."""
        return cid in self.blobs

    def __str__(self) -> str:
        return "memory"
