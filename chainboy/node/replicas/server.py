"""One PostgreSQL server: connections to it that never wait for ever, and its errors in our own words."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from chainboy.errors import ConfigError, JournalError, JournalUnavailable

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")

_PORT = "5432"

_MANNERS = """
SET synchronous_commit TO on;
SET default_transaction_isolation TO 'read committed';
SET statement_timeout TO {patience};
SET lock_timeout TO {patience};
SET idle_in_transaction_session_timeout TO {patience};
SET client_min_messages TO warning
"""
"""What each session is told. The last timeout ends a transaction whose replica is frozen in the middle of it:
its locks must not outlive the lease."""


class Server:
    """A PostgreSQL server by its URL; ``patience`` is in seconds, and no statement takes longer.

    Raises :class:`~chainboy.errors.ConfigError` for a text that is no URL, and where the library is missing.
    """

    def __init__(self, url: str, *, patience: float) -> None:
        self._url = url
        self._patience = patience
        self.place = _place(url)

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A new session; raises :class:`~chainboy.errors.JournalUnavailable` when there is none to be had."""
        with self.translated():
            connection = _kind(self._patience).connect(
                self._url,
                autocommit=True,
                connect_timeout=max(2, round(self._patience)),  # libpq knows no shorter one
                target_session_attrs="read-write",
                tcp_user_timeout=round(1_000 * self._patience),
                application_name="chainboy",
                client_encoding="UTF8",  # else texts of a database without an encoding come as bytes
            )
            try:
                connection.execute(_MANNERS.format(patience=round(1_000 * self._patience)).encode())
            except BaseException:
                connection.close()
                raise
            return connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Say a library's error in our own words: one that may pass, or one that calls for its owner."""
        import psycopg  # noqa: PLC0415 - an extra

        try:
            yield
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError) as error:
            raise JournalUnavailable(
                f"the journal {self.place} cannot be used now: {_line(error)}; "
                "see that the server runs, can be reached and has room"
            ) from error
        except psycopg.Error as error:
            raise JournalError(
                f"the journal {self.place} cannot be used: {_line(error)}; "
                "give the node a database of its own, with the right to make tables there"
            ) from error


@contextmanager
def transaction(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """All that is done within, or nothing of it."""
    import psycopg  # noqa: PLC0415 - an extra

    connection.execute("BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(psycopg.Error):  # the server does so itself when the session is gone
            connection.rollback()
        raise


def _place(url: str) -> str:
    """The database's name and where it is, without user and password."""
    try:
        from psycopg import ProgrammingError  # noqa: PLC0415 - an extra
        from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            "a journal in PostgreSQL needs a library; install it with `pip install 'chainboy[postgres]'`"
        ) from error
    try:
        found = conninfo_to_dict(url) if url.startswith(("postgresql://", "postgres://")) else {}
    except ProgrammingError:
        found = {}  # and not what it says, which quotes the URL
    if not found.get("dbname"):
        raise ConfigError(
            "the journal's URL is none of PostgreSQL; "
            "begin it with postgresql:// and end it with the name of a database"
        )
    host = found.get("host") or found.get("hostaddr") or "this machine"
    return f"{found['dbname']} on {host}:{found.get('port') or _PORT}"


def _line(error: Exception) -> str:
    """The first line of what a library says."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _kind(patience: float) -> type[psycopg.Connection[tuple[Any, ...]]]:
    """Connections on which nothing takes longer, whatever becomes of the network.

    The server's own timeouts and TCP's do not see a network that takes all bytes and brings none.
    """
    import psycopg  # noqa: PLC0415 - an extra

    class Impatient(psycopg.Connection[tuple[Any, ...]]):
        def wait(self, gen: Generator[Any, Any, T], *args: Any, **options: Any) -> T:
            return super().wait(_limited(gen, time.monotonic() + 1.5 * patience), *args, **options)

    def _limited(gen: Generator[Any, Any, T], end: float) -> Generator[Any, Any, T]:
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > end:
                    raise psycopg.OperationalError("no answer came in time")
                wanted = gen.send(ready)
        except StopIteration as done:
            answer: T = done.value
            return answer

    return Impatient
