"""A content store in one SQLite file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import attrs

from chainboy.cid import Cid
from chainboy.content.store import checked, sized
from chainboy.errors import ContentNotFound, ContentUnavailable
from chainboy.tables import Table

_SCHEMA = "CREATE TABLE IF NOT EXISTS content (cid TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID"


@attrs.frozen
class SqliteStore:
    """Content as rows of the file ``path``, made when first used; threads and processes may share it."""

    path: Path

    def get(self, cid: Cid) -> bytes:
        """See :meth:`chainboy.content.ContentStore.get`."""
        rows = self._execute("SELECT data FROM content WHERE cid = ?", str(cid))
        if not rows:
            raise ContentNotFound(f"{cid} is not in {self.path}; put it there first")
        return checked(cid, rows[0][0])

    def put(self, data: bytes) -> Cid:
        """See :meth:`chainboy.content.ContentStore.put`."""
        cid = Cid.of(sized(data))
        self._execute("INSERT OR REPLACE INTO content VALUES (?, ?)", str(cid), data)
        return cid

    def has(self, cid: Cid) -> bool:
        """See :meth:`chainboy.content.ContentStore.has`."""
        return bool(self._execute("SELECT 1 FROM content WHERE cid = ?", str(cid)))

    def _execute(self, statement: str, *values: object) -> list[tuple[bytes, ...]]:
        try:
            with closing(sqlite3.connect(self.path, timeout=30)) as file, file:
                file.execute(_SCHEMA)
                return file.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise ContentUnavailable(f"{self.path} cannot be used: {error}; see to the file") from error


def configured(table: Table, folder: Path) -> SqliteStore:
    """The store that ``[content.sqlite]`` names by its ``path``."""
    return SqliteStore(folder / table.take("path", str))
