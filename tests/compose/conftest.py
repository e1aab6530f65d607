"""What the tests of the compose file share: one stack, gone before others count the engine's containers."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from compose_stack import Stack, missing
from town import Town


@pytest.fixture(scope="module")
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """All services up, with a chain that has the contracts and the node's bond."""
    if lack := missing():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(lack)
    engine = request.getfixturevalue("docker_engine")
    found = Town(lambda key: Stack(engine, tmp_path_factory.mktemp("stack"), key))
    try:
        found.begin()
        yield found
    finally:
        found.stack.down()
