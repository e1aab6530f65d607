"""What a replica shows that only waits for its turn."""

from __future__ import annotations

import json

import attrs
from busy import busy_ledger

from chainboy.node.replicas.watching import ReplicaSite
from chainboy.node.watching.health import Check
from chainboy.node.watching.metrics import exposition
from chainboy.node.watching.page import page
from chainboy.node.watching.settings import WatchSettings

FAULT = "the journal a on b:1 cannot be used now: gone"


def replica(fault: str = "") -> ReplicaSite:
    """The site of a replica that stands by."""
    return ReplicaSite(WatchSettings(), lambda: [Check(name="journal", fault=fault)])


def test_a_standby_is_healthy_and_says_what_it_is() -> None:
    """Ready to take over is ready."""
    pages = replica().pages
    assert pages["/healthz"]().body == b"standby\n"
    ready = pages["/readyz"]()
    assert ready.status == 200
    assert json.loads(ready.body) == {"role": "standby", "journal": "ok"}
    assert b"Standing by" in pages["/"]().body


def test_a_standby_without_its_database_is_not_ready() -> None:
    """It could not take over; it still lives."""
    pages = replica(FAULT).pages
    ready = pages["/readyz"]()
    assert ready.status == 503
    assert json.loads(ready.body)["journal"] == FAULT
    assert pages["/healthz"]().status == 200
    shown = pages["/"]().body
    assert b"Not ready" in shown
    assert b"gone" in shown


def test_a_standby_has_no_figures_of_tasks() -> None:
    """Alerts on a seat or on rounds of work must not go off for it."""
    told = replica().pages["/metrics"]().body.decode()
    figures = {line.split()[0] for line in told.splitlines() if not line.startswith("#")}
    assert figures == {"chainboy_standby", "chainboy_standby_ready", "chainboy_start_timestamp_seconds"}
    assert "chainboy_standby 1.0" in told
    assert "chainboy_standby_ready 1.0" in told
    assert "chainboy_standby_ready 0.0" in replica(FAULT).pages["/metrics"]().body.decode()


def test_who_acts_is_no_standby() -> None:
    """A node's own page and figures are as they were, and say so."""
    snapshot = busy_ledger().snapshot()
    assert b"chainboy_standby 0.0" in exposition(snapshot)
    assert b"chainboy_standby_ready 1.0" in exposition(snapshot)
    assert b"Standing by" not in page(snapshot, [])
    assert b"Standing by" in page(attrs.evolve(snapshot, standby=True), [])
