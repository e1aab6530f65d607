"""What can be said of a program without running it."""

from __future__ import annotations

import ast
import itertools
import sys
import warnings
from collections.abc import Iterator

from chainboy.doctor.allow import forbidden
from chainboy.doctor.code import Code
from chainboy.doctor.finding import Finding, Hit, Severity, found
from chainboy.doctor.metadata import checked, mistakes
from chainboy.doctor.rules import RULES
from chainboy.doctor.surface import surface
from chainboy.errors import ProgramError
from chainboy.programs.metadata import MAX_PROGRAM, Metadata
from chainboy.sandbox.runtimes import DEFAULT, RUNTIMES

_TOO_DEEP = "the program is nested too deeply to be examined; make it flatter"
MOST_LEVELS = 2_500
"""Most levels of a syntax tree, whatever recursion limit this process has set itself."""
MOST_HITS = 100
"""Most findings of one rule; who has more knows enough."""
_BOM = "\ufeff"


def lint(source: bytes) -> tuple[Finding, ...]:
    """The findings in the program file ``source``, by line.

    Pure: reads nothing and runs nothing. Raises :class:`ProgramError` for what cannot be read at all: more
    bytes than a program has, no UTF-8, a NUL, a byte order mark, or code nested too deeply for this Python.
    """
    text = readable(source)
    metadata = _metadata(source)
    runtime = DEFAULT if metadata is None else metadata.runtime
    try:
        all_findings = [*_of_metadata(text), *_of_code(text, metadata, runtime)]
        return tuple(sorted(forbidden(set(all_findings), text)))
    except (RecursionError, MemoryError) as error:
        raise ProgramError(_TOO_DEEP) from error


def readable(source: bytes) -> str:
    """The text of a program file; raises :class:`ProgramError` if no runtime could read it."""
    if len(source) > MAX_PROGRAM:
        raise ProgramError(f"a program has at most {MAX_PROGRAM} bytes, not {len(source)}; use data files")
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProgramError(
            f"a program is UTF-8 text, this one is not at byte {error.start}; save it as UTF-8"
        ) from error
    if text.startswith(_BOM):
        raise ProgramError("the file begins with a byte order mark; save it as UTF-8 without one")
    if "\0" in text:
        raise ProgramError(f"the file has a NUL at byte {source.index(0)}, where text has none; remove it")
    return text


def _metadata(source: bytes) -> Metadata | None:
    try:
        return checked(source)
    except ProgramError:
        return None


def _of_metadata(text: str) -> Iterator[Finding]:
    for line, message in mistakes(text):
        yield Finding(line, 0, "metadata", Severity.ERROR, message)


def _of_code(text: str, metadata: Metadata | None, runtime: str) -> Iterator[Finding]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the parser: about the program, not about this process
            tree = ast.parse(text)
    except SyntaxError as error:
        yield _no_python(error)
        return
    _require_flat(tree)
    code = Code(tree, metadata, surface(runtime if runtime in RUNTIMES else DEFAULT))
    for rule in RULES.values():
        severity = rule.severity_in(runtime)
        if severity is not None:
            hits = itertools.islice(rule.find(code), MOST_HITS)
            yield from (found(rule, severity, hit) for hit in hits)


def _require_flat(tree: ast.AST) -> None:
    level, depth = [tree], 0
    while level:
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        depth += 1
        if depth > MOST_LEVELS:
            raise ProgramError(_TOO_DEEP)


def _no_python(error: SyntaxError) -> Finding:
    """What this machine's Python could not read; the runtime's own may be newer."""
    rule = RULES["syntax"]
    place = ast.Pass(lineno=error.lineno or 1, col_offset=max((error.offset or 1) - 1, 0))
    own, theirs = "{}.{}".format(*sys.version_info), RUNTIMES[DEFAULT].python.rpartition(".")[0]
    newer = f" (read by Python {own}; the runtime has {theirs})" if own != theirs else ""
    return found(rule, Severity.ERROR, Hit(place, f"{error.msg}{newer}: this line"))
