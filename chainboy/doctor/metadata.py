"""Every mistake in a metadata block, each with its line.

The grammar itself tells one mistake at a time, and not always where. So the line at fault is found by
taking lines out: it is one without which the mistake is not made. Mended, it shows the next mistake.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from chainboy.errors import ProgramError
from chainboy.programs.block import CLOSING, OPENING
from chainboy.programs.metadata import Metadata, parse

MOST_MISTAKES = 16
MOST_LINES, MOST_TEXT = 200, 20_000
"""In a longer block a mistake that has no line of its own is told at the opening."""
_EMPTY = "#"
_RUNTIME = '# runtime = "cpython-wasm:1"'
_PLACED = re.compile(r"^line (\d+) ")
_KEY = re.compile(r"#[ \t]+([A-Za-z0-9_-]+)[ \t]*=")
_KEYS_TOLD = re.compile(r"needs (\S+) =|'([^']+)'|usable (url)")
_TABLE = re.compile(r"#[ \t]+\[")
_WHOLE = re.compile(r"#[ \t]+\[[ \t]*(sources|combined)")


class Mistake(NamedTuple):
    """What is wrong with a block, and on which line of the file."""

    line: int
    message: str


class _Line(NamedTuple):
    """A line of the block, and where it stands in the file."""

    number: int
    text: str

    @property
    def key(self) -> str:
        found = _KEY.match(self.text)
        return found[1] if found else ""


def checked(source: bytes) -> Metadata:
    """The metadata of ``source``, its types included; raises :class:`ProgramError`."""
    metadata = parse(source)
    _ = metadata.inputs, metadata.outputs
    return metadata


def mistakes(text: str) -> tuple[Mistake, ...]:
    """What is wrong with the metadata block of a program, in the order of its lines."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    block = _block(lines)
    if block is None:
        message = _mistake([_Line(number, line) for number, line in enumerate(lines, start=1)])
        last = len(lines) - lines[::-1].index(OPENING) if OPENING in lines else 1
        return () if message is None else (Mistake(last, message),)
    found: list[Mistake] = []
    while len(found) < MOST_MISTAKES and (message := _mistake(block)) is not None:
        index = _place(block, message)
        found.append(Mistake(block[index].number, _PLACED.sub("this line ", message)))
        if index == 0 and any(line.key == "runtime" for line in block):
            break  # nothing that could be mended
        block = _mended(block, index, whole_table=_PLACED.match(message) is None)
    return tuple(sorted(found))


def _block(lines: list[str]) -> list[_Line] | None:
    """The block from its opening to its end; None if that cannot be told."""
    if lines.count(OPENING) != 1:
        return None
    start = lines.index(OPENING)
    if CLOSING not in lines[start:]:
        return None
    end = lines.index(CLOSING, start) + 1
    return [_Line(number, line) for number, line in enumerate(lines[start:end], start=start + 1)]


def _mistake(block: list[_Line]) -> str | None:
    try:
        checked("\n".join(line.text for line in block).encode())
    except ProgramError as error:
        return str(error)
    return None


def _place(block: list[_Line], message: str) -> int:
    """The index of the line at fault; 0, the opening, if it is none of them."""
    if named := _PLACED.match(message):
        return int(named[1]) - 1
    if len(block) > MOST_LINES or sum(len(line.text) for line in block) > MOST_TEXT:
        return 0
    inner = range(1, len(block) - 1)
    keys = {key for groups in _KEYS_TOLD.findall(message) for key in groups if key}
    told = [index for index in inner if block[index].key in keys]
    alone = [index for index in inner if _mistake(_without(block, index)) != message]
    both = [index for index in told if index in alone]
    return (both or alone or told or [0])[-1]


def _without(block: list[_Line], index: int, text: str = _EMPTY) -> list[_Line]:
    return [*block[:index], block[index]._replace(text=text), *block[index + 1 :]]


def _mended(block: list[_Line], index: int, *, whole_table: bool) -> list[_Line]:
    """The block without the mistake at ``index``, and without what would be wrong for its lack alone."""
    if index == 0:
        return [block[0], _Line(block[0].number, _RUNTIME), *block[1:]]
    if [line.key for line in block].count("runtime") == 1 and block[index].key == "runtime":
        return _without(block, index, _RUNTIME)
    tables = [at for at in range(1, index + 1) if _TABLE.match(block[at].text)]
    first, last = index, index + 1
    if whole_table and tables and _WHOLE.match(block[tables[-1]].text):
        first = tables[-1]
        while last < len(block) - 1 and not _TABLE.match(block[last].text):
            last += 1
    for at in range(first, last):
        block = _without(block, at)
    return block
