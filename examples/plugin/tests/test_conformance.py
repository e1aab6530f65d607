"""Both parts against the suites that ChainBoy's own parts pass."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from chainboy_sqlite.events import SCHEMA, SqliteSource
from chainboy_sqlite.store import SqliteStore

from chainboy.cid import Cid
from chainboy.content import ContentStore
from chainboy.errors import ChainError, ContentUnavailable
from chainboy.events import EventSource, FileCursor, LogEvent, Watch
from chainboy.testing.content_conformance import ContentStoreConformance
from chainboy.testing.event_conformance import EventHarness, EventSourceConformance
from chainboy.testing.scripted_chain import CHAIN_ID, CONTRACT, TOPIC, ScriptedChain


class TestSqliteStore(ContentStoreConformance):
    """The content store."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> ContentStore:
        """A store in a file that is not there."""
        return SqliteStore(tmp_path / "content.sqlite")

    def spoil(self, store: ContentStore, cid: Cid, data: bytes) -> None:
        """Overwrite the row."""
        assert isinstance(store, SqliteStore)
        with closing(sqlite3.connect(store.path)) as file, file:
            file.execute("UPDATE content SET data = ? WHERE cid = ?", (data, str(cid)))


class Indexer:
    """Writes what happens on a scripted chain to a file, and something that nobody watches beside it."""

    def __init__(self, folder: Path) -> None:
        self._chain = ScriptedChain()
        self._path = folder / "index.sqlite"
        self._cursor = FileCursor(folder / "cursor")

    def emit(self, count: int) -> list[LogEvent]:
        """Mine a block and index it."""
        events = list(self._chain.mine(count))
        with closing(sqlite3.connect(self._path)) as file, file:
            file.execute(SCHEMA)
            for event in events:
                file.execute("INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _row(event, event.log_index))
            other = (*_row(events[-1], 9_999)[:-3], "0x" + "11" * 20, b"", b"")
            file.execute("INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", other)
        return events

    def source(self) -> EventSource:
        """A new source over the same files."""
        watch = Watch(
            chain=self._chain,
            chain_id=CHAIN_ID,
            addresses=(CONTRACT,),
            topics=(TOPIC,),
            confirmations=0,
            start=0,
            cursor=self._cursor,
        )
        return SqliteSource(self._path, watch)


def _row(event: LogEvent, index: int) -> tuple[object, ...]:
    return (
        event.chain_id,
        event.block_number,
        event.block_hash,
        event.tx_hash,
        index,
        event.address,
        b"".join(event.topics),
        event.data,
    )


class TestSqliteSource(EventSourceConformance):
    """The event source."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> EventHarness:
        """An indexer that has seen nothing."""
        return Indexer(tmp_path)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """A damaged file is an error of this package's family, with its name."""
    (tmp_path / "index.sqlite").write_text("not a database, and long enough to look like one" * 10)
    with pytest.raises(ContentUnavailable, match=r"index\.sqlite cannot be used"):
        SqliteStore(tmp_path / "index.sqlite").put(b"data")
    with pytest.raises(ChainError, match=r"index\.sqlite cannot be read"):
        Indexer(tmp_path).source().poll()
