"""The journal in a file, and what the suite of all journals leaves open."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import ChainBoyError, JournalError
from chainboy.events.cursor import Cursor
from chainboy.node.inbox import JournalCursor
from chainboy.node.journal import Journal
from chainboy.node.machine import TABLE, TERMINAL, Duty, Event, IllegalEvent
from chainboy.node.rows import Identity, Sent
from chainboy.testing.journal_conformance import NODE, new_task


@pytest.fixture
def journal(tmp_path: Path):  # noqa: ANN201 - a generator
    """An empty journal on disk."""
    made = Journal(tmp_path / "node.sqlite", NODE)
    yield made
    made.close()


def reopened(journal: Journal, tmp_path: Path) -> Journal:
    """The same file, as a new process sees it."""
    journal.close()
    return Journal(tmp_path / "node.sqlite", NODE)


@given(st.lists(st.sampled_from(Event), max_size=25))
def test_illegal_events_write_nothing(events: list[Event]) -> None:
    """A journal follows the table and nothing else; only tasks that are not over are active."""
    journal = Journal(":memory:", NODE)
    task = new_task()
    journal.add(task)
    written = 0
    for event in events:
        if (task.state, event) in TABLE:
            task = journal.apply(task, event, block=1)
            written += 1
        else:
            with pytest.raises(IllegalEvent):
                journal.apply(task, event, block=1)
    assert journal.task(task.task_id) == task
    assert len(journal.transitions(task.task_id)) == written
    assert journal.active() == ([] if task.state in TERMINAL else [task])
    journal.close()


def test_full_disk_is_told_and_harmless(tmp_path: Path) -> None:
    """A write that does not fit raises JournalError, leaves no part of itself, and reads go on."""
    path = tmp_path / "node.sqlite"
    journal = Journal(path, NODE)
    task = new_task()
    journal.add(task)
    (pages,) = journal._db._connection.execute("PRAGMA page_count").fetchone()
    journal._db._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalError, match="full"):
        journal.add(new_task(1, bytes(100_000)))
    with pytest.raises(JournalError, match="free disk space"):
        journal.record_sent(Sent(nonce=0, tx_hash=b"h" * 32, raw=bytes(50_000), duty=Duty.COMMIT))
    assert journal.active() == [task]
    assert journal.unsettled() == []
    journal.close()


def test_locked_or_damaged_file_is_told(tmp_path: Path) -> None:
    """A file that is no database is an error in the project's own words."""
    path = tmp_path / "node.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(JournalError, match="cannot be used"):
        Journal(path, NODE)
    with pytest.raises(JournalError, match="cannot be used"):
        Journal(tmp_path / "missing" / "node.sqlite", NODE)


def made_old(path: Path) -> None:
    """Make of a journal one of the first version, which knew no readings."""
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE readings")
        db.execute("PRAGMA user_version = 1")
    db.close()


def test_somebody_elses_older_journal_stays_as_it_is(journal: Journal, tmp_path: Path) -> None:
    """It is refused before anything is written to it."""
    journal.close()
    path = tmp_path / "node.sqlite"
    made_old(path)
    before = path.read_bytes()
    with pytest.raises(JournalError, match="belongs to node"):
        Journal(path, Identity(chain_id=6, hub=NODE.hub, node=NODE.node))
    assert path.read_bytes() == before


def test_durable_settings(journal: Journal) -> None:
    """The log is written ahead and every commit reaches the disk."""
    assert journal._db._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert journal._db._connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_cursor_is_kept_with_a_stride(journal: Journal, tmp_path: Path) -> None:
    """A cursor is written when it has moved far enough, and comes back after a restart."""
    cursor = JournalCursor(journal, "gateway")
    assert cursor.load() is None
    for number in range(100, 120):
        cursor.save(Cursor(number, bytes([number]) * 32))
    again = reopened(journal, tmp_path)
    assert JournalCursor(again, "gateway").load() == Cursor(116, bytes([116]) * 32)
    again.close()


def test_journal_error_is_an_os_error() -> None:
    """Whoever knows nothing of ChainBoy can still catch it."""
    assert issubclass(JournalError, OSError)
    assert issubclass(JournalError, ChainBoyError)
