"""Content that was fetched once, kept on disk up to a number of bytes: what was used last stays."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs

from chainboy.cid import Cid
from chainboy.content.directory import DirectoryStore
from chainboy.errors import ContentMismatch, ContentNotFound, ContentUnavailable, EncodingError
from chainboy.tables import Table, positive

_log = logging.getLogger(__name__)

USUAL = 256 * 1024 * 1024
"""Bytes that a cache has if nothing else is said."""

_LOCK = ".lock"
_LOCK_SECONDS = 10.0


@attrs.frozen(kw_only=True)
class Cache:
    """A folder of content by CID that never holds more than ``most`` bytes of it.

    Processes and threads may share it, and it may be emptied at any time. What a crash leaves is never handed
    out, and the next writing counts or removes it. The folder has no other files than the cache's own.
    """

    path: Path = attrs.field(converter=Path)
    most: int = USUAL

    @property
    def _files(self) -> DirectoryStore:
        return DirectoryStore(self.path)

    def get(self, cid: Cid) -> bytes | None:
        """The bytes that ``cid`` names if they are here, sound and readable; they then count as used now."""
        try:
            data = self._files.get(cid)
        except ContentNotFound:
            return None
        except (ContentMismatch, ContentUnavailable) as error:
            _log.warning("the cache %s is passed by: %s", self.path, error)
            return None
        with suppress(OSError):  # removed in between, or not ours to touch
            os.utime(self.path / str(cid))
        return data

    def has(self, cid: Cid) -> bool:
        """Whether there is something under ``cid``, unchecked."""
        return self._files.has(cid)

    def keep(self, data: bytes) -> None:
        """Keep ``data`` if it fits, in the place of what was not used for longest; failing is no error."""
        if len(data) > self.most:
            return
        cid = Cid.of(data)
        try:
            with self._alone():
                self._make_room(len(data), cid)
                self._files.put(data)
        except (ContentUnavailable, OSError) as error:
            _log.warning("the cache %s cannot keep %s: %s", self.path, cid, error)

    def _make_room(self, size: int, cid: Cid) -> None:
        """Remove what a crash left, what has been under ``cid``, and as much else as ``size`` bytes need."""
        kept: list[tuple[float, int, Path]] = []
        for path in self.path.iterdir():
            if path.name == _LOCK:
                continue
            if path.name == str(cid) or not _is_cid(path.name):
                path.unlink(missing_ok=True)
                continue
            status = path.stat()
            kept.append((status.st_mtime, status.st_size, path))
        total = size + sum(held for _, held, _ in kept)
        for _, held, path in sorted(kept):
            if total <= self.most:
                return
            path.unlink(missing_ok=True)
            total -= held

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other writers out; the lock ends with the process, however that ends."""
        from filelock import FileLock, Timeout  # noqa: PLC0415 - only writers need it

        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path / _LOCK, timeout=_LOCK_SECONDS):
                yield
        except Timeout as error:
            raise ContentUnavailable("another process has been writing to it for too long") from error


def _is_cid(name: str) -> bool:
    try:
        Cid.parse(name)
    except EncodingError:
        return False
    return True


def configured(table: Table, folder: Path) -> Cache:
    """The cache of a ``[content.cache]`` table: ``path``, relative to ``folder``, and ``max_bytes``."""
    cache = Cache(path=folder / table.take("path", str), most=table.take("max_bytes", positive, USUAL))
    table.finish()
    return cache
