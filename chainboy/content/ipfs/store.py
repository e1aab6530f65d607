"""Content in IPFS, through one daemon."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

from chainboy.cid import Cid
from chainboy.content.dag.address import Address
from chainboy.content.ipfs.daemon import Daemon
from chainboy.content.ipfs.pins import Pins
from chainboy.content.store import MAX_BLOCK, MAX_CONTENT, checked, sized, verified
from chainboy.errors import ContentMismatch, ContentUnavailable

_log = logging.getLogger(__name__)

_DAY = 86_400.0


@attrs.frozen(kw_only=True)
class IpfsStore:
    """A :class:`~chainboy.content.ContentStore` and block reader over one daemon.

    What is put is pinned. With a book of ``pins``, what this store pinned is unpinned once nobody has put or
    got it here for ``pin_days``; what was pinned already when it was put is somebody else's, and stays.
    """

    daemon: Daemon
    pins: Pins | None = None
    pin_days: float = 30.0
    clock: Callable[[], float] = time.time

    def get(self, cid: Cid) -> bytes:
        """See :meth:`chainboy.content.ContentStore.get`."""
        data = checked(cid, self.daemon.block(Address.of(cid), MAX_CONTENT))
        with self._forgiven():
            self._note(cid)
        return data

    def has(self, cid: Cid) -> bool:
        """See :meth:`chainboy.content.ContentStore.has`."""
        return self.daemon.holds(Address.of(cid))

    def block(self, address: Address) -> bytes:
        """See :meth:`chainboy.content.BlockReader.block`."""
        return verified(address, self.daemon.block(address, MAX_BLOCK))

    def put(self, data: bytes) -> Cid:
        """See :meth:`chainboy.content.ContentStore.put`; a daemon with another name for it is a mismatch."""
        cid = Cid.of(sized(data))
        address = Address.of(cid)
        others = self.pins is not None and self.daemon.pinned(address)
        named = self.daemon.add(data)
        if named != address:
            raise ContentMismatch(f"{self} has added {cid} as {named}; use another daemon")
        # After the pin, never before: a crash between leaves a pin too many, not one that is not ours.
        with self._forgiven():
            self._note(cid, ours=not others)
            self.expire()
        return cid

    def expire(self) -> list[Cid]:
        """Unpin what this store pinned and nobody used for ``pin_days``, as each put does; what it was."""
        if self.pins is None:
            return []
        gone = []
        for cid, used in self.pins.unused(self.daemon.url, self.clock() - self.pin_days * _DAY):
            # Struck out first: after a crash between, a pin stays, and it is never another's that goes.
            if not self.pins.forget(self.daemon.url, cid, used):
                continue
            try:
                self.daemon.unpin(Address.of(cid))
            except ContentUnavailable:
                self.pins.add(self.daemon.url, cid, used)
                raise
            gone.append(cid)
        return gone

    def __str__(self) -> str:
        return self.daemon.url

    def _note(self, cid: Cid, *, ours: bool = False) -> None:
        """Write into the book that ``cid`` was used now, and is ours, unless that stands there already."""
        if self.pins is None:
            return
        if ours:
            self.pins.add(self.daemon.url, cid, self.clock())
        else:
            self.pins.use(self.daemon.url, cid, self.clock())

    @contextmanager
    def _forgiven(self) -> Iterator[None]:
        """A book that cannot be written, or a daemon that cannot unpin now, keeps nobody from the content."""
        try:
            yield
        except ContentUnavailable as error:
            _log.warning("%s: %s", self, error)
