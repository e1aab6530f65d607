"""What tests of nodes on several chains begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from abroad import A, World
from mirrored import DEPLOYMENT, HOME_ID

from chainboy.node.journal import Journal
from chainboy.node.rows import Identity


@pytest.fixture
def world() -> World:
    """Nothing was asked yet."""
    return World()


@pytest.fixture
def journal() -> Iterator[Journal]:
    """An empty journal of A's."""
    made = Journal(":memory:", Identity(chain_id=HOME_ID, hub=DEPLOYMENT.hub, node=A))
    yield made
    made.close()
