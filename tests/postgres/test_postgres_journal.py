"""A journal in PostgreSQL: the suite of all journals, and what the lease adds to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial

import psycopg
import pytest
from postgres_server import PASSWORD, PostgresServer

from chainboy.errors import JournalError, JournalUnavailable, LeaseLost
from chainboy.node.journal import Journal
from chainboy.node.replicas.database import PostgresDatabase
from chainboy.node.replicas.lease import Grant, PostgresLease
from chainboy.node.replicas.server import Server
from chainboy.testing.journal_conformance import NODE, JournalConformance, Open, new_task

pytestmark = pytest.mark.xdist_group("postgres")

PATIENCE = 1.0
LONG = 3_600.0
"""Seconds of a lease that no test outlives."""


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    """A database of its own."""
    return postgres.database()


@pytest.fixture
def server(url: str) -> Server:
    """The server, as a replica knows it."""
    return Server(url, patience=PATIENCE)


class Rivals:
    """Replicas that ask for one lease."""

    def __init__(self, server: Server, stack: ExitStack) -> None:
        self._server = server
        self._stack = stack

    def __call__(self, owner: str, seconds: float = LONG) -> PostgresLease:
        """One of them."""
        made = PostgresLease(self._server, NODE, owner=owner, seconds=seconds)
        return self._stack.enter_context(closing(made))

    def granted(self, owner: str, seconds: float = LONG) -> tuple[PostgresLease, Grant]:
        """One of them, with the lease."""
        lease = self(owner, seconds)
        grant = lease.take()
        assert grant is not None
        return lease, grant

    def database(self, grant: Grant) -> PostgresDatabase:
        """The rows, as the holder of the grant has them."""
        return self._stack.enter_context(closing(PostgresDatabase(self._server, token=grant.token)))


@pytest.fixture
def rivals(server: Server) -> Iterator[Rivals]:
    """They let go at the end."""
    with ExitStack() as stack:
        yield Rivals(server, stack)


class TestPostgresJournal(JournalConformance):
    """A database that is empty at first, under a lease that nobody contests."""

    @pytest.fixture
    def open_database(self, server: Server, rivals: Rivals) -> Open:
        """Opens the database by its token."""
        _, grant = rivals.granted("alone")
        return partial(PostgresDatabase, server, token=grant.token)


def test_one_of_many_gets_the_lease(rivals: Rivals) -> None:
    """Eight ask at the same time, when there is not even a table yet."""
    leases, start = [rivals(f"replica {number}") for number in range(8)], threading.Barrier(8)
    grants: list[Grant | None] = []

    def ask(lease: PostgresLease) -> None:
        start.wait()
        grants.append(lease.take())

    threads = [threading.Thread(target=ask, args=(lease,)) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(grants) == len(leases)
    assert [grant.token for grant in grants if grant is not None] == [1]


def test_a_lease_goes_on_by_renewal_and_ends_by_release(rivals: Rivals) -> None:
    """Nobody else gets it in between; its holder may ask again; tokens only rise."""
    first, grant = rivals.granted("first")
    second = rivals("second")
    assert second.take() is None
    assert second.holder() == "first"
    assert first.renew(grant).until > grant.until
    again = first.take()
    assert again is not None
    assert again.token == grant.token + 1
    with pytest.raises(LeaseLost):
        first.renew(grant)
    first.release(again)
    assert second.holder() == ""
    taken = second.take()
    assert taken is not None
    assert taken.token == again.token + 1


def test_a_lease_that_has_run_out_is_anybodys(rivals: Rivals) -> None:
    """By the server's clock; its last holder cannot renew it, even while nobody has taken it."""
    first, grant = rivals.granted("first", 0.2)
    second = rivals("second")
    time.sleep(0.3)
    with pytest.raises(LeaseLost):
        first.renew(grant)
    assert second.take() is not None


def test_the_lease_belongs_to_a_node(server: Server, rivals: Rivals) -> None:
    """Another node is told before it waits for a lease that can never be its own."""
    rivals.granted("first")
    other = PostgresLease(server, type(NODE)(chain_id=6, hub=NODE.hub, node=NODE.node), owner="b", seconds=1)
    with closing(other), pytest.raises(JournalError, match="belongs to"):
        other.take()


def test_who_has_lost_the_lease_writes_nothing(rivals: Rivals) -> None:
    """Neither after it is over, nor after another has taken it; and nothing more is read, to act upon."""
    first, grant = rivals.granted("first")
    journal = Journal(rivals.database(grant), NODE)
    journal.add(new_task())
    first.release(grant)
    with pytest.raises(LeaseLost, match="not held"):
        journal.add(new_task(1))
    _, newer = rivals.granted("second")
    with pytest.raises(LeaseLost):
        Journal(rivals.database(grant), NODE).save("a", "1")
    with pytest.raises(JournalUnavailable):
        journal.active()
    assert Journal(rivals.database(newer), NODE).active() == [new_task()]


