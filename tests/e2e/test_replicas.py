"""Two replicas of one node on a real PostgreSQL: whatever happens to either, each thing is done once.

Rule: protocol, section 12, invariant 7.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from node_record import TRANSACTIONS, check_task, sent_by_node
from postgres_proxy import network
from postgres_server import PostgresServer
from replica_pair import LEASE, Pair, pair

from chainboy.units import TaskId

pytestmark = [pytest.mark.chain, pytest.mark.xdist_group("postgres")]

COMMITTED = 1
"""Transactions, when the only one that is in a block is the commitment."""

TAKEOVER = 3 * LEASE
"""Seconds within which a lost replica is replaced, on a machine that has much else to do."""


@pytest.fixture
def replicas(postgres: PostgresServer, tmp_path: Path) -> Iterator[Pair]:
    """A world without replicas yet."""
    with pair(tmp_path, postgres.database()) as made:
        yield made


def finish(replicas: Pair, task: TaskId) -> None:
    """Let it be done to its end; then every event and every transaction is there once."""
    node = replicas.world
    replicas.wait(lambda: sent_by_node(node) >= TRANSACTIONS)
    check_task(node, task, 0)
    assert sent_by_node(node) == TRANSACTIONS


def test_the_standby_reveals_what_the_killed_leader_has_committed(replicas: Pair) -> None:
    """It takes over within the lease, knows the outcome from the journal, and brings all to its end."""
    leader, standby = replicas.both()
    task = replicas.world.ask(b"input")
    replicas.wait(lambda: sent_by_node(replicas.world) == COMMITTED)
    os.kill(leader.pid, signal.SIGKILL)
    assert replicas.wait(lambda: standby.acts) < TAKEOVER
    finish(replicas, task)


@pytest.mark.parametrize(("side", "writes"), [("before", (3, 5)), ("after", (5, 8))])
def test_a_frozen_leader_wakes_up_to_nothing(replicas: Pair, side: str, writes: tuple[int, ...]) -> None:
    """Stopped at a journal write, for longer than the lease: the other does it all, and it writes nothing.

    Stopped after the write of a signed transaction it wakes up about to send it: that harms nobody.
    """
    leader, standby = replicas.both()
    for write in writes:
        first, sent = replicas.world.chain.head().number, sent_by_node(replicas.world)
        replicas.freeze_at(write, side)
        task = replicas.world.ask(b"input %d" % write)
        replicas.wait(lambda: replicas.frozen)
        replicas.wait(lambda: standby.acts)  # noqa: B023 - called here
        os.kill(leader.pid, signal.SIGCONT)
        replicas.wait(lambda: leader.stands_by)  # noqa: B023 - called here
        replicas.wait(lambda: sent_by_node(replicas.world) >= sent + TRANSACTIONS)  # noqa: B023
        check_task(replicas.world, task, first)
        assert sent_by_node(replicas.world) == sent + TRANSACTIONS
        leader, standby = standby, leader


def test_a_database_that_is_restarted_is_waited_for(replicas: Pair, postgres: PostgresServer) -> None:
    """It drops everything in the middle of a task: both pause, say so once each, and one goes on."""
    both = replicas.both()
    task = replicas.world.ask(b"input")
    replicas.wait(lambda: sent_by_node(replicas.world) == COMMITTED)
    postgres.stop(signal.SIGQUIT)
    try:
        replicas.wait(lambda: all(each.told[-1] == "pauses" for each in both))
    finally:
        postgres.start()
    replicas.wait(lambda: sorted(each.told[-1] for each in both) == ["acts", "stands by"])
    finish(replicas, task)
    assert "Traceback" not in both[0].log + both[1].log


def test_a_leader_without_a_network_is_replaced(replicas: Pair, postgres: PostgresServer) -> None:
    """Bytes go to the database and none come back: it acts no longer than its lease, and waits its turn."""
    url = replicas.config.with_name("journal-url").read_text()
    with network(postgres.port) as between:
        behind = replicas.config.with_name("behind.toml")
        behind.write_text(replicas.config.read_text().replace("journal-url", "journal-behind"))
        far = url.replace(f":{postgres.port}/", f":{between.port}/")
        replicas.config.with_name("journal-behind").write_text(far)
        leader, standby = replicas.both(behind)
        task = replicas.world.ask(b"input")
        replicas.wait(lambda: sent_by_node(replicas.world) == COMMITTED)
        between.open.clear()
        replicas.wait(lambda: "does not act" in leader.told)
        replicas.wait(lambda: standby.acts)
        finish(replicas, task)
        between.open.set()
        replicas.wait(lambda: leader.stands_by)
