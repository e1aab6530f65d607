"""Writes the pages that are read off the code; ``--check`` fails instead when one is out of date."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from chainboy import errors
from chainboy.node import machine

HERE = Path(__file__).parent

OPENING, CLOSING = "<!-- diagram -->", "<!-- end of the diagram -->"
"""What stands around the diagram in the page on nodes."""


ERRORS = """# Errors

Every error is a `chainboy.errors.ChainBoyError` and also the builtin named beside it, so code that knows
nothing of ChainBoy can still catch it. The message says what is wrong and what to do next. On the command
line each is one sentence on standard error; exit code 1 means that what was asked for failed, 2 that it was
asked for wrongly: an option, or a key of a configuration file.

| error | also a | raised when |
| --- | --- | --- |
"""


def errors_page() -> str:
    """Every error, its builtin, and when it is raised."""
    root = errors.ChainBoyError
    found = [error for error in vars(errors).values() if inspect.isclass(error) and issubclass(error, root)]
    rows = [
        f"| `{error.__name__}` | `{_builtin(error).__name__}` | {_sentence(error)} |\n"
        for error in found
        if error is not root
    ]
    return ERRORS + "".join(rows)


def _builtin(error: type[errors.ChainBoyError]) -> type:
    return next(base for base in error.__mro__ if base.__module__ == "builtins")


def _sentence(error: type[errors.ChainBoyError]) -> str:
    return " ".join((inspect.getdoc(error) or "").split())


def nodes_page() -> str:
    """The page as it stands, with the state machine's diagram as its table says."""
    before, _, rest = (HERE / "nodes.md").read_text().partition(OPENING)
    after = rest.rpartition(CLOSING)[2] if CLOSING in rest else rest
    return f"{before}{OPENING}\n\n```mermaid\n{machine.diagram()}```\n\n{CLOSING}{after}"


PAGES = {"errors.md": errors_page, "nodes.md": nodes_page}


def main(*, check: bool) -> int:
    """Write or check every generated page; the number of pages that were not up to date."""
    stale = 0
    for name, render in PAGES.items():
        page = HERE / name
        if page.exists() and page.read_text() == render():
            continue
        stale += 1
        if check:
            print(f"docs/{name} is not what the code says. Run: python docs/generate.py", file=sys.stderr)
        else:
            page.write_text(render())
    return stale


if __name__ == "__main__":
    CHECK = "--check" in sys.argv
    STALE = main(check=CHECK)
    sys.exit(1 if CHECK and STALE else 0)
