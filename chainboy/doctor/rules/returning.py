"""What ``main`` is and what it returns, as far as the source tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from chainboy.doctor.code import Code
from chainboy.doctor.scopes import Assigned, Defined, Scope
from chainboy.doctor.walking import Part

Function = ast.FunctionDef | ast.AsyncFunctionDef
_ALIASES = 4
"""Most names that stand for ``main`` one after the other."""


def main_of(code: Code) -> Function | None:
    """The function that ``main`` names; None if it is none, or not surely one."""
    meanings = code.module.bindings.get("main", []) if code.parts else []
    for _ in range(_ALIASES):
        if len(meanings) == 1 and isinstance(meanings[0], Assigned):
            value = meanings[0].value
            meanings = code.module.bindings.get(value.id, []) if isinstance(value, ast.Name) else []
    if len(meanings) == 1 and isinstance(meanings[0], Defined):
        node = meanings[0].node
        if isinstance(node, Function) and not node.decorator_list:
            return node
    return None


def own_parts(code: Code, function: Function) -> Iterator[Part]:
    """The parts of a function that are not of a function inside it."""
    return (part for part in code.parts if part.scope.node is function)


def returns(code: Code) -> Iterator[tuple[ast.Return, Scope]]:
    """The ``return`` statements of ``main`` itself."""
    main = main_of(code)
    if main is not None:
        for part in own_parts(code, main):
            if isinstance(part.node, ast.Return):
                yield part.node, part.scope


def results(code: Code) -> Iterator[tuple[ast.expr, Scope]]:
    """The expressions whose values stand for one output each."""
    outputs = 0 if code.metadata is None else len(code.metadata.declared_outputs)
    for statement, scope in returns(code):
        if outputs == 1 and statement.value is not None:
            yield statement.value, scope
        elif outputs > 1 and isinstance(statement.value, ast.Tuple | ast.List):
            yield from ((value, scope) for value in statement.value.elts)
