"""Two replicas whose chain's endpoints fail, on a real PostgreSQL: who has a good one acts, one at a time.

Rule: protocol, section 12, invariant 7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from http_chain import down
from node_record import TRANSACTIONS, check_task, sent_by_node
from postgres_server import PostgresServer
from proxies import Proxy, dead, proxies, reading
from replica_pair import LEASE, Pair, pair

pytestmark = [pytest.mark.chain, pytest.mark.xdist_group("postgres")]

COMMITTED = 1
"""Transactions, when the only one that is in a block is the commitment."""

TURNS = 3
"""Of both replicas together, without any endpoint."""


@pytest.fixture
def replicas(postgres: PostgresServer, tmp_path: Path) -> Iterator[Pair]:
    """A world without replicas yet."""
    with pair(tmp_path, postgres.database()) as made:
        yield made


@pytest.fixture
def proxy(replicas: Pair) -> Iterator[Proxy]:
    """An endpoint of the same chain, for one of them alone."""
    with proxies(replicas.http.url, 1) as (made,):
        yield made


def behind(replicas: Pair, proxy: Proxy) -> Path:
    """The configuration of a replica with an endpoint of its own."""
    path = replicas.config.with_name("behind.toml")
    path.write_text(replicas.config.read_text().replace(replicas.http.url, proxy.url))
    return path


def token(replicas: Pair) -> int:
    """How often the lease was given away."""
    with psycopg.connect(replicas.config.with_name("journal-url").read_text().strip()) as connection:
        row = connection.execute("SELECT token FROM lease").fetchone()
    return int(row[0]) if row else 0


def test_a_leader_without_its_endpoint_is_replaced(replicas: Pair, proxy: Proxy) -> None:
    """The other one, whose endpoint is well, reveals what it has committed; then it stands by."""
    leader, standby = replicas.both(behind(replicas, proxy))
    task = replicas.world.ask(b"input")
    replicas.wait(lambda: sent_by_node(replicas.world) == COMMITTED)
    proxy.fault = dead
    replicas.wait(lambda: "stands aside" in leader.told)
    assert re.search(r"stands aside for 6 s: no round of work has reached its tasks for \d+ s: ", leader.log)
    assert replicas.wait(lambda: standby.acts) < LEASE
    replicas.wait(lambda: sent_by_node(replicas.world) >= TRANSACTIONS)
    check_task(replicas.world, task, 0)
    replicas.wait(lambda: leader.stands_by)
    assert sent_by_node(replicas.world) == TRANSACTIONS
    assert standby.acts
    assert token(replicas) == 2


def test_a_leader_whose_endpoint_takes_nothing_is_replaced(replicas: Pair, proxy: Proxy) -> None:
    """It saw all that happened and could do nothing about it; the other one reveals in time."""
    leader, standby = replicas.both(behind(replicas, proxy))
    proxy.fault = reading
    task = replicas.world.ask(b"input")
    replicas.wait(lambda: "stands aside" in leader.told)
    assert re.search(r"aside for 6 s: no transaction has been taken for \d+ s: .* not available", leader.log)
    replicas.wait(lambda: sent_by_node(replicas.world) >= TRANSACTIONS)
    check_task(replicas.world, task, 0)
    assert standby.acts
    assert leader.process.is_alive()


def test_without_any_endpoint_they_take_turns(replicas: Pair) -> None:
    """Neither keeps the lease, neither asks for it all the time; when all is well again one finishes it."""
    both = replicas.both()
    task = replicas.world.ask(b"input")
    replicas.wait(lambda: sent_by_node(replicas.world) == COMMITTED)
    replicas.http.fault = down
    took = replicas.wait(lambda: all("stands aside" in each.told for each in both))
    took += replicas.wait(lambda: token(replicas) >= TURNS)
    assert token(replicas) <= len(both) * (1 + took / (2 * LEASE))
    replicas.http.fault = None
    replicas.wait(lambda: sent_by_node(replicas.world) >= TRANSACTIONS)
    check_task(replicas.world, task, 0)
    assert sent_by_node(replicas.world) == TRANSACTIONS
    logs = "".join(each.log for each in both)
    assert "stands aside for 6 s: the node cannot begin: " in logs
    assert "Traceback" not in logs
