"""The seam below the journal: a database that keeps its rows."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Execute(Protocol):
    """Does one statement of a transaction."""

    def __call__(self, statement: str, /, *values: object) -> int:
        """How many rows the statement, with ``values`` in the places of its ``?``, has changed."""
        ...


class Database(Protocol):
    """Keeps rows. Its methods may be called from many threads.

    They raise :class:`~chainboy.errors.JournalError` when they cannot do what they are for.
    """

    @property
    def place(self) -> str:
        """What messages call it; no secret is in it."""
        ...

    @property
    def words(self) -> Mapping[str, str]:
        """Its own words for ``blob``, ``integer``, ``serial``, ``flag`` (false at first) and ``keyed``."""
        ...

    def version(self) -> int:
        """The version of the tables in it; 0 if there are none."""
        ...

    def marking(self, version: int, /) -> str:
        """The statement, one of a transaction's, that notes the version of the tables."""
        ...

    def read(self, query: str, /, *values: object) -> list[tuple[Any, ...]]:
        """The rows that ``query`` finds, with ``values`` in the places of its ``?``."""
        ...

    def write(self, *, lasting: bool = True) -> AbstractContextManager[Execute]:
        """A transaction: what it does is done when it is left in peace, else none of it is there.

        What is done survives the end of the process at once; a power cut only if it, or a later
        transaction, is ``lasting``. A database may make every one of them so.
        """
        ...

    def close(self) -> None:
        """Let it go; once more does no harm."""
        ...
