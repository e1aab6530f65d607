"""A session over a network that is cut, or takes all bytes and brings none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from postgres_proxy import Network, network
from postgres_server import PostgresServer

from chainboy.errors import JournalUnavailable
from chainboy.node.replicas.lease import PostgresLease
from chainboy.node.replicas.server import Server
from chainboy.testing.journal_conformance import NODE

pytestmark = pytest.mark.xdist_group("postgres")

PATIENCE = 1.0


@pytest.fixture
def between(postgres: PostgresServer) -> Iterator[Network]:
    """A way to the server."""
    with network(postgres.port) as made:
        yield made


@pytest.fixture
def lease(postgres: PostgresServer, between: Network) -> Iterator[PostgresLease]:
    """A lease that is asked for over it."""
    url = postgres.database().replace(f":{postgres.port}/", f":{between.port}/")
    made = PostgresLease(Server(url, patience=PATIENCE), NODE, owner="far", seconds=3_600)
    with closing(made):
        yield made


def test_no_answer_is_told_in_time(lease: PostgresLease, between: Network) -> None:
    """Neither the server's timeouts nor TCP's see it; the next question goes over a new connection."""
    grant = lease.take()
    assert grant is not None
    between.open.clear()
    began = time.monotonic()
    with pytest.raises(JournalUnavailable, match="no answer came in time"):
        lease.renew(grant)
    assert PATIENCE < time.monotonic() - began < 10 * PATIENCE
    with pytest.raises(JournalUnavailable, match="timeout"):
        lease.renew(grant)
    between.open.set()
    assert lease.renew(grant).token == grant.token


def test_a_cut_connection_is_told_and_replaced(lease: PostgresLease, between: Network) -> None:
    """At once."""
    grant = lease.take()
    assert grant is not None
    between.cut()
    with pytest.raises(JournalUnavailable):
        lease.renew(grant)
    assert lease.renew(grant).token == grant.token
