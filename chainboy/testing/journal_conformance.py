"""What every database must do for a journal: subclass, say how to open one, run with pytest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Literal

import attrs
import pytest

from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import to_address
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.request import Request
from chainboy.errors import JournalError
from chainboy.node.database import Database
from chainboy.node.journal import Journal, Probe
from chainboy.node.machine import Duty, Event, State
from chainboy.node.rows import SCHEMA_VERSION, Identity, Sent, Task
from chainboy.sources.transcript import Entry
from chainboy.units import Fuel, Timestamp, Wei

NODE = Identity(chain_id=5, hub=to_address(b"\1" * 20), node=to_address(b"\2" * 20))

READING = (
    Entry(name="a", url="https://a/", at=5, seconds=0.25, final_url="https://b/", status=200, sha256="00",
          picked="1.5", value=-(2**255)),
    Entry(name="b", url="https://c/é", at=5, seconds=10.0, error="no whole answer came within 10 s"),
)  # fmt: skip

Open = Callable[[], Database]
"""Opens one and the same database, as a process that begins anew would."""


def new_task(nonce: int = 0, data: bytes = b"input") -> Task:
    """A task that differs from others by its nonce; amounts beyond 64 bits."""
    params = Params(
        mode=Mode.EXACT, commit_window=5, fuel_limit=Fuel(9), expires_at=Timestamp(2**64 - 1)
    )
    request = Request(
        chain_id=5,
        gateway=to_address(b"\3" * 20),
        requester=to_address(b"\4" * 20),
        nonce=nonce,
        program=keccak(b"program"),
        input_hash=keccak(data),
        price=Wei(2**255),
        tip=Wei(2**200),
        callback_gas=0,
        requested_at=Timestamp(1_000),
        params=params.pack(),
    )
    return Task(request=request, input=data, block=17)


class Opener:
    """Opens journals in one database, each after the one before it was closed."""

    def __init__(self, open_database: Open) -> None:
        self._open = open_database
        self._last = ExitStack()

    def __call__(self, identity: Identity = NODE, probe: Probe | None = None) -> Journal:
        """The journal as a new process finds it."""
        self._last.close()
        return self._last.enter_context(closing(Journal(self.database(), identity, probe=probe)))

    def database(self) -> Database:
        """The rows alone."""
        self._last.close()
        return self._last.enter_context(closing(self._open()))

    def close(self) -> None:
        """The last one."""
        self._last.close()


class JournalConformance(ABC):
    """The tests; a subclass names itself ``Test…`` and supplies the fixture."""

    @pytest.fixture
    @abstractmethod
    def open_database(self) -> Open:
        """Opens a database that was empty at first."""

    @pytest.fixture
    def opened(self, open_database: Open) -> Iterator[Opener]:
        """Opens the journal in it."""
        opener = Opener(open_database)
        yield opener
        opener.close()

    def test_a_task_comes_back_whole(self, opened: Opener) -> None:
        """Every field survives a restart, with all bytes and integers of 256 bits; it is added once."""
        journal, task = opened(), new_task(data=bytes(range(256)))
        assert journal.add(task)
        assert not journal.add(task)
        task = journal.apply(task, Event.ACCEPT, block=20)
        task = journal.apply(task, Event.OUTCOME, block=21, outcome=b"\0out", reason="as % ? {} é")
        task = journal.apply(task, Event.COMMIT, block=2**40, attempt=3)
        again = opened()
        assert again.task(task.task_id) == task
        assert again.task(new_task(1).task_id) is None
        assert (task.state, task.attempt, task.outcome) == (State.COMMITTING, 3, b"\0out")
        told = [(line.source, line.event, line.target, line.block) for line in again.transitions()]
        assert told == [
            (State.SEEN, Event.ACCEPT, State.ACCEPTED, 20),
            (State.ACCEPTED, Event.OUTCOME, State.COMPUTED, 21),
            (State.COMPUTED, Event.COMMIT, State.COMMITTING, 2**40),
        ]

    def test_only_what_is_not_over_is_active(self, opened: Opener) -> None:
        """Oldest block first, and each task has its own history."""
        journal = opened()
        tasks = [attrs.evolve(new_task(nonce), block=block) for nonce, block in enumerate((9, 7, 8))]
        for task in tasks:
            journal.add(task)
        journal.apply(tasks[2], Event.ABSTAIN, block=1, reason="a character that some have no room for: \0")
        assert [task.block for task in opened().active()] == [7, 9]
        assert [len(opened().transitions(task.task_id)) for task in tasks] == [0, 0, 1]

    def test_a_stale_task_is_refused(self, opened: Opener) -> None:
        """Two writers with different pictures of a task cannot both win; the loser writes nothing."""
        journal, task = opened(), new_task()
        journal.add(task)
        journal.apply(task, Event.ACCEPT, block=1)
        with pytest.raises(JournalError, match="another process"):
            journal.apply(task, Event.ABSTAIN, block=1)
        kept = journal.task(task.task_id)
        assert kept is not None
        assert kept.state is State.ACCEPTED
        assert len(journal.transitions()) == 1

    def test_transactions_wait_until_settled(self, opened: Opener) -> None:
        """Signed transactions come back in nonce order with their bytes until they are final."""
        journal, task = opened(), new_task()
        for nonce in (2, 0, 1):
            tx_hash = bytes([nonce]) * 32
            journal.record_sent(
                Sent(nonce=nonce, tx_hash=tx_hash, raw=b"r\0w", duty=Duty.COMMIT, task_id=task.task_id)
            )
        journal.settle(1)
        waiting = opened().unsettled()
        assert [(sent.nonce, sent.raw, sent.task_id) for sent in waiting] == [
            (nonce, b"r\0w", task.task_id) for nonce in (0, 2)
        ]

    def test_a_nonce_has_one_call_and_many_prices(self, opened: Opener) -> None:
        """Another call sets those before it aside; another offer for the same call does not."""
        journal = opened()
        journal.record_sent(Sent(nonce=4, tx_hash=b"a" * 32, raw=b"old", duty=Duty.REVEAL))
        journal.record_sent(Sent(nonce=4, tx_hash=b"b" * 32, raw=b"new", duty=Duty.CLAIM))
        journal.record_sent(Sent(nonce=4, tx_hash=b"c" * 32, raw=b"more", duty=Duty.CLAIM), again=True)
        assert [sent.raw for sent in opened().unsettled()] == [b"new", b"more"]

    def test_a_transaction_is_kept_once(self, opened: Opener) -> None:
        """While it is under way the second of the same hash is an error, and leaves all as it was."""
        journal, sent = opened(), Sent(nonce=4, tx_hash=b"a" * 32, raw=b"raw", duty=Duty.REVEAL)
        journal.record_sent(sent)
        for again in (False, True):
            with pytest.raises(JournalError, match=f"holds transaction 0x{b'a'.hex() * 32} as sent"):
                journal.record_sent(sent, again=again)
        assert opened().unsettled() == [sent]

    def test_what_was_final_may_be_sent_again(self, opened: Opener) -> None:
        """The very same transaction, after its chain has taken back the block that had it."""
        journal, sent = opened(), Sent(nonce=4, tx_hash=b"a" * 32, raw=b"raw", duty=Duty.REVEAL)
        journal.record_sent(sent)
        journal.settle(4)
        again = opened()
        assert again.unsettled() == []
        again.record_sent(sent)
        assert opened().unsettled() == [sent]

    def test_tasks_by_their_latest_moves(self, opened: Opener) -> None:
        """All with a transition after a block, over or not, each once, oldest request first."""
        journal = opened()
        tasks = [attrs.evolve(new_task(nonce), block=block) for nonce, block in enumerate((9, 7, 8))]
        for number, task in enumerate(tasks):
            journal.add(task)
            taken = journal.apply(task, Event.ACCEPT, block=10 + number)
            journal.apply(taken, Event.ABSTAIN, block=11 + number, reason="none")
        assert [task.block for task in opened().moved_after(10)] == [7, 8, 9]
        assert [task.block for task in opened().moved_after(12)] == [8]
        assert opened().moved_after(13) == []

    def test_a_lost_outcome_is_kept_again(self, opened: Opener) -> None:
        """It changes nothing else, and is no transition."""
        journal, task = opened(), new_task()
        journal.add(task)
        kept = journal.keep_outcome(task, b"again")
        assert opened().task(task.task_id) == kept == attrs.evolve(task, outcome=b"again")
        assert opened().transitions() == []

    def test_readings_are_kept_with_their_task(self, opened: Opener) -> None:
        """Each of them whole, in order, through a restart; other tasks have none. They are no progress."""
        journal, task, other = opened(), new_task(), new_task(1)
        journal.keep_reading(task.task_id, READING)
        journal.keep_reading(task.task_id, READING[1:])
        assert journal.entries == 0
        again = opened()
        assert again.readings(task.task_id) == [READING, READING[1:]]
        assert again.readings(other.task_id) == []

    def test_cursors_are_replaced(self, opened: Opener) -> None:
        """The last one counts, each name has its own."""
        journal = opened()
        assert journal.load("a") is None
        for name, value in (("a", "1"), ("b", "2"), ("a", "3")):
            journal.save(name, value)
        assert (opened().load("a"), opened().load("b")) == ("3", "2")

    @pytest.mark.parametrize(
        "other", [attrs.evolve(NODE, node=to_address(b"\7" * 20)), attrs.evolve(NODE, chain_id=6)]
    )
    def test_the_journal_of_another_node_is_refused(self, opened: Opener, other: Identity) -> None:
        """A key never works with another key's memory, nor with that of another chain."""
        opened().add(new_task())
        with pytest.raises(JournalError, match="belongs to"):
            opened(other)
        assert opened().active() == [new_task()]

    def test_a_later_schema_is_refused(self, opened: Opener) -> None:
        """What a later package wrote is not touched."""
        opened()
        mark(opened.database(), 99)
        with pytest.raises(JournalError, match="schema 99"):
            opened()

    def test_an_older_journal_is_brought_up_to_date(self, opened: Opener) -> None:
        """What it holds stays, what is new has its place, and it is done once."""
        task = new_task()
        opened().add(task)
        mark(opened.database(), 1, "DROP TABLE readings")
        told: list[Literal["before", "after"]] = []
        newer = opened(probe=told.append)
        assert told == ["before", "after"]
        newer.keep_reading(task.task_id, READING)
        newest = opened(probe=pytest.fail)
        assert (newest.active(), newest.readings(task.task_id)) == ([task], [READING])
        assert opened.database().version() == SCHEMA_VERSION

    def test_an_older_journal_of_somebody_else_stays_as_it_is(self, opened: Opener) -> None:
        """It is refused before anything is written to it."""
        opened()
        mark(opened.database(), 1, "DROP TABLE readings")
        with pytest.raises(JournalError, match="belongs to"):
            opened(attrs.evolve(NODE, chain_id=6), probe=pytest.fail)
        assert opened.database().version() == 1

    def test_the_probe_is_told_around_each_write(self, opened: Opener) -> None:
        """What a test of crashes hangs on to: both sides of every write, and none of a read."""
        told: list[Literal["before", "after"]] = []
        journal = opened(probe=told.append)
        told.clear()
        journal.add(new_task())
        journal.active()
        assert told == ["before", "after"]

    def test_what_fails_inside_is_undone(self, opened: Opener) -> None:
        """A transaction is left whole or not at all, and the next one finds nothing of it."""
        opened().save("a", "before")
        database = opened.database()

        def fail() -> None:
            with database.write() as execute:
                assert execute("UPDATE cursors SET value = ? WHERE name = ?", "within", "a") == 1
                raise KeyError

        with pytest.raises(KeyError):
            fail()
        assert database.read("SELECT value FROM cursors WHERE name = ?", "a") == [("before",)]

    def test_closing_twice_is_closing(self, opened: Opener) -> None:
        """And nothing is read afterwards."""
        journal = opened()
        journal.close()
        journal.close()
        with pytest.raises(JournalError):
            journal.active()


def mark(database: Database, version: int, *statements: str) -> None:
    """Make of the tables those of another version, behind the journal's back."""
    with database.write() as execute:
        for statement in statements:
            execute(statement)
        execute(database.marking(version))
