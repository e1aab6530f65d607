"""How most rules look for what they forbid: by the dotted names of what a program uses or calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from chainboy.doctor.code import Code
from chainboy.doctor.finding import Find, Hit


def uses(*names: str) -> Find:
    """Finds every use of one of ``names``; one that ends with ``.*`` is everything in a module."""
    exact = frozenset(names)
    prefixes = tuple(name.removesuffix("*") for name in names if name.endswith(".*"))

    def find(code: Code) -> Iterator[Hit]:
        for dotted, part in code.uses:
            if dotted.startswith(prefixes) or any(start in exact for start in _starts(dotted)):
                yield Hit(part.node, spoken(dotted))

    return find


def calls_with_text(*names: str) -> Find:
    """Finds the calls of ``names`` whose first argument is written out as text."""
    exact = frozenset(names)

    def find(code: Code) -> Iterator[Hit]:
        for dotted, call, _ in code.calls():
            if dotted in exact and text_of(call) is not None:
                yield Hit(call, spoken(dotted))

    return find


def imports(*modules: str) -> Find:
    """Finds the imports of ``modules`` and of what is in them."""
    wanted = frozenset(modules)

    def find(code: Code) -> Iterator[Hit]:
        for module, node in imported(code):
            if any(start in wanted for start in _starts(module)):
                yield Hit(node, f"the import of {module}")

    return find


def imported(code: Code, *, guarded: bool = True) -> Iterator[tuple[str, ast.Import | ast.ImportFrom]]:
    """Every module that an import names, those whose failure is caught only if ``guarded``."""
    for part in code.parts:
        if part.guarded and not guarded:
            continue
        if isinstance(part.node, ast.Import):
            for alias in part.node.names:
                yield alias.name, part.node
        elif isinstance(part.node, ast.ImportFrom):
            yield "." * part.node.level + (part.node.module or ""), part.node


def both(*finds: Find) -> Find:
    """Finds what any of ``finds`` does."""

    def find(code: Code) -> Iterator[Hit]:
        for each in finds:
            yield from each(code)

    return find


def text_of(call: ast.Call) -> str | None:
    """The first argument of a call, if it is written out as text."""
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def spoken(dotted: str) -> str:
    """A dotted name as an author writes it."""
    return dotted.removeprefix("builtins.")


def _starts(dotted: str) -> Iterator[str]:
    """The name, and what it is an attribute of."""
    while dotted:
        yield dotted
        dotted = dotted.rpartition(".")[0]
