"""A small surge: every node hears of every request, each is answered, and no node's memory grows."""

from __future__ import annotations

from pathlib import Path

import pytest
from fleet import fleet
from surge import Surge

pytestmark = [pytest.mark.anvil, pytest.mark.xdist_group("load")]

REQUESTS, NODES = 200, 4

MOST_GROWTH = 1.5
"""Of a node's memory between half of the commitments and all: some load the sandbox in between."""


def test_a_surge(tmp_path: Path) -> None:
    """None is missed, none is committed to twice, and commitments come at some multiple of the floor."""
    with fleet(NODES, 1, tmp_path) as made:
        outcome = Surge(made, REQUESTS, block_seconds=0.5, still=60).run(REQUESTS)
        assert [runner.log for runner in made.runners] == [""] * NODES
    assert outcome.requests == REQUESTS
    assert outcome.known == [REQUESTS] * NODES
    assert sorted(outcome.commitments.values()) == [1] * REQUESTS
    assert outcome.skipped == 0
    assert outcome.growth < MOST_GROWTH
    assert outcome.ratio > 1
