"""Which name means what where: the scopes of a program, and what is bound to a name in each."""

from __future__ import annotations

import ast
import builtins

import attrs

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
"""What has a scope of its own besides modules, classes and functions."""

_MOST_MEANINGS = 8
"""A name with more meanings could be anything."""


@attrs.frozen
class Imported:
    """A module or something in one, by its dotted name."""

    dotted: str


@attrs.frozen(eq=False)
class Defined:
    """A function or class of the program itself."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@attrs.frozen(eq=False)
class Assigned:
    """The value of an expression."""

    value: ast.expr


@attrs.frozen(eq=False)
class Declared:
    """Something of the type that an annotation names."""

    annotation: ast.expr


@attrs.frozen
class Unknown:
    """Anything: a plain parameter, a loop's variable, a part of something unpacked."""


Binding = Imported | Defined | Assigned | Declared | Unknown


@attrs.define(eq=False)
class Scope:
    """The names of a module, class, function or comprehension; ``outer`` is None for the module's."""

    node: ast.AST
    outer: Scope | None = None
    bindings: dict[str, list[Binding]] = attrs.field(factory=dict)
    elsewhere: set[str] = attrs.field(factory=set)
    """Names that ``global`` and ``nonlocal`` say belong further out."""

    def bind(self, name: str, binding: Binding) -> None:
        """Note one more meaning of ``name``."""
        scope = self
        while name in scope.elsewhere and scope.outer is not None:
            scope = scope.outer
        meanings = scope.bindings.setdefault(name, [])
        if len(meanings) < _MOST_MEANINGS:
            meanings.append(binding)
        else:
            meanings[-1] = Unknown()

    def home(self, name: str) -> Scope | None:
        """The scope that ``name`` is found in from here; None for a builtin or an unknown name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bindings and (scope is self or not isinstance(scope.node, ast.ClassDef)):
                return scope
            scope = scope.outer
        return None

    def meanings(self, name: str) -> list[Binding]:
        """Everything that is bound to ``name``, seen from here; a builtin is imported from ``builtins``."""
        home = self.home(name)
        if home is not None:
            return home.bindings[name]
        return [Imported(f"builtins.{name}")] if hasattr(builtins, name) else []

    def dotted(self, node: ast.AST) -> str | None:
        """The dotted name of what an expression of names and dots means; None unless it is imported."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        first, *others = self.meanings(node.id) or [Unknown()]
        if not isinstance(first, Imported) or any(each != first for each in others):
            return None
        return ".".join([first.dotted, *reversed(parts)])
