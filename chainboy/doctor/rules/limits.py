"""Rules on limits of the interpreter that a program may run into."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from chainboy.doctor.code import Code
from chainboy.doctor.finding import Hit, Rule, Severity
from chainboy.doctor.rules.naming import both, imports
from chainboy.doctor.scopes import COMPREHENSIONS, Assigned, Scope

_TEXTS = frozenset({"builtins.str", "builtins.repr", "builtins.int", "builtins.format"})
_HUGE = frozenset({"math.factorial", "math.comb", "math.perm", "math.prod"})
_CAUGHT = frozenset({"builtins.RecursionError", "builtins.MemoryError"})
_BRANCHES = (
    *(ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.Match, ast.BoolOp, ast.Try),
    *COMPREHENSIONS,
)


def _recursions(code: Code) -> Iterator[Hit]:
    branching = {id(part.scope.node) for part in code.parts if isinstance(part.node, _BRANCHES)}
    for part in code.parts:
        scope = part.scope
        while isinstance(scope.node, COMPREHENSIONS) and scope.outer is not None:
            scope = scope.outer
        function = scope.node
        if not isinstance(part.node, ast.Call) or not isinstance(function, ast.FunctionDef):
            continue
        if _calls_itself(part.node.func, function, scope) and id(function) not in branching:
            yield Hit(part.node, f"{function.name} calls itself on every path, which")


def _calls_itself(called: ast.expr, function: ast.FunctionDef, scope: Scope) -> bool:
    if isinstance(called, ast.Name):
        home = scope.home(function.name)
        return called.id == function.name and home is scope.outer
    in_class = scope.outer is not None and isinstance(scope.outer.node, ast.ClassDef)
    if not (in_class and isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name)):
        return False
    first = [each.arg for each in (*function.args.posonlyargs, *function.args.args)][:1]
    return called.attr == function.name and [called.value.id] == first


def _long_texts(code: Code) -> Iterator[Hit]:
    for dotted, call, scope in code.calls():
        if dotted in _TEXTS and len(call.args) == 1 and _may_be_huge(call.args[0], scope):
            yield Hit(call, "the text of this number")
    for part in code.parts:
        node = part.node
        if not isinstance(node, ast.FormattedValue) or node.format_spec is not None:
            continue
        if _may_be_huge(node.value, part.scope):
            yield Hit(node, "the text of this number")


def _may_be_huge(node: ast.expr, scope: Scope) -> bool:
    if isinstance(node, ast.Name):
        meanings = scope.meanings(node.id)
        values = [each.value for each in meanings if isinstance(each, Assigned)]
        return (
            len(values) == len(meanings) == 1
            and not isinstance(values[0], ast.Name)
            and _may_be_huge(values[0], scope)
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.LShift):
        return not _is_small_power(node)
    return isinstance(node, ast.Call) and scope.dotted(node.func) in _HUGE


def _is_small_power(node: ast.BinOp) -> bool:
    """A shift or power that is written out and surely within the limit, or of floats."""
    base, exponent = node.left, node.right
    if isinstance(exponent, ast.Constant) and isinstance(exponent.value, int):
        small_base = not isinstance(base, ast.Constant) or len(str(base.value)) <= _BASE_DIGITS
        return small_base and exponent.value <= _EXPONENT
    return isinstance(exponent, ast.Constant) or (
        isinstance(base, ast.Constant) and isinstance(base.value, float)
    )


_EXPONENT = 256
_BASE_DIGITS = 16
"""Numbers of so many digits to such a power stay below the limit."""


def _caught(code: Code) -> Iterator[Hit]:
    for part in code.parts:
        if not isinstance(part.node, ast.ExceptHandler):
            continue
        kind = part.node.type
        if kind is None:
            yield Hit(part.node, "a bare except")
        for each in kind.elts if isinstance(kind, ast.Tuple) else [kind]:
            dotted = None if each is None else part.scope.dotted(each)
            if dotted in _CAUGHT or dotted == "builtins.BaseException":
                yield Hit(part.node, f"catching {dotted.removeprefix('builtins.')}")


def _finalizers(code: Code) -> Iterator[Hit]:
    for part in code.parts:
        if isinstance(part.node, ast.FunctionDef) and part.node.name == "__del__":
            yield Hit(part.node, "__del__")


RULES = (
    Rule(
        id="endless-recursion",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject="a function that calls itself on every path",
        why="ends in a RecursionError",
        advice="add the case that ends it, or use a loop",
        find=_recursions,
    ),
    Rule(
        id="caught-limit",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="catching `RecursionError`, `MemoryError`, `BaseException` or everything",
        why="lets the depth or memory at which an interpreter gives up decide what happens next",
        advice="catch the errors that your own code raises",
        find=_caught,
    ),
    Rule(
        id="long-integer-text",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="`str`, `repr` or an f-string of a power, shift or factorial",
        why="raises ValueError above 4300 digits",
        advice="return its hash, its last digits by %, or hex(), which has no limit",
        find=_long_texts,
    ),
    Rule(
        id="finalizer",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="`__del__`, `weakref` and `gc`",
        why="depends on when an interpreter frees its objects",
        advice="end things where the program is done with them, with `with` or `finally`",
        find=both(_finalizers, imports("weakref", "gc")),
    ),
)
