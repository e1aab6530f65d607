"""Rules on floats: which of their operations are the same everywhere, and that no result is one."""

# ruff: noqa: SIM905 (word lists read better)

from __future__ import annotations

import ast
from collections.abc import Iterator

from chainboy.doctor.code import Code
from chainboy.doctor.finding import Hit, Rule, Severity
from chainboy.doctor.rules.naming import uses
from chainboy.doctor.rules.returning import results
from chainboy.doctor.scopes import Scope

TRANSCENDENTAL = tuple(
    "acos acosh asin asinh atan atan2 atanh cbrt cos cosh erf erfc exp exp2 expm1 gamma lgamma log log10 "
    "log1p log2 pow sin sinh tan tanh".split()
)
"""What :mod:`math` leaves to the C library."""
_DRAWS = (
    "gauss normalvariate lognormvariate expovariate vonmisesvariate gammavariate betavariate paretovariate "
    "weibullvariate"
).split()
_STATISTICS = tuple(f"statistics.{name}" for name in ("geometric_mean", "NormalDist", "kde", "kde_random"))


def _powers(code: Code) -> Iterator[Hit]:
    for part in code.parts:
        if isinstance(part.node, ast.BinOp | ast.AugAssign) and isinstance(part.node.op, ast.Pow):
            node = part.node
            base, power = (
                (node.left, node.right) if isinstance(node, ast.BinOp) else (node.target, node.value)
            )
            if _is_float(base, part.scope) or _is_float(power, part.scope):
                yield Hit(node, "a power of floats")


def _float_results(code: Code) -> Iterator[Hit]:
    for value, scope in results(code):
        if _is_float(value, scope):
            yield Hit(value, "this result")


def _is_float(node: ast.expr, scope: Scope) -> bool:
    """An expression that is a float whatever its parts are, so long as these are numbers."""
    while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        node = node.operand
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.BinOp):
        # Not of calls: those may make numbers whose quotients are no floats.
        sides = (node.left, node.right)
        plain = all(isinstance(side, ast.Constant | ast.Name) for side in sides)
        return isinstance(node.op, ast.Div) and plain
    return isinstance(node, ast.Call) and scope.dotted(node.func) in ("builtins.float", "math.sqrt")


RULES = (
    Rule(
        id="float-function",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="`math.sin`, `exp`, `log` and all else that the C library computes; `cmath`; `random.gauss`",
        why="may differ in its last digits between runtimes; only + - * / and sqrt never do",
        advice="use integers or decimal, or round the result well before its last digits",
        find=uses(
            *(f"math.{name}" for name in TRANSCENDENTAL),
            *(f"random.{name}" for name in _DRAWS),
            *_STATISTICS,
            "cmath.*",
        ),
    ),
    Rule(
        id="float-power",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="`**` with a float",
        why="may differ in its last digits between runtimes",
        advice="multiply, use math.sqrt for ** 0.5, or use decimal",
        find=_powers,
    ),
    Rule(
        id="float-result",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject="a float that `main` returns",
        why="is a float, which no ABI type holds: the outcome is an OutputError",
        advice="divide with //, or return an integer of a smaller unit",
        find=_float_results,
    ),
)
