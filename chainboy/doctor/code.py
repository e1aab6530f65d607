"""A program as its parts: every node that may ever run, each with the scope it stands in."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

import attrs

from chainboy.doctor.binding import bind
from chainboy.doctor.scopes import Scope
from chainboy.doctor.surface import Surface
from chainboy.doctor.walking import Part, children
from chainboy.programs.metadata import Metadata


@attrs.frozen(slots=False, eq=False)
class Code:
    """A program that could be parsed; ``metadata`` is None when anything in that is wrong."""

    tree: ast.Module
    metadata: Metadata | None
    surface: Surface
    """The modules of the runtime."""

    @cached_property
    def module(self) -> Scope:
        """The scope of the whole file."""
        return Scope(self.tree)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Every part that may run, outer before inner; annotations never do, nor what only scripts do."""
        found: list[Part] = []
        stack = [Part(self.tree, self.module)]
        while stack:
            part = stack.pop()
            found.append(part)
            bind(part.node, part.scope, self.surface)
            stack.extend(reversed(list(children(part))))
        return tuple(found)

    @cached_property
    def uses(self) -> tuple[tuple[str, Part], ...]:
        """Everything imported or built in that is named somewhere, by its longest dotted name."""
        inner = {id(part.node.value) for part in self.parts if isinstance(part.node, ast.Attribute)}
        found = []
        for part in self.parts:
            if isinstance(part.node, ast.Attribute | ast.Name) and id(part.node) not in inner:
                dotted = part.scope.dotted(part.node)
                if dotted is not None and isinstance(part.node.ctx, ast.Load):
                    found.append((dotted, part))
        return tuple(found)

    def calls(self) -> Iterator[tuple[str, ast.Call, Scope]]:
        """Every call of something imported or built in, by its dotted name."""
        for part in self.parts:
            if isinstance(part.node, ast.Call):
                dotted = part.scope.dotted(part.node.func)
                if dotted is not None:
                    yield dotted, part.node, part.scope
