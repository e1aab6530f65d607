"""Comments that allow what a rule forbids: ``# chainboy: allow clock, files`` at the end of its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from chainboy.doctor.finding import Finding, Severity
from chainboy.doctor.rules import RULES

_COMMENT = re.compile(r"#[ \t]*chainboy:[ \t]*allow[ \t]+([A-Za-z0-9_, \t-]+)")
_ALWAYS = frozenset({"metadata", "syntax", "unknown-allowance"})
"""Rules that nothing allows to break."""


def allowances(text: str) -> Mapping[int, frozenset[str]]:
    """The names allowed on each line that has such a comment."""
    return {
        number: frozenset(re.split(r"[ \t,]+", match[1].strip(" \t,")))
        for number, line in enumerate(text.split("\n"), start=1)
        if (match := _COMMENT.search(line))
    }


def forbidden(findings: Iterable[Finding], text: str) -> Iterator[Finding]:
    """The findings that no comment allows, and one for each comment that names no rule."""
    allowed = allowances(text)
    for finding in findings:
        if finding.rule in _ALWAYS or finding.rule not in allowed.get(finding.line, ()):
            yield finding
    rule = RULES["unknown-allowance"]
    for line, names in allowed.items():
        for name in sorted(names - (RULES.keys() - _ALWAYS)):
            yield Finding(line, 0, rule.id, Severity.WARNING, f"{name!r} {rule.why}; {rule.advice}")
