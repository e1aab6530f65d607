"""What a check found: how good it is, what it is about, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

import attrs


class Grade(Enum):
    """How good it is; a node with a FAIL cannot do its work, one with a warning may soon not."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@attrs.frozen
class Finding:
    """One line: what was looked at, what was found, and what to do unless all is well."""

    grade: Grade
    what: str
    found: str
    advice: str = ""


def well(what: str, found: str) -> Finding:
    """All is well with it."""
    return Finding(Grade.OK, what, found)


def doubtful(what: str, found: str, advice: str) -> Finding:
    """The node can work, but somebody should look."""
    return Finding(Grade.WARN, what, found, advice)


def failed(what: str, found: str, advice: str) -> Finding:
    """The node cannot work like this."""
    return Finding(Grade.FAIL, what, found, advice)


def told(error: BaseException) -> tuple[str, str]:
    """What an error says is wrong, and its advice: what follows the sentence's last semicolon."""
    text = " ".join(str(error).split()) or type(error).__name__
    wrong, semicolon, advice = text.rpartition("; ")
    return (wrong, advice) if semicolon else (text, "see what it says")


def to_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """A line each: grade, what, found, and what to do."""
    for each in findings:
        line = f"{each.grade.value:4}  {each.what:9}  {each.found}"
        yield f"{line}  -> {each.advice}" if each.advice else line


def to_table(findings: Iterable[Finding]) -> dict[str, Any]:
    """The findings as JSON; ``ok`` unless one failed."""
    rows = [
        {"grade": each.grade.value, "what": each.what, "found": each.found, "advice": each.advice or None}
        for each in findings
    ]
    return {"ok": all(row["grade"] != Grade.FAIL.value for row in rows), "findings": rows}
