"""Results in files of a folder: for hosts with a disk, or one that all instances mount."""

from __future__ import annotations

import hashlib
from pathlib import Path

import attrs
from filelock import FileLock

from chainboy.atomic import put_file
from chainboy.errors import StoreUnavailable
from chainboy.serverless.store import Kept, checked_name, conflict
from chainboy.tables import Table


@attrs.frozen
class DirectoryResults:
    """A :class:`~chainboy.serverless.store.ResultStore` in ``path``, which is made when first written to.

    Processes that share the folder take turns by a lock on a file in it, which the file system must support.
    The files hold answers that are still secret: let nobody else read the folder.
    """

    path: Path = attrs.field(converter=Path)

    def get(self, name: str) -> Kept | None:
        """See :meth:`~chainboy.serverless.store.ResultStore.get`."""
        try:
            data = (self.path / checked_name(name)).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnavailable(f"{name} cannot be read from {self.path}: {error.strerror}") from error
        return Kept(data, _version(data))

    def put(self, name: str, data: bytes, *, over: str | None) -> str:
        """See :meth:`~chainboy.serverless.store.ResultStore.put`."""
        target = self.path / checked_name(name)
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(self.path / f".{name}.lock"):
                found = self.get(name)
                if (None if found is None else found.version) != over:
                    raise conflict(name)
                put_file(target, data)
        except OSError as error:
            raise StoreUnavailable(f"{name} cannot be kept in {self.path}: {error.strerror}") from error
        return _version(data)


def configured(table: Table, folder: Path) -> DirectoryResults:
    """The store that ``[serverless.store.directory]`` describes: ``path``, a folder."""
    return DirectoryResults(folder / table.take("path", str))


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
