"""The book of what a store has pinned at its daemon, so that it lets go of that, and of nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import attrs

from chainboy.cid import Cid
from chainboy.errors import ContentUnavailable
from chainboy.units import Digest

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS pins"
    " (daemon TEXT NOT NULL, digest BLOB NOT NULL, used REAL NOT NULL, PRIMARY KEY (daemon, digest))"
    " WITHOUT ROWID"
)


@attrs.frozen
class Pins:
    """A file with the pins of any number of stores, each under its ``daemon``, and when each was last used.

    Times are seconds since 1970. Processes and threads may share the file; every method raises
    :class:`~chainboy.errors.ContentUnavailable` when it cannot be read or written.
    """

    path: Path = attrs.field(converter=Path)

    def add(self, daemon: str, cid: Cid, now: float) -> None:
        """Note that this store pinned ``cid``, or used it again."""
        with self._open() as db:
            db.execute("INSERT OR REPLACE INTO pins VALUES (?, ?, ?)", (daemon, cid.digest, now))

    def use(self, daemon: str, cid: Cid, now: float) -> bool:
        """Note that ``cid`` was used; ``False``, and nothing is noted, if this store did not pin it."""
        with self._open() as db:
            query = "UPDATE pins SET used = ? WHERE daemon = ? AND digest = ?"
            return db.execute(query, (now, daemon, cid.digest)).rowcount > 0

    def unused(self, daemon: str, since: float) -> list[tuple[Cid, float]]:
        """What was not used after ``since``, longest unused first, and when it last was."""
        with self._open() as db:
            query = "SELECT digest, used FROM pins WHERE daemon = ? AND used <= ? ORDER BY used, digest"
            return [(Cid(Digest(digest)), used) for digest, used in db.execute(query, (daemon, since))]

    def forget(self, daemon: str, cid: Cid, used: float) -> bool:
        """Strike ``cid`` out, unless it was used after ``used``; whether it was struck out."""
        with self._open() as db:
            query = "DELETE FROM pins WHERE daemon = ? AND digest = ? AND used <= ?"
            return db.execute(query, (daemon, cid.digest, used)).rowcount > 0

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection for one statement, whatever thread it comes from."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=10)) as db, db:
                db.execute(_SCHEMA)
                yield db
        except (sqlite3.Error, OSError) as error:
            raise ContentUnavailable(f"the book of pins {self.path} cannot be used: {error}") from error
