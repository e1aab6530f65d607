"""A TOML file whose every table and key has its description as the comment above it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import attrs

_TABLE = re.compile(r"\[\[?([\w.-]+)\]\]?")
_KEY = re.compile(r"([\w-]+) = ")
_NOTE = re.compile(r"(?:\(([^)]*)\) )?(.*)")


@attrs.frozen
class Note:
    """A comment; ``unit`` stood in parentheses at its beginning."""

    unit: str
    meaning: str


@attrs.frozen
class Annotated:
    """The file's comments and values, under full names such as ``policy.min_price``."""

    notes: dict[str, Note]
    values: dict[str, Any]

    @classmethod
    def load(cls, path: Path) -> Annotated:
        """The file ``path``; a comment of several lines is one description."""
        notes: dict[str, Note] = {}
        values: dict[str, Any] = {}
        text = path.read_text()
        where, comment = "", []
        for line in text.splitlines():
            if line.startswith("# "):
                comment.append(line.removeprefix("# "))
                continue
            if found := _TABLE.match(line):
                where = name = found[1]
            elif found := _KEY.match(line):
                name = f"{where}.{found[1]}"
                values[name] = tomllib.loads(line)[found[1]]
            if found and comment:
                notes[name] = _note(" ".join(comment))
            comment = []
        return cls(notes, values)


def _note(text: str) -> Note:
    found = _NOTE.fullmatch(text)
    assert found is not None  # noqa: S101 - it matches anything
    return Note(unit=found[1] or "", meaning=found[2])
