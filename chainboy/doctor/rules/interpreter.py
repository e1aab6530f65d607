"""Rules on what shows the interpreter through: its addresses, hashes, sizes and settings."""

# ruff: noqa: SIM905 (word lists read better)

from __future__ import annotations

import ast
from collections.abc import Iterator

from chainboy.doctor.code import Code
from chainboy.doctor.finding import Hit, Rule, Severity
from chainboy.doctor.rules.naming import text_of, uses
from chainboy.doctor.scopes import Defined, Scope

_SYSTEM = (
    "version version_info hexversion implementation api_version platform maxsize hash_info int_info flags "
    "thread_info argv orig_argv executable prefix path modules getsizeof getrefcount getrecursionlimit "
    "setrecursionlimit getallocatedblocks set_int_max_str_digits get_int_max_str_digits _getframe settrace "
    "setprofile builtin_module_names stdlib_module_names getdefaultencoding getfilesystemencoding"
).split()
_FRAMES = ("inspect.currentframe", "inspect.stack", "inspect.trace", "inspect.getsource", "inspect.getfile")
_NATIVE = frozenset("lLnNP")
"""Codes of the C types long, size_t and pointer, whose size is the machine's."""
_LAYOUTS = frozenset(
    f"struct.{name}" for name in "Struct calcsize pack pack_into unpack unpack_from iter_unpack".split()
)


def _hashes(code: Code) -> Iterator[Hit]:
    for dotted, part in code.uses:
        if dotted == "builtins.hash" and getattr(part.scope.node, "name", "") != "__hash__":
            yield Hit(part.node, "hash")


def _layouts(code: Code) -> Iterator[Hit]:
    for dotted, call, _ in code.calls():
        layout = text_of(call)
        if layout is None or not _NATIVE & set(layout):
            continue
        if dotted == "array.array" or (dotted in _LAYOUTS and layout[0] not in "<>=!"):
            yield Hit(call, f"the layout {layout!r}")


def _default_texts(code: Code) -> Iterator[Hit]:
    for dotted, call, scope in code.calls():
        if dotted in ("builtins.repr", "builtins.str", "builtins.format", "builtins.ascii") and call.args:
            yield from _addressed(call.args[0], scope)
    for part in code.parts:
        if isinstance(part.node, ast.FormattedValue):
            yield from _addressed(part.node.value, part.scope)


def _addressed(shown: ast.expr, scope: Scope) -> Iterator[Hit]:
    """A hit if the text of ``shown`` has an address in it."""
    if isinstance(shown, ast.Lambda):
        yield Hit(shown, "the text of a lambda")
    elif isinstance(shown, ast.Name):
        if any(isinstance(each, Defined) and _is_function(each) for each in scope.meanings(shown.id)):
            yield Hit(shown, f"the text of the function {shown.id}")
    elif isinstance(shown, ast.Call):
        if scope.dotted(shown.func) == "builtins.object":
            yield Hit(shown, "the text of a plain object")
        elif isinstance(shown.func, ast.Name):
            meanings = scope.meanings(shown.func.id)
            if meanings and all(isinstance(each, Defined) and _is_textless(each) for each in meanings):
                yield Hit(shown, f"the text of a {shown.func.id}")


def _is_function(defined: Defined) -> bool:
    return not isinstance(defined.node, ast.ClassDef) and not defined.node.decorator_list


def _is_textless(defined: Defined) -> bool:
    """A class without anything that could give its objects a text of their own."""
    node = defined.node
    if not isinstance(node, ast.ClassDef) or node.bases or node.keywords or node.decorator_list:
        return False
    own = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
    return not own & {"__repr__", "__str__", "__format__"}


RULES = (
    Rule(
        id="identity",
        severity=Severity.WARNING,
        elsewhere=Severity.ERROR,
        subject="`id`",
        why="is an address: the same on every node of one WebAssembly runtime, another in any other",
        advice="compare with `is`, order by a value",
        find=uses("builtins.id"),
    ),
    Rule(
        id="hash",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="`hash`, outside `__hash__`",
        why="depends on the interpreter's secret and its word size, so another runtime has another",
        advice="use hashlib or zlib.crc32",
        find=_hashes,
    ),
    Rule(
        id="default-text",
        severity=Severity.WARNING,
        elsewhere=Severity.ERROR,
        subject="the text of a function, or of an object whose class has no `__repr__`",
        why="has an address in it, another one in any other runtime",
        advice="write a __repr__, or show its name",
        find=_default_texts,
    ),
    Rule(
        id="introspection",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="`sys.version`, `sys.maxsize`, `sys.getsizeof`, `inspect.stack` and the like",
        why="tells of the interpreter, not of the data, and differs between runtimes",
        advice="let nothing of it reach the result",
        find=uses(*(f"sys.{name}" for name in _SYSTEM), "gc.*", *_FRAMES),
    ),
    Rule(
        id="native-layout",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="`struct` without `<`, `>`, `=` or `!`, or `array`, of C's long, size_t or pointer",
        why="has 4 bytes where other machines have 8",
        advice="begin it with < or >, or use the codes i and q",
        find=_layouts,
    ),
)
