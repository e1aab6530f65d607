"""Writes the pages that are read off the code; ``--check`` fails instead when one is out of date."""

from __future__ import annotations

import ast
import inspect
import json
import sys
from pathlib import Path
from typing import Any

from generating import commands, configuration
from generating.stale import Unwritten

from chainboy import errors
from chainboy.doctor.finding import Rule
from chainboy.doctor.rules import GROUPS
from chainboy.node import machine
from chainboy.node.watching.causes import Cause
from chainboy.node.watching.metrics import FIGURES as METRICS
from chainboy.programs import Program

HERE = Path(__file__).parent

OPENING, CLOSING = "<!-- diagram -->", "<!-- end of the diagram -->"
"""What stands around the diagram in the page on nodes."""

SNAPSHOTS = HERE.parent / "contracts" / "snapshots"

RULES_OPENING = "<!-- rules -->"
"""What stands before the tables of the doctor's rules."""

FIGURES, COMPARISON = "<!-- figures -->", "<!-- comparison -->"
"""What stands before the tables in the page on gas; each ends with the next empty comment."""

CORPUS = HERE.parent / "examples" / "programs"

FUZZED = HERE.parent / "tests" / "fuzz" / "record.json"

METRICS_OPENING = "<!-- metrics -->"
"""What stands before the table of metrics; it ends with the next empty comment."""

PROGRAMS = "<!-- programs -->"
"""What stands before the tables in the page on the corpus; they end with the next empty comment."""

END = "<!-- -->"

PEERS = (
    ("a request", "Chainlink Functions, 36-byte source", 216_289, "request"),
    ("one node's commit", "iExec PoCo, contribution after the first", 276_980, "commit.next"),
    ("one node's reveal", "iExec PoCo, reveal after the first", 56_455, "reveal.160"),
    ("finding the result, 5 nodes", "iExec PoCo, finalise with 5 workers", 461_734, "finalize.5.exact"),
    ("bringing it to the consumer", "Chainlink Functions, 4 oracles", 186_149, "deliver.callback"),
    ("bringing it to the consumer", "Chainlink Functions, 31 oracles", 316_960, "deliver.callback"),
    ("a whole task, 5 nodes", "iExec PoCo, 5 workers", 3_215_727, "whole.5.consumer"),
    ("a whole task, 10 nodes", "iExec PoCo, 10 workers", 5_103_147, "whole.10.consumer"),
    ("a whole task", "UMA Optimistic Oracle v3, assert and settle", 313_520, "whole.5.pooled"),
    ("a whole task", "Witnet, one whitelisted reporter", 256_801, "whole.5.pooled"),
    ("a whole task", "Chainlink Functions, 4 oracles, off-chain signatures", 402_438, "whole.5.pooled"),
)
"""(what, whose, gas of the peer's own published contracts on a local chain, the step of ours beside it)."""


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


def gas_page() -> str:
    """The page as it stands, with the figures of the snapshots."""
    rows = json.loads((SNAPSHOTS / "gas.json").read_text())["rows"]
    sizes = json.loads((SNAPSHOTS / "sizes.json").read_text())
    page = (HERE / "gas.md").read_text()
    page = _filled(page, COMPARISON, _comparison({row["key"]: row["gas"] for row in rows}))
    return _filled(page, FIGURES, _figures(rows, sizes))


def _filled(page: str, opening: str, content: str) -> str:
    before, _, rest = page.partition(opening)
    return f"{before}{opening}\n\n{content}\n{END}{rest.partition(END)[2]}"


def _comparison(gas: dict[str, int]) -> str:
    lines = ["| what | a peer | its gas | ChainBoy |\n", "| --- | --- | ---: | ---: |\n"]
    lines += [f"| {what} | {peer} | {theirs:,} | {gas[key]:,} |\n" for what, peer, theirs, key in PEERS]
    return "".join(lines)


def _figures(rows: list[dict[str, Any]], sizes: dict[str, int]) -> str:
    lines = ["| step | gas | goal |\n", "| --- | ---: | ---: |\n"]
    for row in rows:
        goal = "" if row["goal"] is None else f"{row['goal']:,}"
        lines.append(f"| {row['step']} | {row['gas']:,} | {goal} |\n")
    lines += ["\n| contract | bytes on the chain, of 24,576 |\n", "| --- | ---: |\n"]
    return "".join(lines + [f"| {name} | {size:,} |\n" for name, size in sizes.items()])


