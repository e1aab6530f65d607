"""A journal's rows in a file: SQLite with a write-ahead log, synchronised when something is to last."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chainboy.errors import JournalError
from chainboy.node.database import Execute

_WORDS = MappingProxyType(
    {
        "blob": "BLOB",
        "integer": "INTEGER",
        "serial": "INTEGER PRIMARY KEY",
        "flag": "INTEGER NOT NULL DEFAULT 0",
        "keyed": "WITHOUT ROWID",
    }
)


class SqliteDatabase:
    """A :class:`~chainboy.node.database.Database` in one file, which one process uses."""

    def __init__(self, path: Path | str) -> None:
        self._path = str(path)
        self._lock = threading.RLock()
        with self._translated():
            self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            self.read("PRAGMA journal_mode = WAL")
        except BaseException:
            self._connection.close()
            raise

    @property
    def place(self) -> str:
        """The path."""
        return self._path

    @property
    def words(self) -> Mapping[str, str]:
        """See :attr:`Database.words`."""
        return _WORDS

    def version(self) -> int:
        """SQLite has a place for it in each file."""
        return int(self.read("PRAGMA user_version")[0][0])

    def marking(self, version: int) -> str:
        """See :meth:`Database.marking`."""
        return f"PRAGMA user_version = {version}"

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """See :meth:`Database.read`."""
        with self._lock, self._translated():
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def write(self, *, lasting: bool = True) -> Iterator[Execute]:
        """See :meth:`Database.write`."""
        with self._lock, self._translated():
            # FULL writes the whole log to the disk at the end, NORMAL leaves its newest part to the system.
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._execute
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """See :meth:`Database.close`."""
        with self._lock:
            self._connection.close()

    def _execute(self, statement: str, *values: object) -> int:
        return self._connection.execute(statement, values).rowcount

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise JournalError(
                f"the journal {self._path} cannot be used: {error}; free disk space or check its rights, "
                "then start the node again"
            ) from error
