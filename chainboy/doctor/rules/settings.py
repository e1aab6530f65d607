"""Rules on what a machine's settings decide: its language and its time zone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from chainboy.doctor.code import Code
from chainboy.doctor.finding import Hit, Rule, Severity
from chainboy.doctor.rules.naming import both, imports, uses
from chainboy.doctor.scopes import Scope

_LOCAL_DATES = re.compile(r"%[aAbBcxXpEO]")
_LOCAL_NUMBER = re.compile(r"[<>=^]?[-+ ]?[0-9,_.]*n")


def _local_layouts(code: Code) -> Iterator[Hit]:
    for part in code.parts:
        node = part.node
        if isinstance(node, ast.FormattedValue):
            layout = "" if node.format_spec is None else _text(node.format_spec)
            local = _LOCAL_NUMBER.fullmatch(layout)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "strftime":
            local = _LOCAL_DATES.search(_text(*node.args))
        else:
            continue
        if local is not None:
            yield Hit(node, f"the format {local[0]}")


def _text(*nodes: ast.expr) -> str:
    """All text that is written out directly in ``nodes``."""
    inside = [part for node in nodes for part in (node.values if isinstance(node, ast.JoinedStr) else [node])]
    return "".join(str(part.value) for part in inside if isinstance(part, ast.Constant))


def _local_times(code: Code) -> Iterator[Hit]:
    for dotted, call, _ in code.calls():
        if dotted == "datetime.datetime.fromtimestamp" and len(call.args) + len(call.keywords) == 1:
            yield Hit(call, "fromtimestamp without a time zone")
        elif dotted == "datetime.date.fromtimestamp":
            yield Hit(call, "date.fromtimestamp")
    for part in code.parts:
        node = part.node
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "astimezone" and not node.args and not node.keywords:
                yield Hit(node, "astimezone without a time zone")
            elif node.func.attr == "timestamp" and _is_naive(node.func.value, part.scope):
                yield Hit(node, "the timestamp of a datetime without a time zone")


def _is_naive(value: ast.expr, scope: Scope) -> bool:
    """``datetime(2026, 1, 1)`` with nothing that names a zone."""
    if not isinstance(value, ast.Call) or scope.dotted(value.func) != "datetime.datetime":
        return False
    named = any(keyword.arg in (None, "tzinfo") for keyword in value.keywords)
    return len(value.args) < _ZONED and not named


_ZONED = 8
"""As many arguments of ``datetime`` by position have its zone among them."""

RULES = (
    Rule(
        id="locale",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="`locale`, the number format `n`, and `%c`, `%x`, `%A`, `%B`, `%p`… of `strftime`",
        why="depends on the machine's language; the WebAssembly runtime knows English alone",
        advice="write digits, and names of your own",
        find=both(imports("locale"), _local_layouts, uses("calendar.LocaleTextCalendar")),
    ),
    Rule(
        id="time-zone",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="`fromtimestamp`, `astimezone` and `timestamp` without a time zone",
        why="depends on where the machine stands; the WebAssembly runtime is at UTC",
        advice="name datetime.timezone.utc",
        find=_local_times,
    ),
)
