"""The embedded content store: a local directory of files under the CIDs that IPFS itself gives."""

from __future__ import annotations

from pathlib import Path

import attrs

from chainboy.atomic import put_file
from chainboy.cid import Cid
from chainboy.content.store import MAX_CONTENT, checked, sized
from chainboy.errors import ContentMismatch, ContentNotFound, ContentUnavailable
from chainboy.tables import Table


@attrs.frozen
class DirectoryStore:
    """Content as files of ``path``, which is made when first written to.

    Several processes may share a directory: a file appears whole or not at all, and survives a crash
    once :meth:`put` has returned.
    """

    path: Path = attrs.field(converter=Path)

    def get(self, cid: Cid) -> bytes:
        """See :meth:`chainboy.content.ContentStore.get`."""
        try:
            with (self.path / str(cid)).open("rb") as file:
                return checked(cid, file.read(MAX_CONTENT + 1))
        except FileNotFoundError:
            raise ContentNotFound(f"{cid} is not in {self.path}; put it there first") from None
        except OSError as error:
            raise ContentUnavailable(f"{cid} cannot be read from {self.path}: {error.strerror}") from error

    def put(self, data: bytes) -> Cid:
        """See :meth:`chainboy.content.ContentStore.put`."""
        cid = Cid.of(sized(data))
        if self._holds(cid):
            return cid
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            put_file(self.path / str(cid), data)
        except OSError as error:
            raise ContentUnavailable(f"{cid} cannot be kept in {self.path}: {error.strerror}") from error
        return cid

    def has(self, cid: Cid) -> bool:
        """See :meth:`chainboy.content.ContentStore.has`."""
        return (self.path / str(cid)).is_file()

    def __str__(self) -> str:
        return str(self.path)

    def _holds(self, cid: Cid) -> bool:
        try:
            self.get(cid)
        except (ContentNotFound, ContentMismatch):
            return False
        return True


def configured(table: Table, folder: Path) -> DirectoryStore:
    """The store of a node's configuration: ``path``, a folder."""
    return DirectoryStore(folder / table.take("path", str))
