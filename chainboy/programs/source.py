"""The source text of one function, taken out of its module and checked to need nothing from there."""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from chainboy.errors import ProgramError

_GLOBAL_OPERATIONS = frozenset({"LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME"})


def check_plain(function: Callable[..., Any]) -> None:
    """Refuse with :class:`ProgramError` what is not a function written with ``def`` that returns at once."""
    if not inspect.isfunction(function) or function.__name__ == "<lambda>":
        raise ProgramError("only a function written with def becomes a program; else write a file")
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise ProgramError(
            f"{function.__name__} is asynchronous or a generator; a program returns its values at once"
        )


def function_source(function: Callable[..., Any]) -> str:
    """The source of ``function`` from its ``def`` on, without decorators and without indentation.

    Raises :class:`ProgramError` when it has no source, or uses a name that is neither its own nor a
    builtin.
    """
    name = function.__name__
    try:
        text = inspect.getsource(function)
    except OSError as error:
        raise ProgramError(f"the source of {name} is not to be had; put it into a file") from error
    source = _cut(text, name)
    _check_alone(source, name)
    return source


def _cut(text: str, name: str) -> str:
    """The function alone, moved to the left margin."""
    indented = text[:1].isspace()
    original = _definition(f"if True:\n{text}" if indented else text)
    if len(original.decorator_list) > 1:
        raise ProgramError(f"{name} has other decorators, which would not travel with it; remove them")
    dedented = textwrap.dedent(text)
    try:
        moved = _definition(dedented)
    except SyntaxError:  # a line of some text stands left of the function
        moved = None
    if moved is None or _meaning(original) != _meaning(moved):
        raise ProgramError(
            f"{name} has a text over several lines that dedenting would change; move it to the margin"
        )
    lines = dedented.splitlines(keepends=True)[moved.lineno - 1 : moved.end_lineno]
    return "".join(lines).rstrip() + "\n"


def _definition(text: str) -> ast.FunctionDef:
    return next(node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))


def _meaning(function: ast.FunctionDef) -> str:
    """Everything but the docstring, whose indentation nobody reads."""
    has_docstring = ast.get_docstring(function) is not None
    return "".join(ast.dump(statement) for statement in function.body[has_docstring:])


def _check_alone(source: str, name: str) -> None:
    """Refuse names of the module or function around; annotations are never evaluated in the sandbox."""
    code = compile(f"from __future__ import annotations\n{source}", name, "exec", dont_inherit=True)
    known = {name, *dir(builtins)}
    for body in code.co_consts:
        if isinstance(body, CodeType):
            for used in _globals_of(body):
                if used not in known:
                    raise ProgramError(
                        f"{name} uses {used!r} from outside itself; define or import it inside the function"
                    )


def _globals_of(code: CodeType) -> Iterator[str]:
    instructions = list(dis.get_instructions(code))
    own = {each.argval for each in instructions if each.opname == "STORE_NAME"}  # of a class body
    for instruction in instructions:
        if instruction.opname in _GLOBAL_OPERATIONS and instruction.argval not in own:
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals_of(constant)
