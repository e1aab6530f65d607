"""The dashboard and the alert rules ask for metrics that a node tells, and Prometheus can read them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from chainboy.node.machine import Event, State
from chainboy.node.watching.causes import Cause
from chainboy.node.watching.metrics import FIGURES
from chainboy.node.watching.settings import LISTEN

FOLDER = Path(__file__).parents[3] / "examples" / "watching"
KNOWN = {figure.shown: set(figure.labels) for figure in FIGURES}
VALUES = {
    "state": {each.value for each in State},
    "event": {each.value for each in Event},
    "cause": {each.value for each in Cause},
}

RULES = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
BOARD = json.loads((FOLDER / "dashboard.json").read_text())


def queries() -> Iterator[str]:
    """Every query, with a figure in place of what Grafana fills in."""
    yield from (rule["expr"] for rule in RULES)
    for panel in BOARD["panels"]:
        yield from (target["expr"].replace("$__rate_interval", "1m") for target in panel["targets"])


def selectors(node: Any) -> Iterator[Any]:
    """The vector selectors in a parsed query."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
    for name in ("expr", "lhs", "rhs", "vector_selector", "vs"):
        below = getattr(node, name, None)
        if below is not None and not isinstance(below, str):
            yield from selectors(below)
    for argument in getattr(node, "args", None) or []:
        yield from selectors(argument)


@pytest.mark.parametrize("query", list(queries()))
def test_a_query_can_be_answered(query: str) -> None:
    """It parses; its metrics exist, with these labels and these values of them."""
    found = list(selectors(promql_parser.parse(query)))
    named = set(re.findall(r"\b(?:chainboy_\w+|up)\b", re.sub(r"\{[^}]*\}", "", query)))
    assert {selector.name for selector in found} == named
    for selector in found:
        labels = KNOWN["chainboy_rounds_total"] if selector.name == "up" else KNOWN[selector.name]
        for matcher in selector.matchers.matchers:
            assert matcher.name in labels | {"instance", "job"}
            if matcher.name in VALUES:
                assert set(matcher.value.split("|")) <= VALUES[matcher.name]


def test_labels_in_groups_and_titles_exist() -> None:
    """What is grouped by, or put into a sentence, is a label of some metric."""
    labels = set.union(*KNOWN.values()) | {"instance"}
    text = "".join((FOLDER / name).read_text() for name in ("alerts.yml", "dashboard.json"))
    used = set(re.findall(r"\{\{(?: \$labels\.)?(\w+)(?: )?\}\}", text)) | set(
        re.findall(r"by \((\w+)\)", text)
    )
    assert used <= labels


def test_every_alert_tells_what_to_do() -> None:
    """And how urgent it is, under a name of its own."""
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert set(rule["annotations"]) == {"summary", "action"}
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_the_dashboard_shows_everything_that_counts() -> None:
    """No two panels overlap or share a number; what it leaves out is told by others."""
    places = [
        (panel["gridPos"]["x"] + dx, panel["gridPos"]["y"] + dy)
        for panel in BOARD["panels"]
        for dx in range(panel["gridPos"]["w"])
        for dy in range(panel["gridPos"]["h"])
    ]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    unseen = {name for name in KNOWN if not any(name in query for query in queries())}
    assert unseen == {"chainboy_chain_head_block", "chainboy_chain_processed_block", "chainboy_stake_weight"}


def test_prometheus_looks_where_a_node_listens() -> None:
    """The sample configuration names the default address and the rules beside it."""
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    host, port = LISTEN
    assert config["scrape_configs"][0]["static_configs"][0]["targets"] == [f"{host}:{port}"]
    assert config["rule_files"] == ["alerts.yml"]
    assert 'up{job="' + config["scrape_configs"][0]["job_name"] in RULES[0]["expr"]
