"""What is inside a part of a program and may run there, in which scope."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from chainboy.doctor.scopes import COMPREHENSIONS, Declared, Scope, Unknown

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_CATCH_MISSING = {"ImportError", "ModuleNotFoundError", "NameError", "AttributeError", "Exception"}
_CATCH_MISSING |= {"BaseException"}


class Part(NamedTuple):
    """A node, its scope, and whether it is caught there that a module or name is missing."""

    node: ast.AST
    scope: Scope
    guarded: bool = False


def children(part: Part) -> Iterator[Part]:
    """What is inside a part and may run."""
    node, scope, guarded = part
    if isinstance(node, _FUNCTIONS):
        yield from _inside_function(node, scope, guarded=guarded)
    elif isinstance(node, ast.ClassDef):
        for each in (*node.decorator_list, *node.bases, *node.keywords):
            yield Part(each, scope, guarded)
        inner = Scope(node, scope)
        for parameter in getattr(node, "type_params", ()):
            scope.bind(parameter.name, Unknown())
        yield from (Part(each, inner, guarded) for each in node.body)
    elif isinstance(node, COMPREHENSIONS):
        inner = Scope(node, scope)
        first = node.generators[0].iter
        yield Part(first, scope, guarded)  # evaluated outside
        for comprehension in node.generators:
            yield from (
                Part(each, inner, guarded)
                for each in (comprehension.target, comprehension.iter, *comprehension.ifs)
                if each is not first
            )
        results = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        yield from (Part(each, inner, guarded) for each in results)
    elif isinstance(node, ast.Try):
        caught = any(_catches_missing(handler) for handler in node.handlers)
        yield from (Part(each, scope, guarded or caught) for each in node.body)
        for each in (*node.handlers, *node.orelse, *node.finalbody):
            yield Part(each, scope, guarded)
    elif isinstance(node, ast.If) and _never(node.test):
        yield from (Part(each, scope, guarded) for each in node.orelse)
    else:
        yield from (Part(each, scope, guarded) for each in _running(node, scope))


def _running(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """The children of a plain node, without annotations and without targets that were bound already."""
    if isinstance(node, ast.AnnAssign):
        if not isinstance(node.target, ast.Name):
            yield node.target
        if node.value is not None:
            yield node.value
    elif isinstance(node, ast.Assign):
        yield from (target for target in node.targets if not isinstance(target, ast.Name))
        yield node.value
    elif isinstance(node, ast.NamedExpr):
        yield node.value
    elif isinstance(node, ast.AugAssign):
        # ``s |= t`` leaves what it was: it binds nothing new.
        if not isinstance(node.target, ast.Name) or scope.home(node.target.id) is None:
            yield node.target
        yield node.value
    else:
        yield from ast.iter_child_nodes(node)


def _inside_function(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope, *, guarded: bool
) -> Iterator[Part]:
    inner = Scope(node, scope)
    spec = node.args
    for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs):
        inner.bind(argument.arg, Declared(argument.annotation) if argument.annotation else Unknown())
    for parameter in getattr(node, "type_params", ()):
        inner.bind(parameter.name, Unknown())
    for rest in (spec.vararg, spec.kwarg):
        if rest is not None:
            inner.bind(rest.arg, Unknown())
    outside = [*spec.defaults, *(default for default in spec.kw_defaults if default is not None)]
    if not isinstance(node, ast.Lambda):
        outside += node.decorator_list
    yield from (Part(each, scope, guarded) for each in outside)
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    yield from (Part(each, inner, guarded) for each in body)


def _catches_missing(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(each is None or (isinstance(each, ast.Name) and each.id in _CATCH_MISSING) for each in caught)


def _never(test: ast.expr) -> bool:
    """A condition that holds for type checkers and scripts alone."""
    if isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__":
        return [ast.dump(each) for each in test.comparators] == [ast.dump(ast.Constant("__main__"))]
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"
