"""The lease on a journal: a row in its database that says which replica acts, and until when.

The row's time is the server's; what a replica reckons with is never later, for it counts from before it
asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from chainboy.errors import JournalError, LeaseLost
from chainboy.node.replicas.server import Server, transaction
from chainboy.node.rows import Identity

if TYPE_CHECKING:
    import psycopg

_KEY = 0x636861696E626F79
"""The lock under which replicas make the table: two of them may begin together."""

_TABLE = """CREATE TABLE IF NOT EXISTS lease (
    one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one), node TEXT NOT NULL, owner TEXT NOT NULL DEFAULT '',
    token BIGINT NOT NULL DEFAULT 0, expires_at TIMESTAMPTZ NOT NULL DEFAULT '-infinity')"""

_TAKE = """UPDATE lease SET owner = %(owner)s, token = token + 1,
    expires_at = clock_timestamp() + make_interval(secs => %(length)s)
    WHERE owner = %(owner)s OR expires_at <= clock_timestamp() RETURNING token"""

_RENEW = """UPDATE lease SET expires_at = clock_timestamp() + make_interval(secs => %s)
    WHERE token = %s AND expires_at > clock_timestamp()"""

_RELEASE = "UPDATE lease SET expires_at = '-infinity' WHERE token = %s"

_HOLDER = "SELECT owner, expires_at > clock_timestamp() FROM lease"


def clock() -> float:
    """Seconds that pass while the process is stopped, and, where the system counts them, while it sleeps."""
    since_boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if since_boot is None else time.clock_gettime(since_boot)


@attrs.frozen(kw_only=True)
class Grant:
    """A lease that was given: ``token`` is greater than all before it, ``until`` a time of :func:`clock`."""

    token: int
    until: float


class Lease(Protocol):
    """What one replica asks for; methods raise :class:`~chainboy.errors.JournalUnavailable`."""

    @property
    def seconds(self) -> float:
        """How long a grant lasts."""
        ...

    def take(self) -> Grant | None:
        """The lease, if nobody else has it."""
        ...

    def holder(self) -> str:
        """Who has it; empty if nobody has."""
        ...

    def renew(self, grant: Grant) -> Grant:
        """The same for longer; raises :class:`~chainboy.errors.LeaseLost` when it is over."""
        ...

    def release(self, grant: Grant) -> None:
        """Others may have it at once."""
        ...

    def close(self) -> None:
        """Ask no more."""
        ...


class PostgresLease:
    """A :class:`Lease` on the journal of ``identity``, for the replica ``owner``; one thread at a time."""

    def __init__(
        self,
        server: Server,
        identity: Identity,
        *,
        owner: str,
        seconds: float,
        clock: Callable[[], float] = clock,
    ) -> None:
        self.seconds = seconds
        self._server = server
        self._identity = identity
        self._owner = owner
        self._clock = clock
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    def take(self) -> Grant | None:
        """See :meth:`Lease.take`; another node's journal is a :class:`~chainboy.errors.JournalError`."""
        asked = self._clock()
        with self._session() as connection:
            row = connection.execute(_TAKE, {"owner": self._owner, "length": self.seconds}).fetchone()
        return None if row is None else Grant(token=row[0], until=asked + self.seconds)

    def holder(self) -> str:
        """See :meth:`Lease.holder`."""
        with self._session() as connection:
            row = connection.execute(_HOLDER).fetchone()
        return row[0] if row and row[1] else ""

    def renew(self, grant: Grant) -> Grant:
        """See :meth:`Lease.renew`."""
        asked = self._clock()
        with self._session() as connection:
            if connection.execute(_RENEW, (self.seconds, grant.token)).rowcount != 1:
                raise LeaseLost(f"the lease on the journal {self._server.place} went to another replica")
        return attrs.evolve(grant, until=asked + self.seconds)

    def release(self, grant: Grant) -> None:
        """See :meth:`Lease.release`."""
        with self._session() as connection:
            connection.execute(_RELEASE, (grant.token,))

    def close(self) -> None:
        """See :meth:`Lease.close`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(JournalError), self._server.translated():
                connection.close()

    @contextmanager
    def _session(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """The session of before, or a new one if that has failed."""
        try:
            if self._connection is None:
                self._connection = self._server.connect()
                self._prepare(self._connection)
            with self._server.translated():
                yield self._connection
        except LeaseLost:
            raise
        except BaseException:
            self.close()
            raise

    def _prepare(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        """See that there is a lease, and that it is this node's."""
        with self._server.translated(), transaction(connection):
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_KEY,))
            connection.execute(_TABLE)
            connection.execute(
                "INSERT INTO lease (node) VALUES (%s) ON CONFLICT DO NOTHING", (self._identity.text,)
            )
            row = connection.execute("SELECT node FROM lease").fetchone()
        self._identity.check(row[0] if row else None, self._server.place)
