"""The operations handbook quotes what is really there: log lines, findings, alerts and metrics."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import chainboy
from chainboy.node.checkup import judging
from chainboy.node.machine import TABLE, Event, State
from chainboy.node.watching.metrics import FIGURES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
ALERTS = re.findall(r"- alert: (\w+)", (ROOT / "examples" / "watching" / "alerts.yml").read_text())
PLACEHOLDER = re.compile(r"%[-\d.]*[a-z]|\0")
LEAST_LETTERS = 5
"""A message of fewer letters of its own could be anything."""


def signs() -> list[str]:
    """Everything that a table of incidents quotes in its first column."""
    tables = PAGE.partition("## Incidents")[2]
    rows = re.findall(r"^\| (.*?) \| .* \| .* \|$", tables, re.MULTILINE)
    return [sign for row in rows for sign in re.findall("`([^`]+)`", row)]


QUOTED = [sign for sign in signs() if " " in sign and "chainboy node:" not in sign]


def text_of(node: ast.AST) -> Iterator[str]:
    """The strings in the code, with a zero byte for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        parts = (str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
        yield "".join(parts)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


@cache
def messages() -> tuple[re.Pattern[str], ...]:
    """What the package can say, each as a pattern of what it says."""
    found = set()
    for path in Path(chainboy.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for text in text_of(node):
                fixed = PLACEHOLDER.split(text)
                if sum(letter.isalpha() for letter in "".join(fixed)) >= LEAST_LETTERS:
                    found.add(".*".join(map(re.escape, fixed)))
    return tuple(re.compile(pattern, re.DOTALL) for pattern in found)


def is_said(quoted: str) -> bool:
    """Whether the package says this, with anything in the place of each …."""
    return any(pattern.fullmatch(quoted.replace("…", "0")) for pattern in messages())


@pytest.mark.parametrize("quoted", QUOTED)
def test_a_quoted_message_is_in_the_code(quoted: str) -> None:
    """To the last letter."""
    end = quoted + " tasks under way" if quoted.endswith("under way") else quoted
    assert is_said(end) or is_said(f"… {quoted}")


def test_what_nobody_says_is_noticed() -> None:
    """The comparison can fail: a word changed, one left out, one too many."""
    assert is_said("… serves chain …, not …, and is not used any more")
    for wrong in (
        "… serves chain …, not …, and is not used any longer",
        "serves chain, and is not used any more",
        "… is jailed for ever",
    ):
        assert not is_said(wrong)


def test_transitions_are_in_the_table() -> None:
    """A line about a task's state names one that the state machine can write."""
    quoted = re.findall(r"`task 0x…: (\w+) -> (\w+) \(([\w ]+)\)`", PAGE)
    assert len(quoted) > 2
    for before, after, event in quoted:
        assert TABLE[State(before), Event(event)] is State(after)


def test_alerts_and_metrics_are_there() -> None:
    """Every alert has a row, and every metric that is named exists."""
    assert set(re.findall(r"ChainBoy[A-Z]\w+", PAGE)) == set(ALERTS)
    assert set(re.findall(r"chainboy_\w+", PAGE)) <= {figure.shown for figure in FIGURES}


def test_figures_of_capacity() -> None:
    """Those that the code has."""
    assert f"{judging.TASK_GAS:,} for a node's part in one task" in PAGE
    space = f"{judging.LITTLE_SPACE >> 30} GiB, and {judging.LEAST_SPACE >> 20} MiB"
    assert space in PAGE


def test_keys_and_places_are_there() -> None:
    """Keys of the configuration are those of the reference."""
    reference = (ROOT / "docs" / "reference-config.md").read_text()
    tables = dict(re.findall(r"^### `\[([\w.]+)\]`\n(.*?)(?=^##|\Z)", reference, re.MULTILINE | re.DOTALL))
    for table, key in re.findall(r"`((?:policy|pool|events\.polling|node)\b[\w.]*)\.(\w+)`", PAGE):
        if f"{table}.{key}" not in ("node.toml", "journal.sqlite"):
            assert f"| `{key}` |" in tables[table]
