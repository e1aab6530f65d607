"""Every mistake in a metadata block, each with its line.

The grammar itself tells one mistake at a time, and not always where. So the line at fault is found by
taking lines out: it is one without which the mistake is not made. Taken out, it shows the next.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from chainboy.errors import ProgramError
from chainboy.programs.block import CLOSING, OPENING
from chainboy.programs.metadata import Metadata, parse

MOST_MISTAKES = 16
MOST_LINES, MOST_TEXT = 200, 20_000
"""A longer block is searched for mistakes no further than the first that has no line of its own."""
_EMPTY = "#"
_NAMED = re.compile(r"^line (\d+) ")
_RUNTIME = '# runtime = "cpython-wasm:1"'


class Mistake(NamedTuple):
    """What is wrong with a block, and on which line of the file."""

    line: int
    message: str


class _Block(NamedTuple):
    """The lines of a block from the opening on, each with its number in the file."""

    lines: tuple[tuple[int, str], ...]

    def without(self, index: int) -> _Block:
        lines = list(self.lines)
        lines[index] = (lines[index][0], _EMPTY)
        return _Block(tuple(lines))

    def with_runtime(self) -> _Block:
        return _Block((self.lines[0], (self.lines[0][0], _RUNTIME), *self.lines[1:]))

    def mistake(self) -> str | None:
        try:
            checked("\n".join(line for _, line in self.lines).encode())
        except ProgramError as error:
            return str(error)
        return None


def checked(source: bytes) -> Metadata:
    """The metadata of ``source``, its types included; raises :class:`ProgramError`."""
    metadata = parse(source)
    _ = metadata.inputs, metadata.outputs
    return metadata


def mistakes(text: str) -> tuple[Mistake, ...]:
    """What is wrong with the metadata block of a program, in the order of its lines."""
    block = _block(text)
    if block is None:
        return _first(text)
    found: list[Mistake] = []
    while len(found) < MOST_MISTAKES and (message := block.mistake()) is not None:
        index = _place(block, message)
        found.append(Mistake(block.lines[index][0], _NAMED.sub("this line ", message)))
        if index:
            block = block.without(index)
        elif not any(re.match(r"#[ \t]+runtime[ \t]*=", line) for _, line in block.lines):
            block = block.with_runtime()
        else:
            break
    return tuple(sorted(found))


def _block(text: str) -> _Block | None:
    """The block with its end; None if it has none that can be told."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if lines.count(OPENING) != 1:
        return None
    start = lines.index(OPENING)
    if CLOSING not in lines[start:]:
        return None
    end = lines.index(CLOSING, start) + 1
    return _Block(tuple(enumerate(lines[start:end], start=start + 1)))


def _first(text: str) -> tuple[Mistake, ...]:
    """The one mistake of a file without a block."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    line = len(lines) - lines[::-1].index(OPENING) if OPENING in lines else 1
    try:
        checked(text.encode())
    except ProgramError as error:
        return (Mistake(line, str(error)),)
    return ()


def _place(block: _Block, message: str) -> int:
    """The index of the line at fault; 0, the opening, if it is none of them alone."""
    if named := _NAMED.match(message):
        return int(named[1]) - 1
    if len(block.lines) > MOST_LINES or sum(len(line) for _, line in block.lines) > MOST_TEXT:
        return 0
    alone = [index for index in range(1, len(block.lines) - 1) if block.without(index).mistake() != message]
    return alone[-1] if alone else 0
