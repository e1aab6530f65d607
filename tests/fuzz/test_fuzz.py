"""A short run of every target: what long runs kept, and mutations of it, the same on every machine."""

from __future__ import annotations

import itertools
import json
import time

import pytest
from fuzz import kept
from fuzz.mutate import mutations
from fuzz.targets import TARGETS

SLOWEST = 5.0
"""Seconds of CPU after which one input is said to hang."""

LEAST_RECORDED = 600
"""Seconds of CPU that the recorded long runs took together."""


@pytest.mark.parametrize("name", TARGETS)
def test_short_run(name: str) -> None:
    """No crash, no hang, no wrong acceptance; and the oracle does see inputs that are accepted."""
    target = TARGETS[name]
    seeds = (*target.seeds, *kept.load(name))
    inputs = (*seeds, *itertools.islice(mutations(seeds, target.tokens, number=1), target.tries))
    accepted = 0
    for data in inputs:
        began = time.process_time()
        try:
            accepted += target.check(data)
        except Exception as error:
            error.add_note(f"the input was {data!r}")
            raise
        assert time.process_time() - began < SLOWEST, data
    assert 0 < accepted < len(inputs)


def test_the_long_run_is_recorded() -> None:
    """Every target took part and found nothing that is still there."""
    record = json.loads(kept.RECORD.read_text())
    assert set(record) == set(TARGETS)
    assert sum(each["findings"] for each in record.values()) == 0
    assert sum(each["cpu_seconds"] for each in record.values()) >= LEAST_RECORDED
