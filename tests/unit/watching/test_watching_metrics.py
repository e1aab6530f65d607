"""What Prometheus is told, as its own parser reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from busy import busy_ledger
from prometheus_client.parser import text_string_to_metric_families

from chainboy.errors import JournalError
from chainboy.node.watching.health import Check, WriteTrial, judge
from chainboy.node.watching.ledger import Ledger
from chainboy.node.watching.metrics import FIGURES, Kind, exposition
from chainboy.node.watching.serving import readiness
from chainboy.units import Address


def parsed(data: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Samples by name and labels."""
    families: Iterable[object] = text_string_to_metric_families(data.decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples  # type: ignore[attr-defined]
    }


def test_every_figure_arrives() -> None:
    """Of a node that has done everything, each metric of the table has a sample, and no other has one."""
    told = parsed(exposition(busy_ledger().snapshot()))
    assert {name for name, _ in told} == {figure.shown for figure in FIGURES}


def test_figures_are_right() -> None:
    """A few of them, with their labels."""
    told = parsed(exposition(busy_ledger().snapshot()))
    assert told["chainboy_task_events_total", (("event", "won"),)] == 2
    assert told["chainboy_tasks", (("state", "delivered"),)] == 1
    assert told["chainboy_abstentions_total", (("cause", "price"),)] == 1
    assert told["chainboy_chain_lag_blocks", (("chain", "siberium"), ("chain_id", "111111"))] == 8
    assert told["chainboy_reward_claimed_wei_total", (("chain_id", "111111"),)] == 3 * 10**18
    assert told["chainboy_agreement_ratio", ()] == pytest.approx(2 / 3)


def test_what_is_not_known_is_not_told() -> None:
    """A node that has just begun has no agreement rate, rather than one of zero."""
    told = parsed(exposition(Ledger(lambda: 0.0).snapshot()))
    names = {name for name, _ in told}
    assert "chainboy_rounds_total" in names
    assert "chainboy_agreement_ratio" not in names
    assert "chainboy_round_timestamp_seconds" not in names


def test_names_keep_prometheus_rules() -> None:
    """One prefix, no name twice, counters alone end in ``_total``, everything is described."""
    names = [figure.shown for figure in FIGURES]
    assert len(set(names)) == len(names)
    for figure in FIGURES:
        assert re.fullmatch(r"chainboy_[a-z_]+", figure.name)
        assert figure.shown.endswith("_total") == (figure.kind is Kind.COUNTER)
        assert figure.about.endswith(".")
        assert figure.unit


def test_readiness_of_a_busy_node() -> None:
    """Nothing is wrong; then time goes by without an answer or a round of work."""
    ledger = busy_ledger()
    snapshot = ledger.snapshot()
    good = judge(snapshot, stale_after=60, sandboxes=1)
    assert [check.fault for check in good] == ["", "", ""]
    assert readiness(good).status == 200
    late = judge(snapshot, stale_after=1, sandboxes=0)
    assert [check.name for check in late if not check.good] == ["rpc", "round", "sandbox"]
    answer = readiness(late)
    assert answer.status == 503
    assert b"siberium" in answer.body


def test_a_node_that_has_just_begun_is_not_ready() -> None:
    """It has done no round of work yet."""
    ledger = Ledger(lambda: 0.0)
    ledger.begin(Address("0x" + "11" * 20), [], [], {})
    ledger.knows(1, "one", 0)
    assert [
        check.name for check in judge(ledger.snapshot(), stale_after=60, sandboxes=1) if not check.good
    ] == [
        "rpc",
        "round",
    ]


def test_the_journal_is_tried_at_most_every_ten_seconds() -> None:
    """And what was found wrong stays until it is tried again."""
    now, tried, broken = 0.0, 0, True

    def write() -> None:
        nonlocal tried
        tried += 1
        if broken:
            raise JournalError("disk full at /secret/path")

    trial = WriteTrial(write, lambda: now)
    assert not trial.check().good
    broken = False
    now = 9.0
    assert trial.check().fault == "the journal cannot be written; free disk space or check its rights"
    now = 10.0
    assert trial.check() == Check(name="journal")
    assert tried == 2
