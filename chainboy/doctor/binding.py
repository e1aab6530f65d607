"""Which names a part of a program gives a meaning, and which meaning."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from chainboy.doctor.scopes import COMPREHENSIONS, Assigned, Declared, Defined, Imported, Scope, Unknown
from chainboy.doctor.surface import Surface


def bind(node: ast.AST, scope: Scope, surface: Surface) -> None:
    """Note in ``scope`` what ``node`` binds there, its parts left out."""
    if isinstance(node, ast.ImportFrom):
        _import_from(node, scope, surface)
    elif (binder := _BINDERS.get(type(node))) is not None:
        binder(node, scope)


def _import_from(node: ast.ImportFrom, scope: Scope, surface: Surface) -> None:
    module = "." * node.level + (node.module or "")
    for alias in node.names:
        if alias.name == "*":
            for name in surface.names_of(module):
                scope.bind(name, Imported(f"{module}.{name}"))
        else:
            scope.bind(alias.asname or alias.name, Imported(f"{module}.{alias.name}"))


def _import(node: ast.Import, scope: Scope) -> None:
    for alias in node.names:
        root = alias.name.partition(".")[0]
        scope.bind(alias.asname or root, Imported(alias.name if alias.asname else root))


def _define(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, scope: Scope) -> None:
    scope.bind(node.name, Defined(node))


def _send_out(node: ast.Global | ast.Nonlocal, scope: Scope) -> None:
    scope.elsewhere.update(node.names)


def _name(node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar, scope: Scope) -> None:
    if node.name:
        scope.bind(node.name, Unknown())


def _rest(node: ast.MatchMapping, scope: Scope) -> None:
    if node.rest:
        scope.bind(node.rest, Unknown())


def _assign(node: ast.Assign, scope: Scope) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            scope.bind(target.id, Assigned(node.value))


def _declare(node: ast.AnnAssign, scope: Scope) -> None:
    if isinstance(node.target, ast.Name):
        scope.bind(node.target.id, Declared(node.annotation))


def _walrus(node: ast.NamedExpr, scope: Scope) -> None:
    while isinstance(scope.node, COMPREHENSIONS) and scope.outer is not None:
        scope = scope.outer  # it binds outside any comprehension
    scope.bind(node.target.id, Assigned(node.value))


def _store(node: ast.Name, scope: Scope) -> None:
    if isinstance(node.ctx, ast.Store | ast.Del):
        scope.bind(node.id, Unknown())


_BINDERS: Mapping[type[ast.AST], Callable[[Any, Scope], None]] = {
    ast.Import: _import,
    ast.FunctionDef: _define,
    ast.AsyncFunctionDef: _define,
    ast.ClassDef: _define,
    ast.Global: _send_out,
    ast.Nonlocal: _send_out,
    ast.ExceptHandler: _name,
    ast.MatchAs: _name,
    ast.MatchStar: _name,
    ast.MatchMapping: _rest,
    ast.Assign: _assign,
    ast.AnnAssign: _declare,
    ast.NamedExpr: _walrus,
    ast.Name: _store,
}
