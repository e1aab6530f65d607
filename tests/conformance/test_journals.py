"""The journal in a file against the one suite; that in PostgreSQL is held to it where the server is."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from chainboy.node.sqlite import SqliteDatabase
from chainboy.testing.journal_conformance import JournalConformance, Open


class TestSqliteJournal(JournalConformance):
    """A file that is not there at first."""

    @pytest.fixture
    def open_database(self, tmp_path: Path) -> Open:
        """Opens the file."""
        return partial(SqliteDatabase, tmp_path / "node.sqlite")
