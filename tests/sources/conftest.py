"""What the tests of sources share: an odd server, and a way to ask it."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest
from odd_server import OddServer
from source_world import READER, Ask, read

from chainboy.sources import Entry


@pytest.fixture
def server() -> Iterator[OddServer]:
    """A server of the test's own."""
    with OddServer("127.0.0.1").running() as running:
        yield running


@pytest.fixture
def ask(server: OddServer) -> Ask:
    """Ask the server's path ``/x``, with some of the reader's limits changed."""

    def once(**limits: float) -> Entry:
        reader = attrs.evolve(READER, limits=attrs.evolve(READER.limits, **limits))
        (entry,) = read(reader, x=f"{server.url}/x").transcript
        return entry

    return once
