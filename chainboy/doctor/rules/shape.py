"""Rules on the shape of a program: its ``main``, what it returns and what it declares."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from chainboy.doctor.code import Code
from chainboy.doctor.finding import Hit, Rule, Severity, nothing
from chainboy.doctor.rules.naming import text_of, uses
from chainboy.doctor.rules.returning import main_of, own_parts, returns
from chainboy.doctor.sizes import least_size
from chainboy.programs.types import parse_type
from chainboy.sandbox.guest.driver import MAX_PAYLOAD


def _no_main(code: Code) -> Iterator[Hit]:
    if code.parts and "main" not in code.module.bindings:
        yield Hit(code.tree, "a program without a function main")


def _main_kind(code: Code) -> Iterator[Hit]:
    main = main_of(code)
    if isinstance(main, ast.AsyncFunctionDef):
        yield Hit(main, "an asynchronous main")
    elif main is not None:
        for part in own_parts(code, main):
            if isinstance(part.node, ast.Yield | ast.YieldFrom):
                yield Hit(part.node, "a generator as main")
                return


def _main_arguments(code: Code) -> Iterator[Hit]:
    main = main_of(code)
    if main is None or code.metadata is None:
        return
    spec, given = main.args, len(code.metadata.declared_inputs)
    most = len(spec.posonlyargs) + len(spec.args)
    least = most - len(spec.defaults)
    keywords = None in spec.kw_defaults
    if given < least or (given > most and spec.vararg is None) or keywords:
        yield Hit(main, f"main, given {given} arguments by position as [inputs] say,")


def _main_results(code: Code) -> Iterator[Hit]:
    main = main_of(code)
    if main is None or code.metadata is None:
        return
    wanted = len(code.metadata.declared_outputs)
    valued = False
    for statement, _ in returns(code):
        value = statement.value
        valued = valued or value is not None
        if isinstance(value, ast.Tuple) and wanted > 1:
            starred = any(isinstance(each, ast.Starred) for each in value.elts)
            if not starred and len(value.elts) != wanted:
                yield Hit(statement, f"a return of {len(value.elts)} values where outputs has {wanted}")
    if wanted and not valued and not _never_ends(main.body[-1]):
        yield Hit(main, f"main without a value to return where outputs has {wanted}")


def _never_ends(last: ast.stmt) -> bool:
    return not isinstance(last, ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Pass | ast.Return)


def _outcome_size(code: Code) -> Iterator[Hit]:
    if code.metadata is None:
        return
    least = sum(least_size(parse_type(output)) for output in code.metadata.outputs)
    if least > MAX_PAYLOAD:
        yield Hit(code.tree, f"the outputs, at least {least} bytes once encoded,")


def _undeclared(code: Code) -> Iterator[Hit]:
    if code.metadata is None:
        return
    declared = {"chainboy.files": code.metadata.files, "chainboy.values": code.metadata.values}
    for part in code.parts:
        if isinstance(part.node, ast.Subscript) and isinstance(part.node.slice, ast.Constant):
            dotted, key = part.scope.dotted(part.node.value), part.node.slice.value
            if dotted in declared and key not in declared[dotted]:
                yield Hit(part.node, f"{dotted.removeprefix('chainboy.')}[{key!r}]")


def _written_code(code: Code) -> Iterator[Hit]:
    for dotted, call, _ in code.calls():
        if dotted in ("builtins.eval", "builtins.exec", "builtins.compile") or (
            dotted == "builtins.__import__" and text_of(call) is None
        ):
            yield Hit(call, dotted.removeprefix("builtins."))


RULES = (
    Rule(
        id="metadata",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject="the metadata block",
        why="is not as the grammar has it: every node abstains",
        advice="correct it",
        find=nothing,
    ),
    Rule(
        id="syntax",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject="what is no Python",
        why="is no Python: the outcome is a SyntaxError",
        advice="correct it",
        find=nothing,
    ),
    Rule(
        id="newer-syntax",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="Python of a newer version than the one that examines it",
        why="was not examined, for only the runtime's own Python can read this line",
        advice="examine it with that version",
        find=nothing,
    ),
    Rule(
        id="no-main",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject="a program without `main`",
        why="has nothing to call: the outcome is a ProgramError",
        advice="define it",
        find=_no_main,
    ),
    Rule(
        id="main-kind",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject="a `main` that is asynchronous or a generator",
        why="returns no value at once: the outcome is an OutputError",
        advice="write a plain function",
        find=_main_kind,
    ),
    Rule(
        id="main-arguments",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject="a `main` that takes other arguments than `inputs` declares",
        why="raises TypeError",
        advice="make the two agree",
        find=_main_arguments,
    ),
    Rule(
        id="main-results",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject="a `main` that returns another number of values than `outputs` declares",
        why="is an OutputError",
        advice="make the two agree",
        find=_main_results,
    ),
    Rule(
        id="outcome-size",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject=f"outputs that never fit {MAX_PAYLOAD} bytes",
        why=f"never fit the {MAX_PAYLOAD} bytes of a result: the outcome is an OutputError",
        advice="return a hash of what is large",
        find=_outcome_size,
    ),
    Rule(
        id="undeclared-data",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject="`files[…]` or `values[…]` of a name that the metadata does not declare",
        why="is not declared: it raises KeyError",
        advice="add it under [files], [sources] or [combined], or correct the name",
        find=_undeclared,
    ),
    Rule(
        id="exit",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="`sys.exit`, `exit` and `quit`",
        why="makes the outcome a failure, SystemExit, whatever its argument is",
        advice="return from main",
        find=uses("sys.exit", "builtins.exit", "builtins.quit"),
    ),
    Rule(
        id="written-code",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="`eval`, `exec`, `compile` and `__import__`",
        why="runs code that cannot be examined here",
        advice="write the code itself",
        find=_written_code,
    ),
    Rule(
        id="unknown-allowance",
        severity=Severity.WARNING,
        elsewhere=Severity.WARNING,
        subject="a comment `# chainboy: allow …` with the name of no rule",
        why="names no rule",
        advice="correct it, or remove the comment",
        find=nothing,
    ),
)
