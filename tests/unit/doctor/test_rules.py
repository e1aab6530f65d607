"""Each rule finds what it forbids, on its line, and leaves alone what only looks like it."""

from __future__ import annotations

import pytest
from ailments import AILMENTS, Ailment, program

from chainboy.consensus.outcome import Status
from chainboy.doctor import RULES, Severity, lint
from chainboy.sandbox.protocol import Job
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.units import Fuel

BEFORE_A_TREE = {"metadata", "syntax", "newer-syntax", "unknown-allowance"}
"""Tested where they are found."""


@pytest.fixture(scope="module")
def sandbox() -> WasmSandbox:
    """The runtime whose rules these are."""
    return WasmSandbox()


def test_every_rule_is_tested() -> None:
    """Those of the WebAssembly runtime here, the others below."""
    inside = {rule.id for rule in RULES.values() if rule.severity is not None} - BEFORE_A_TREE
    assert {ailment.rule for ailment in AILMENTS} == inside


@pytest.mark.parametrize("ailment", AILMENTS, ids=str)
def test_what_breaks_a_rule_is_found(ailment: Ailment) -> None:
    """With the line, the rule's severity, and a sentence."""
    findings = [finding for finding in lint(ailment.ill) if finding.rule == ailment.rule]
    assert [finding.line for finding in findings] == [ailment.line]
    assert findings[0].severity is RULES[ailment.rule].severity
    assert "\n" not in findings[0].message


@pytest.mark.parametrize("ailment", AILMENTS, ids=str)
def test_a_near_miss_is_left_alone(ailment: Ailment) -> None:
    """No error at all, and nothing of the rule."""
    findings = lint(ailment.well)
    assert [str(each) for each in findings if each.rule == ailment.rule] == []
    assert [str(each) for each in findings if each.severity is Severity.ERROR] == []


@pytest.mark.parametrize("ailment", AILMENTS, ids=str)
def test_errors_are_errors_and_warnings_are_none(sandbox: WasmSandbox, ailment: Ailment) -> None:
    """In the real runtime what a rule calls an error does not return; all else does, but ``sys.exit``."""
    wrong = RULES[ailment.rule].severity is Severity.ERROR or ailment.rule == "exit"
    for source, fails in ((ailment.ill, wrong), (ailment.well, False)):
        run = sandbox.run(Job(program=source, input=b"", fuel_limit=Fuel(10**10)))
        assert (run.outcome.status is not Status.OK) == fails, run.logs


@pytest.mark.parametrize(
    ("rule", "body", "severity"),
    [
        ("network", "import urllib.request", Severity.ERROR),
        ("network", "import urllib.parse", None),
        ("concurrency", "from concurrent.futures import Executor", Severity.WARNING),
        ("concurrency", "import contextlib", None),
        ("missing-module", "import numpy", None),
        ("missing-name", "import math; math.tau_squared", None),
        ("identity", "id(1)", Severity.ERROR),
        ("clock", "import time; time.time()", Severity.ERROR),
        ("time-function", "import time; time.gmtime(0)", None),
        ("files", "open('/etc/passwd')", Severity.WARNING),
        ("environment", "from os import environ; environ", Severity.ERROR),
    ],
)
def test_rules_of_other_runtimes(rule: str, body: str, severity: Severity | None) -> None:
    """An image has its own modules; there a clock answers, and nodes would not agree."""
    source = program(body).replace(b"cpython-wasm:1", b"docker:python@sha256:" + b"ab" * 32)
    found = {finding.rule: finding.severity for finding in lint(source)}
    assert found.get(rule) is severity
