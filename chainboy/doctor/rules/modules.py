"""Rules on imports: what the runtime does not have cannot be loaded later."""

# ruff: noqa: SIM905 (word lists read better)

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from chainboy.doctor.code import Code
from chainboy.doctor.finding import Hit, Rule, Severity
from chainboy.doctor.rules.naming import imported, imports, spoken
from chainboy.doctor.surface import Surface

NETWORK = tuple(
    "socket ssl select selectors http urllib.request ftplib smtplib requests httpx aiohttp".split()
)
PROCESSES = tuple(
    "threading _thread queue multiprocessing concurrent asyncio subprocess signal sched atexit".split()
)
FOLDERS = tuple("os posix pathlib shutil tempfile stat sqlite3 dbm shelve mmap fileinput".split())
NUMBERS = tuple("numpy pandas scipy sympy sklearn torch".split())
_WRITERS = frozenset({"builtins.exec", "builtins.globals", "builtins.vars", "builtins.setattr"})
_ANYTHING = frozenset({"chainboy.abi"})
"""Modules that have every name."""

_ADVICE: Mapping[str, str] = (
    dict.fromkeys(NETWORK, "declare what you fetch under [sources]: the node fetches it before the run")
    | dict.fromkeys(PROCESSES, "compute one thing after the other")
    | dict.fromkeys(FOLDERS, "declare data under [files] and read it from chainboy.files")
    | dict.fromkeys(NUMBERS, "use math, statistics and fractions, or an image of your own that has it")
    | {"secrets": "ask for a task in RANDOM mode", "time": "give the time as an input"}
)


def _missing_modules(code: Code) -> Iterator[Hit]:
    for module, node in imported(code, guarded=False):
        if module not in code.surface:
            yield Hit(node, f"the module {module}", _advice(module))


def _advice(module: str) -> str:
    while module and module not in _ADVICE:
        module = module.rpartition(".")[0]
    return _ADVICE.get(module, "")


def _missing_names(code: Code) -> Iterator[Hit]:
    for part in code.parts:
        if isinstance(part.node, ast.ImportFrom) and not part.guarded:
            module = part.node.module or ""
            for alias in part.node.names:
                if part.node.level == 0 and _lacks(code.surface, module, alias.name):
                    yield Hit(part.node, f"{module}.{alias.name}")
    for dotted, part in code.uses:
        if isinstance(part.node, ast.Attribute) or dotted.startswith("builtins."):
            module, name = _split(code.surface, dotted)
            if not part.guarded and _lacks(code.surface, module, name):
                yield Hit(part.node, spoken(f"{module}.{name}"))


def _undefined_names(code: Code) -> Iterator[Hit]:
    if any(dotted in _WRITERS for dotted, _ in code.uses):
        return  # code that is made while it runs may define anything
    known = frozenset(code.surface.names_of("builtins"))
    for part in code.parts:
        node = part.node
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not part.guarded:
            undefined = not part.scope.meanings(node.id) and node.id not in known
            if undefined and not node.id.startswith("__"):
                yield Hit(node, node.id)


def _split(surface: Surface, dotted: str) -> tuple[str, str]:
    """The longest module that a name begins with, and the name in it."""
    module, _, rest = dotted.rpartition(".")
    while module and module not in surface:
        module, _, last = module.rpartition(".")
        rest = f"{last}.{rest}"
    return module, rest.partition(".")[0]


def _lacks(surface: Surface, module: str, name: str) -> bool:
    names = surface.names_of(module)
    known = name in names or name.startswith("_") or name == "*" or f"{module}.{name}" in surface
    return bool(names) and module not in _ANYTHING and not known


RULES = (
    Rule(
        id="missing-module",
        severity=Severity.ERROR,
        elsewhere=None,
        subject="an import of a module that the runtime does not have",
        why="is not in the runtime: importing it raises ModuleNotFoundError",
        advice="use the modules that are inside, or put the code into the file",
        find=_missing_modules,
    ),
    Rule(
        id="missing-name",
        severity=Severity.ERROR,
        elsewhere=None,
        subject="a name that a module of the runtime does not have",
        why="is not in the runtime: it raises AttributeError or ImportError",
        advice="look for another way, or write it yourself",
        find=_missing_names,
    ),
    Rule(
        id="undefined-name",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject="a name that nothing in the file gives a meaning",
        why="is nowhere defined: it raises NameError",
        advice="import or define it in the file",
        find=_undefined_names,
    ),
    Rule(
        id="network",
        severity=None,
        elsewhere=Severity.ERROR,
        subject="`socket`, `urllib.request`, `http`, `requests` and the like",
        why="needs a network, and a program has none",
        advice="declare what you fetch under [sources]: the node fetches it before the run",
        find=imports(*NETWORK),
    ),
    Rule(
        id="concurrency",
        severity=None,
        elsewhere=Severity.WARNING,
        subject="threads, processes and event loops",
        why="brings an order of events that no two machines share",
        advice="compute one thing after the other",
        find=imports(*PROCESSES),
    ),
)
