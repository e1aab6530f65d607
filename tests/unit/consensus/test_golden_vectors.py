"""The golden vectors are what the mirror gives today, and cover what they are meant to."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

VECTORS = Path(__file__).parents[2] / "vectors"


def _writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vector_writer", VECTORS / "write.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WRITER = _writer()


def _cases(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text(encoding="ascii"))
    return cases


@pytest.mark.parametrize("name", sorted(WRITER.WRITERS))
def test_files_are_what_the_mirror_gives(name: str) -> None:
    """No committed vector differs from a fresh one by a byte."""
    assert (VECTORS / f"{name}.json").read_text(encoding="ascii") == WRITER.text_of(name)


def test_no_file_is_left_over() -> None:
    """Every vector file has a writer."""
    assert {path.stem for path in VECTORS.glob("*.json")} == set(WRITER.WRITERS)


def test_tallies_hold_both_endings_and_the_largest_round() -> None:
    """Consensus, no consensus, 256 nodes and unrevealed ballots are among the tallies."""
    cases = _cases("tallies")
    agreed = {case["record"]["agreeing_weight"] != "0" for case in cases}
    assert agreed == {True, False}
    assert max(len(case["ballots"]) for case in cases) == 256
    assert any(case["unrevealed"] != "0" for case in cases)


def test_rewards_hold_the_extremes() -> None:
    """The least and the largest price are among the splits, and every one adds up."""
    cases = _cases("rewards")
    assert {"0", str(2**256 - 1)} <= {case["price"] for case in cases}
    for case in cases:
        parts = [*case["shares"], case["treasury"], case["dust"]]
        assert sum(map(int, parts)) == int(case["price"])


def test_attestations_hold_both_endings() -> None:
    """Enough weight signed in some and not in others; fewer than all of them suffice somewhere."""
    cases = _cases("attestations")
    assert {case["fewest"] is None for case in cases} == {True, False}
    chosen = [(case["fewest"], case["packed"]) for case in cases if case["fewest"]]
    assert any(fewest == packed for fewest, packed in chosen)
    assert any(fewest != packed for fewest, packed in chosen)
