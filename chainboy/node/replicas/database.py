"""A journal's rows in PostgreSQL, written by who holds the lease and by nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from chainboy.errors import JournalError, JournalUnavailable, LeaseLost
from chainboy.node.database import Execute
from chainboy.node.replicas.server import Server, transaction

if TYPE_CHECKING:
    import psycopg

_WORDS = MappingProxyType(
    {
        "blob": "BYTEA",
        "integer": "BIGINT",
        "serial": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "flag": "BOOLEAN NOT NULL DEFAULT FALSE",
        "keyed": "",
    }
)

_HELD = "SELECT 1 FROM lease WHERE token = %s AND expires_at > clock_timestamp() FOR SHARE"
"""The lock keeps the lease where it is until the transaction has ended."""

_VERSION = "SELECT obj_description(to_regclass('tasks')::oid, 'pg_class')"


class PostgresDatabase:
    """A :class:`~chainboy.node.database.Database` on a server; ``token`` is the lease's, 0 to read alone.

    Every transaction begins by checking the token, and no other replica gets the lease before it has ended.
    Raises :class:`~chainboy.errors.LeaseLost` when the lease is another's or has run out, and
    :class:`~chainboy.errors.JournalUnavailable` when the server does not answer; what was being written then
    may be there or not. After either nothing goes through it any more, from whatever thread: open another,
    and see what is there.
    """

    def __init__(self, server: Server, *, token: int = 0) -> None:
        self._server = server
        self._token = token
        self._lock = threading.RLock()
        self._connection = server.connect()

    @property
    def place(self) -> str:
        """The database's name and its server."""
        return self._server.place

    @property
    def words(self) -> Mapping[str, str]:
        """See :attr:`Database.words`."""
        return _WORDS

    def version(self) -> int:
        """It stands in the comment on the first table."""
        found = self.read(_VERSION)[0][0]
        return int(found or 0)

    def marking(self, version: int) -> str:
        """See :meth:`Database.marking`."""
        return f"COMMENT ON TABLE tasks IS '{version}'"

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """See :meth:`Database.read`."""
        with self._session() as session:
            return session.execute(_ours(query), _clean(values)).fetchall()

    @contextmanager
    def write(self, *, lasting: bool = True) -> Iterator[Execute]:  # noqa: ARG002 - each lasts
        """See :meth:`Database.write`."""
        with self._session() as session, transaction(session):
            if session.execute(_HELD, (self._token,)).fetchone() is None:
                raise LeaseLost(f"the lease on the journal {self.place} is not held any more")
            yield self._execute

    def close(self) -> None:
        """See :meth:`Database.close`."""
        with self._lock, suppress(JournalError), self._server.translated():
            self._connection.close()

    @contextmanager
    def _session(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        with self._lock:
            try:
                with self._server.translated():
                    yield self._connection
            except JournalUnavailable:
                self.close()
                raise

    def _execute(self, statement: str, *values: object) -> int:
        return self._connection.execute(_ours(statement), _clean(values)).rowcount


def _ours(statement: str) -> bytes:
    """The statement with psycopg's own marks for values."""
    return statement.replace("?", "%s").encode()


def _clean(values: tuple[object, ...]) -> tuple[object, ...]:
    """Texts without the one character that PostgreSQL's have no room for."""
    return tuple(value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in values)
