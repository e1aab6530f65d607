"""The lines of a metadata block as tables of values: the grammar of :mod:`chainboy.programs.metadata`."""

from __future__ import annotations

import re

import attrs

from chainboy.errors import ProgramError

OPENING = "# /// chainboy"
CLOSING = "# ///"

_NAME = r"[A-Za-z0-9_-]{1,64}"
_STRING = r'"[^"\\\x00-\x1f\x7f]*"'
_END = r"[ \t]*(?:#[^\x00-\x08\x0a-\x1f\x7f]*)?"
_BLANK = re.compile(_END)
_TABLE = re.compile(rf"[ \t]*\[[ \t]*(?:files|(sources|combined)[ \t]*\.[ \t]*({_NAME}))[ \t]*\]{_END}")
_PAIR = re.compile(
    rf"[ \t]*({_NAME})[ \t]*=[ \t]*"
    rf"(?:({_STRING})|(0|[1-9][0-9]{{0,8}})"
    rf"|(\[[ \t]*(?:{_STRING}(?:[ \t]*,[ \t]*{_STRING})*[ \t]*(?:,[ \t]*)?)?\])){_END}"
)
_ITEM = re.compile(_STRING)

Value = str | int | tuple[str, ...]


@attrs.define
class Table:
    """One table of the block; what is taken from it is gone, and ``finish`` refuses the rest."""

    title: str
    _values: dict[str, Value] = attrs.field(factory=dict)

    def add(self, key: str, value: Value) -> None:
        """Take in ``key``; raises :class:`ProgramError` when it is there already."""
        if key in self._values:
            raise ProgramError(f"{self.title} has the key {key!r} twice; keep one")
        self._values[key] = value

    def keys(self) -> tuple[str, ...]:
        """The keys not taken yet, as they stand in the block."""
        return tuple(self._values)

    def string(self, key: str) -> str:
        """Take the string ``key``."""
        value = self._values.pop(key, None)
        if not isinstance(value, str):
            raise ProgramError(f'{self.title} needs {key} = "…", a string in double quotes')
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        """Take the list of strings ``key``; empty when absent."""
        value = self._values.pop(key, ())
        if not isinstance(value, tuple):
            raise ProgramError(f'{self.title} needs {key} = ["…", "…"], a list of strings')
        return value

    def number(self, key: str, default: int) -> int:
        """Take the number ``key``; ``default`` when absent."""
        value = self._values.pop(key, default)
        if not isinstance(value, int):
            raise ProgramError(f"{self.title} needs {key} = a whole number without sign")
        return value

    def finish(self) -> None:
        """Refuse keys nobody knows: a later version may give them a meaning."""
        for key in self._values:
            raise ProgramError(f"{self.title} has the unknown key {key!r}; remove it")


def read_block(text: str) -> dict[tuple[str, ...], Table]:
    """The tables of the block in ``text`` by path; the one before the first header has the path ()."""
    table = Table("the metadata block")
    tables: dict[tuple[str, ...], Table] = {(): table}
    for number, content in _contents(text):
        if _BLANK.fullmatch(content):
            continue
        if header := _TABLE.fullmatch(content):
            path: tuple[str, ...] = (header[1], header[2]) if header[1] else ("files",)
            if path in tables:
                raise ProgramError(f"line {number} opens [{'.'.join(path)}] a second time; join the two")
            table = tables[path] = Table(f"[{'.'.join(path)}]")
        elif pair := _PAIR.fullmatch(content):
            table.add(pair[1], _value(pair))
        else:
            raise ProgramError(f"line {number} cannot be read as metadata: {content.strip()[:80]!r}")
    return tables


def _contents(text: str) -> list[tuple[int, str]]:
    """The block's content lines with their line numbers, counted from 1."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if lines.count(OPENING) != 1:
        raise ProgramError(f"a program has exactly one line {OPENING!r}, this one {lines.count(OPENING)}")
    first = lines.index(OPENING) + 1
    contents: list[tuple[int, str]] = []
    for number, line in enumerate(lines[first:], start=first + 1):
        if line == CLOSING:
            return contents
        if line != "#" and not line.startswith("# "):
            raise ProgramError(f"line {number} stands in the metadata block and does not begin with '# '")
        contents.append((number, line[2:]))
    raise ProgramError(f"the metadata block has no end; close it with a line {CLOSING!r}")


def _value(pair: re.Match[str]) -> Value:
    if pair[2] is not None:
        return pair[2][1:-1]
    if pair[3] is not None:
        return int(pair[3])
    return tuple(item[1:-1] for item in _ITEM.findall(pair[4]))