def test_nobody_takes_over_in_the_middle_of_a_write(url: str) -> None:
    """The lease has run out, but what was begun under it ends first: the next one sees it."""
    taken: list[Grant | None] = []
    with ExitStack() as stack:
        rivals = Rivals(Server(url, patience=30), stack)
        _, grant = rivals.granted("first", 2.0)
        second, database = rivals("second"), rivals.database(grant)
        assert second.take() is None
        thread = threading.Thread(target=lambda: taken.append(second.take()))
        with database.write() as execute:
            execute("CREATE TABLE kept AS SELECT 1 AS value")
            time.sleep(2.1)
            thread.start()
            time.sleep(0.2)
            assert taken == []
        thread.join()
        assert taken[0] is not None
        assert rivals.database(taken[0]).read("SELECT value FROM kept") == [(1,)]


def test_a_write_that_stands_still_is_ended_by_the_server(rivals: Rivals) -> None:
    """A replica frozen inside a transaction keeps the others waiting no longer than one patience."""
    _, grant = rivals.granted("first", 3 * PATIENCE)
    database = rivals.database(grant)
    second = rivals("second")

    def stand_still() -> None:
        with database.write():
            time.sleep(3 * PATIENCE + 0.5)
            assert second.take() is not None

    with pytest.raises(JournalUnavailable):
        stand_still()
    assert second.holder() == "second"


def test_a_server_that_is_busy_is_waited_for_a_while_only(rivals: Rivals, url: str) -> None:
    """Somebody else locks the tables: a statement ends with its time, and the journal is opened anew."""
    _, grant = rivals.granted("first")
    journal = Journal(rivals.database(grant), NODE)
    with closing(psycopg.connect(url)) as other:
        other.execute("LOCK TABLE tasks")
        began = time.monotonic()
        with pytest.raises(JournalUnavailable, match="timeout"):
            journal.active()
        assert time.monotonic() - began < 3 * PATIENCE
    with pytest.raises(JournalUnavailable):
        journal.active()
    assert Journal(rivals.database(grant), NODE).active() == []


def test_a_session_that_is_ended_is_told_and_replaced(rivals: Rivals, url: str) -> None:
    """The journal says so and is opened anew; the lease goes on with a session of its own."""
    first, grant = rivals.granted("first")
    journal = Journal(rivals.database(grant), NODE)
    with closing(psycopg.connect(url, autocommit=True)) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(JournalUnavailable):
        journal.add(new_task())
    with pytest.raises(JournalUnavailable):
        first.renew(grant)
    assert first.renew(grant).token == grant.token
    assert Journal(rivals.database(grant), NODE).add(new_task())


def test_what_is_written_is_on_the_disk(rivals: Rivals) -> None:
    """Whatever the server's usual way is, a commit waits for it."""
    _, grant = rivals.granted("first")
    assert rivals.database(grant).read("SHOW synchronous_commit") == [("on",)]


@pytest.mark.parametrize("change", [(PASSWORD, "wrong-secret"), ("/journal", "/no_journal")])
def test_what_cannot_be_opened_is_told_without_the_password(url: str, change: tuple[str, str]) -> None:
    """A wrong password or database may be mended while the replica waits."""
    with pytest.raises(JournalUnavailable, match="cannot be used now") as told:
        Server(url.replace(*change), patience=PATIENCE).connect()
    assert PASSWORD not in str(told.value)
    assert "wrong-secret" not in str(told.value)


def test_a_user_without_rights_is_told_what_is_missing(url: str) -> None:
    """It is no fault that passes by itself."""
    with closing(psycopg.connect(url, autocommit=True)) as other:
        other.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    poor = PostgresLease(
        Server(url.replace("operator", "guest").replace(PASSWORD, "guest"), patience=PATIENCE),
        NODE,
        owner="guest",
        seconds=LONG,
    )
    with closing(poor), pytest.raises(JournalError, match="right to make tables") as told:
        poor.take()
    assert not isinstance(told.value, JournalUnavailable)


def test_a_database_without_an_encoding_is_as_good(url: str) -> None:
    """What a server that was made in the C locale calls SQL_ASCII: texts are texts there, too."""
    name = "plain_journal"
    with closing(psycopg.connect(url, autocommit=True)) as other:
        other.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'".encode())
    server = Server(f"{url.rpartition('/')[0]}/{name}", patience=PATIENCE)
    with ExitStack() as stack:
        rivals = Rivals(server, stack)
        _, grant = rivals.granted("naïve")
        assert rivals("second").take() is None
        assert rivals("second").holder() == "naïve"
        journal, task = Journal(rivals.database(grant), NODE), new_task()
        assert journal.add(task)
        assert journal.active() == [task]
