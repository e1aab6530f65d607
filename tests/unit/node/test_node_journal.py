"""The journal: what it returned from is on disk, what failed has left no trace."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import to_address
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.request import Request
from chainboy.errors import ChainBoyError, JournalError
from chainboy.events.cursor import Cursor
from chainboy.node.inbox import JournalCursor
from chainboy.node.journal import Journal
from chainboy.node.machine import TABLE, TERMINAL, Duty, Event, IllegalEvent, State
from chainboy.node.rows import SCHEMA_VERSION, Identity, Sent, Task
from chainboy.sources import Entry

NODE = Identity(chain_id=5, hub=to_address(b"\1" * 20), node=to_address(b"\2" * 20))


def new_task(nonce: int = 0, data: bytes = b"input") -> Task:
    """A task that differs from others by its nonce; amounts beyond 64 bits."""
    params = Params(mode=Mode.EXACT, commit_window=5, fuel_limit=9, expires_at=2**64 - 1)
    request = Request(
        chain_id=5,
        gateway=to_address(b"\3" * 20),
        requester=to_address(b"\4" * 20),
        nonce=nonce,
        program=keccak(b"program"),
        input_hash=keccak(data),
        price=2**255,
        tip=2**200,
        callback_gas=0,
        requested_at=1_000,
        params=params.pack(),
    )
    return Task(request=request, input=data, block=17)


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


def test_task_comes_back_whole(journal: Journal, tmp_path: Path) -> None:
    """Every field of a task survives a restart, integers of 256 bits too."""
    task = new_task()
    assert journal.add(task)
    assert not journal.add(task)
    task = journal.apply(task, Event.ACCEPT, block=20)
    task = journal.apply(task, Event.OUTCOME, block=21, outcome=b"\0out")
    task = journal.apply(task, Event.COMMIT, block=22, attempt=3)
    again = reopened(journal, tmp_path)
    assert again.task(task.task_id) == task
    assert (task.state, task.attempt, task.outcome) == (State.COMMITTING, 3, b"\0out")
    told = again.transitions()
    assert [(line.source.value, line.event.value, line.target.value, line.block) for line in told] == [
        ("seen", "accept", "accepted", 20),
        ("accepted", "outcome", "computed", 21),
        ("computed", "commit", "committing", 22),
    ]
    again.close()


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


def test_stale_task_is_refused(journal: Journal) -> None:
    """Two writers with different pictures of a task cannot both win."""
    task = new_task()
    journal.add(task)
    journal.apply(task, Event.ACCEPT, block=1)
    with pytest.raises(JournalError, match="another process"):
        journal.apply(task, Event.ABSTAIN, block=1)
    assert journal.task(task.task_id).state is State.ACCEPTED


def test_transactions_wait_until_settled(journal: Journal, tmp_path: Path) -> None:
    """Signed transactions come back in nonce order with their bytes until they are final."""
    for nonce in (2, 0, 1):
        sent = Sent(nonce=nonce, tx_hash=bytes([nonce]) * 32, raw=b"raw", duty=Duty.COMMIT, task_id=b"t" * 32)
        journal.record_sent(sent)
    journal.settle(1)
    again = reopened(journal, tmp_path)
    assert [(sent.nonce, sent.raw) for sent in again.unsettled()] == [(0, b"raw"), (2, b"raw")]
    again.close()


def test_one_transaction_a_nonce_is_sent_again(journal: Journal) -> None:
    """When an endpoint refused a transaction for good, only its successor of the same nonce remains."""
    journal.record_sent(Sent(nonce=4, tx_hash=b"a" * 32, raw=b"old", duty=Duty.REVEAL))
    journal.record_sent(Sent(nonce=4, tx_hash=b"b" * 32, raw=b"new", duty=Duty.CLAIM))
    assert [sent.raw for sent in journal.unsettled()] == [b"new"]


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


def test_journal_of_another_node_is_refused(journal: Journal, tmp_path: Path) -> None:
    """A key never works with another key's memory, nor with that of another hub."""
    journal.close()
    other = Identity(chain_id=5, hub=NODE.hub, node=to_address(b"\7" * 20))
    with pytest.raises(JournalError, match="belongs to node"):
        Journal(tmp_path / "node.sqlite", other)


def test_journal_of_another_schema_is_refused(journal: Journal, tmp_path: Path) -> None:
    """A file of a later version is not touched."""
    journal.close()
    with sqlite3.connect(tmp_path / "node.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(JournalError, match="schema 99"):
        Journal(tmp_path / "node.sqlite", NODE)


def made_old(path: Path) -> None:
    """Make of a journal one of the first version, which knew no readings."""
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE readings")
        db.execute("PRAGMA user_version = 1")
    db.close()


def test_an_older_journal_is_brought_up_to_date(journal: Journal, tmp_path: Path) -> None:
    """What it holds stays, what is new has its place, and it is done once."""
    task = new_task()
    journal.add(task)
    journal.close()
    path = tmp_path / "node.sqlite"
    made_old(path)
    told: list[str] = []
    newer = Journal(path, NODE, probe=told.append)
    assert told == ["before", "after"]
    newer.keep_reading(task.task_id, READING)
    assert (newer.active(), newer.readings(task.task_id)) == ([task], [READING])
    newer.close()
    newest = Journal(path, NODE, probe=pytest.fail)
    assert newest.readings(task.task_id) == [READING]
    assert newest._db._connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    newest.close()


def test_somebody_elses_older_journal_stays_as_it_is(journal: Journal, tmp_path: Path) -> None:
    """It is refused before anything is written to it."""
    journal.close()
    path = tmp_path / "node.sqlite"
    made_old(path)
    before = path.read_bytes()
    with pytest.raises(JournalError, match="belongs to node"):
        Journal(path, Identity(chain_id=6, hub=NODE.hub, node=NODE.node))
    assert path.read_bytes() == before


READING = (
    Entry(name="a", url="https://a/", at=5, seconds=0.25, final_url="https://b/", status=200, sha256="00",
          picked="1.5", value=-(2**255)),
    Entry(name="b", url="https://c/é", at=5, seconds=10.0, error="no whole answer came within 10 s"),
)  # fmt: skip


def test_readings_are_kept_with_their_task(journal: Journal, tmp_path: Path) -> None:
    """Each of them whole, in order, through a restart; other tasks have none. They are no progress."""
    task, other = new_task(), new_task(1)
    entries = journal.entries
    journal.keep_reading(task.task_id, READING)
    journal.keep_reading(task.task_id, READING[1:])
    assert journal.entries == entries
    again = reopened(journal, tmp_path)
    assert again.readings(task.task_id) == [READING, READING[1:]]
    assert again.readings(other.task_id) == []
    again.close()


def test_durable_settings(journal: Journal) -> None:
    """The log is written ahead and every commit reaches the disk."""
    assert journal._db._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert journal._db._connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_probe_is_told_before_and_after_each_write(tmp_path: Path) -> None:
    """What a kill test hangs on to: both sides of every write, and none of a read."""
    told: list[str] = []
    journal = Journal(tmp_path / "node.sqlite", NODE, probe=told.append)
    told.clear()
    journal.add(new_task())
    journal.active()
    assert told == ["before", "after"]
    journal.close()


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
