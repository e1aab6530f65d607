"""The seam to what a function remembers between its calls: small values by name, each with a version."""

from __future__ import annotations

import re
import threading
from typing import Protocol

import attrs

from chainboy.errors import EncodingError, StoreConflict

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@attrs.frozen
class Kept:
    """A value as it was found; ``version`` names these bytes in this store and means nothing elsewhere."""

    data: bytes = attrs.field(repr=False)
    version: str


class ResultStore(Protocol):
    """Keeps what a node computed and signed, from one call of a function to the next.

    A value is replaced only by whoever knows its version: of two calls that work at once, one finds out
    before it sends anything. A store that ignores versions is none.

    Both methods raise :class:`~chainboy.errors.StoreUnavailable` when the store itself fails, and then a
    value may or may not have been put; and :class:`~chainboy.errors.EncodingError` for a name that is not
    of letters, digits, dots, dashes and underscores, at most 100, beginning with a letter or digit.
    """

    def get(self, name: str) -> Kept | None:
        """The value put last under ``name``; none if there is none."""
        ...

    def put(self, name: str, data: bytes, *, over: str | None) -> str:
        """Keep ``data`` in the place of version ``over``, or where nothing is if that is None.

        Returns the new version. When it returns the value lasts. Raises
        :class:`~chainboy.errors.StoreConflict`, and changes nothing, when another version is there.
        """
        ...


def checked_name(name: str) -> str:
    """``name``, if values may have it; raises :class:`~chainboy.errors.EncodingError`."""
    if not _NAME.fullmatch(name):
        raise EncodingError(f"{name!r} is no name of a kept value; use at most 100 of A-Z a-z 0-9 . _ -")
    return name


def conflict(name: str) -> StoreConflict:
    """What a store raises when another version is there."""
    return StoreConflict(f"another call has changed {name!r} meanwhile; read it again")


class MemoryResults:
    """Keeps values as long as the process lives: for tests, and for seeing what a function does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, Kept] = {}
        self._count = 0

    def get(self, name: str) -> Kept | None:
        """See :meth:`ResultStore.get`."""
        return self._kept.get(checked_name(name))

    def put(self, name: str, data: bytes, *, over: str | None) -> str:
        """See :meth:`ResultStore.put`."""
        with self._lock:
            found = self._kept.get(checked_name(name))
            if (None if found is None else found.version) != over:
                raise conflict(name)
            self._count += 1
            self._kept[name] = Kept(bytes(data), str(self._count))
            return str(self._count)
