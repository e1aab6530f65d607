"""The rule on sets: their order comes from hashes and means nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from chainboy.doctor.code import Code
from chainboy.doctor.finding import Hit, Rule, Severity
from chainboy.doctor.scopes import Assigned, Binding, Declared, Scope

_MAKERS = frozenset({"builtins.set", "builtins.frozenset"})
_NAMES = frozenset({"set", "frozenset", "Set", "FrozenSet", "AbstractSet", "MutableSet"})
_METHODS = frozenset({"union", "intersection", "difference", "symmetric_difference", "copy"})
_OPERATORS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)
_ORDERED = frozenset(
    f"builtins.{name}" for name in ("list", "tuple", "iter", "enumerate", "zip", "map", "filter", "next")
)
"""Functions that pass on the order of what they are given."""
_INDIFFERENT = frozenset(
    f"builtins.{name}" for name in ("sorted", "sum", "min", "max", "any", "all", "len", "set", "frozenset")
)
"""Functions whose result does not depend on it."""
_DEPTH = 8
"""Most names that are followed to learn whether something is a set."""


def _orders(code: Code) -> Iterator[Hit]:
    indifferent = {
        id(argument)
        for dotted, call, _ in code.calls()
        if dotted in _INDIFFERENT
        for argument in call.args
        if isinstance(argument, ast.GeneratorExp | ast.ListComp | ast.SetComp)
    }
    for part in code.parts:
        for shown in _shown(part.node, part.scope, indifferent):
            if is_set(shown, part.scope):
                yield Hit(shown, "the order of a set")


def _shown(node: ast.AST, scope: Scope, indifferent: set[int]) -> Iterator[ast.expr]:
    """The expressions whose order ``node`` brings to light."""
    if isinstance(node, ast.For | ast.Starred | ast.YieldFrom):
        yield node.iter if isinstance(node, ast.For) else node.value
    elif isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp) and id(node) not in indifferent:
        yield from (each.iter for each in node.generators)
    elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Tuple | ast.List) for t in node.targets):
        yield node.value
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            yield from node.args
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "pop" and not node.args:
            yield node.func.value
        elif scope.dotted(node.func) in _ORDERED:
            yield from (each for each in node.args if not isinstance(each, ast.Starred))


def is_set(node: ast.expr, scope: Scope, depth: int = _DEPTH) -> bool:
    """Whether an expression is a set, as far as the source tells."""
    if depth == 0:
        return False
    if isinstance(node, ast.Name):
        return _is_set_name(node.id, scope, depth - 1)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in _METHODS and is_set(node.func.value, scope, depth - 1)
    if isinstance(node, ast.Call):
        return scope.dotted(node.func) in _MAKERS
    if isinstance(node, ast.BinOp) and isinstance(node.op, _OPERATORS):
        return any(is_set(side, scope, depth - 1) for side in (node.left, node.right))
    return isinstance(node, ast.Set | ast.SetComp)


def _is_set_name(name: str, scope: Scope, depth: int) -> bool:
    home = scope.home(name)
    meanings = [] if home is None else home.bindings[name]
    return bool(meanings) and all(_binds_set(each, home or scope, depth) for each in meanings)


def _binds_set(binding: Binding, scope: Scope, depth: int) -> bool:
    if isinstance(binding, Assigned):
        return is_set(binding.value, scope, depth)
    if isinstance(binding, Declared):
        kind = binding.annotation
        kind = kind.value if isinstance(kind, ast.Subscript) else kind
        return (kind.attr if isinstance(kind, ast.Attribute) else getattr(kind, "id", "")) in _NAMES
    return False


RULES = (
    Rule(
        id="set-order",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="a loop over a set, `list`, `tuple`, `join` or `pop` of one",
        why="is fixed within one runtime, and another one in any other",
        advice="use sorted() before the order can reach the result, or a dict, which keeps its order",
        find=_orders,
    ),
)
