"""What the doctor says: a rule, the place where a program breaks it, and how bad that is."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import attrs

if TYPE_CHECKING:
    from chainboy.doctor.code import Code


class Severity(Enum):
    """How bad a finding is."""

    ERROR = "error"
    """The program fails, or nodes cannot agree on it."""
    WARNING = "warning"
    """The result may differ where the program runs in another runtime, or surprise its author."""


class Hit(NamedTuple):
    """A place that breaks a rule: the part of the program, what stands there, and what to do there."""

    node: ast.AST
    subject: str
    advice: str = ""
    """Instead of the rule's own."""


Find = Callable[["Code"], Iterator[Hit]]
"""Looks for the places in a program that break one rule; reads, and changes nothing."""


@attrs.frozen(kw_only=True)
class Rule:
    """One rule; ``why`` and ``advice`` follow the subject of a finding in its sentence."""

    id: str
    severity: Severity | None
    """In the WebAssembly runtime; None where the rule does not hold there."""
    elsewhere: Severity | None
    """In any other runtime; None where the rule does not hold there."""
    subject: str
    """What the rule is about, for the reference."""
    why: str
    advice: str
    find: Find = attrs.field(repr=False, eq=False)

    def severity_in(self, runtime: str) -> Severity | None:
        """How bad it is to break the rule in ``runtime``; None if it does not hold there."""
        return self.severity if runtime.startswith("cpython-wasm:") else self.elsewhere


@attrs.frozen(order=True)
class Finding:
    """One broken rule at one place; lines count from 1, columns from 0."""

    line: int
    column: int
    rule: str
    severity: Severity = attrs.field(order=False)
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.severity.value} [{self.rule}] {self.message}"


def found(rule: Rule, severity: Severity, hit: Hit) -> Finding:
    """The finding for a hit of ``rule``."""
    line, column = getattr(hit.node, "lineno", 1), getattr(hit.node, "col_offset", 0)
    return Finding(line, column, rule.id, severity, f"{hit.subject} {rule.why}; {hit.advice or rule.advice}")


def nothing(_code: Code) -> Iterator[Hit]:
    """Finds nothing: for rules that are looked after before there is a syntax tree."""
    return iter(())