def corpus_page() -> str:
    """The page as it stands, with a table for each folder of programs."""
    folders = sorted(folder for folder in CORPUS.iterdir() if folder.is_dir())
    tables = "\n".join(_programs(folder) for folder in folders)
    return _filled((HERE / "corpus.md").read_text(), PROGRAMS, tables)


def _programs(folder: Path) -> str:
    lines = [f"### {folder.name.capitalize()}\n\n"]
    lines += ["| program | takes | returns | what it is |\n", "| --- | --- | --- | --- |\n"]
    for path in sorted(folder.glob("*.py")):
        summary = (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0].replace("``", "`")
        program = Program.from_file(path)
        takes, returns = ", ".join(map(str, program.inputs)), ", ".join(program.outputs)
        lines.append(f"| `{path.stem}` | `{takes}` | `{returns}` | {summary} |\n")
    return "".join(lines)


def determinism_page() -> str:
    """The page as it stands, with the doctor's rules as the code has them."""
    tables = [f"### {title}\n\n{_rules(rules)}" for title, rules in GROUPS.items()]
    return _filled((HERE / "determinism.md").read_text(), RULES_OPENING, "\n".join(tables))


def _rules(rules: tuple[Rule, ...]) -> str:
    titles = "rule", "WebAssembly", "Docker", "about", "why, and what to do"
    lines = [f"| {' | '.join(titles)} |\n", f"|{' --- |' * len(titles)}\n"]
    for rule in rules:
        wasm, docker = ("" if each is None else each.value for each in (rule.severity, rule.elsewhere))
        reason = f"{rule.why}; {rule.advice}".replace("|", "\\|")
        lines.append(f"| `{rule.id}` | {wasm} | {docker} | {rule.subject} | {reason} |\n")
    return "".join(lines)


def fuzzing_page() -> str:
    """The page as it stands, with the figures of the recorded runs."""
    record = json.loads(FUZZED.read_text())
    lines = [
        "| target | runs | seconds of CPU | distinct paths | findings |\n",
        "| --- | ---: | ---: | ---: | ---: |\n",
    ]
    for name, each in record.items():
        paths = f"{each['distinct_paths']:,}" if "distinct_paths" in each else ""
        seconds, findings = each["cpu_seconds"], each["findings"]
        lines.append(f"| `{name}` | {each['runs']:,} | {seconds:,} | {paths} | {findings} |\n")
    runs, seconds = (sum(each[key] for each in record.values()) for key in ("runs", "cpu_seconds"))
    lines.append(f"| together | {runs:,} | {seconds:,} | | |\n")
    return _filled((HERE / "fuzzing.md").read_text(), FIGURES, "".join(lines))


def watching_page() -> str:
    """The page as it stands, with the metrics as the code has them."""
    lines = ["| metric | labels | type | unit | what it is |\n", f"|{' --- |' * 5}\n"]
    for figure in METRICS:
        labels = ", ".join(f"`{label}`" for label in figure.labels)
        lines.append(
            f"| `{figure.shown}` | {labels} | {figure.kind.value} | {figure.unit} | {figure.about} |\n"
        )
    causes = ", ".join(f"`{cause.value}`" for cause in Cause)
    return _filled(
        (HERE / "watching.md").read_text(),
        METRICS_OPENING,
        f"{''.join(lines)}\nThe values of `cause` are {causes}.\n",
    )


PAGES = {
    "corpus.md": corpus_page,
    "determinism.md": determinism_page,
    "errors.md": errors_page,
    "fuzzing.md": fuzzing_page,
    "gas.md": gas_page,
    "nodes.md": nodes_page,
    "reference-commands.md": commands.page,
    "reference-config.md": configuration.page,
    "watching.md": watching_page,
}


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
    try:
        STALE = main(check=CHECK)
    except Unwritten as error:
        sys.exit(f"docs/generate.py: {error}")
    sys.exit(1 if CHECK and STALE else 0)
