"""The audit: what it makes of answers, of silence, of exceptions and of pins."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import audit
import pytest

TODAY = dt.date(2026, 11, 22)

EXCEPTION = """
[[exception]]
id = "GHSA-1"
reason = "only on Windows"
expires = 2026-11-22
"""


def saying(answer: Any, complaint: str = "") -> audit.Run:
    """A command that prints this."""
    return lambda _command, _folder: (json.dumps(answer), complaint)


def test_an_advisory_fails_until_it_is_excepted() -> None:
    """Under any of its names, to the end of the exception's last day."""
    flaw = {"id": "PYSEC-1", "aliases": ["GHSA-1"]}
    answer = {"dependencies": [{"name": "x", "version": "1", "vulns": [flaw]}]}
    (_, found) = audit.python_packages(saying(answer), {})
    assert found.wrong
    assert "x 1 has GHSA-1, PYSEC-1; update it" in found.text
    held, told = audit.exceptions(EXCEPTION, TODAY)
    assert told == []
    (_, found) = audit.python_packages(saying(answer), held)
    assert not found.wrong
    held, told = audit.exceptions(EXCEPTION, TODAY + dt.timedelta(days=1))
    assert held == {}
    assert [each.wrong for each in told] == [True]


def test_a_service_that_cannot_be_asked_is_no_clean_bill() -> None:
    """It is said, with the reason, and counts as not asked."""
    silent = saying(None, "Traceback\n  …\nConnectionError: no route\n")
    for part in (audit.python_packages, audit.node_packages):
        found = list(part(silent, {}))
        assert found
        for each in found:
            assert "NOT audited" in each.text
            assert each.text.endswith("ConnectionError: no route")
            assert not each.asked
    answer = {"dependencies": [{"name": "x", "skip_reason": "not found"}]}
    assert [each.asked for each in audit.python_packages(saying(answer), {})] == [False, True]


def test_advisories_of_npm() -> None:
    """By the last part of their address; what a package has through another is told there."""
    via = [{"url": "https://github.com/advisories/GHSA-2"}, "another"]
    found = list(audit.node_packages(saying({"vulnerabilities": {"y": {"via": via}}}), {}))
    assert any(each.wrong and "GHSA-2" in each.text for each in found)


@pytest.mark.parametrize("version", ["^1.2.3", "*", "latest", "1.x", "git+https://x.example/y"])
def test_versions_that_are_no_pins(tmp_path: Path, version: str) -> None:
    """Only an exact version is one."""
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": {"x": version, "y": "1.2.3"}}))
    (found,) = audit.pins(tmp_path)
    assert found.wrong


def test_a_lock_without_hashes(tmp_path: Path) -> None:
    """Each entry comes from the registry, with the hash of what came."""
    (tmp_path / "package.json").write_text("{}")
    good = {"resolved": "https://registry.npmjs.org/x/-/x-1.tgz", "integrity": "sha512-x"}
    bad = [{**good, "resolved": "https://x.example/x.tgz"}, {"resolved": good["resolved"]}]
    lock = {"packages": {"": {}, "x": good, **{f"bad{i}": each for i, each in enumerate(bad)}}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    assert [each.wrong for each in audit.pins(tmp_path)] == [True, True]


def test_this_projects_own_pins() -> None:
    """Exact and hashed, and no exception has run out."""
    for name in audit.NODE_PACKAGES:
        assert list(audit.pins(audit.ROOT / name)) == []
    _, told = audit.exceptions(audit.EXCEPTIONS.read_text(), dt.datetime.now(dt.UTC).date())
    assert told == []
