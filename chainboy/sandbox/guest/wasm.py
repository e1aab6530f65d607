"""Just enough of the WebAssembly binary format to take a module apart and put it together again.

Rule: WebAssembly core specification 2.0, section 5. Only the artifact's build uses it.
"""
# ruff: noqa: PLR2004 (opcodes and bit masks, as the specification writes them)

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

MODULE_HEADER = b"\0asm\1\0\0\0"
COMPONENT_HEADER = b"\0asm\x0d\0\1\0"

# Immediates by opcode: how many LEB128 numbers follow. Absent: an instruction that is not handled.
_NUMBERS = {
    **dict.fromkeys([0x00, 0x01, 0x05, 0x0B, 0x0F, 0x1A, 0x1B, 0xD1, *range(0x45, 0xC5)], 0),
    **dict.fromkeys([0x02, 0x03, 0x04, 0x0C, 0x0D, 0x10, *range(0x20, 0x27)], 1),
    **dict.fromkeys([0x3F, 0x40, 0x41, 0x42, 0xD0, 0xD2], 1),
    **dict.fromkeys([0x11, *range(0x28, 0x3F)], 2),
}
_PREFIXED_NUMBERS = dict(enumerate([0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1]))


class Section(NamedTuple):
    """One section: its id and its content."""

    kind: int
    body: bytes


def uleb(number: int) -> bytes:
    """``number`` as unsigned LEB128."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def sleb(number: int) -> bytes:
    """``number`` as signed LEB128."""
    out = bytearray()
    while not -0x40 <= number < 0x40:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number & 0x7F)
    return bytes(out)


def read(data: bytes, at: int) -> tuple[int, int]:
    """The unsigned LEB128 number at ``at``, and where it ends."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, at


def sections(data: bytes) -> Iterator[Section]:
    """The sections of a module or component, in order."""
    at = len(MODULE_HEADER)
    while at < len(data):
        kind = data[at]
        size, at = read(data, at + 1)
        yield Section(kind, data[at : at + size])
        at += size


def join(header: bytes, parts: list[Section]) -> bytes:
    """The module or component with these sections."""
    return header + b"".join(bytes([part.kind]) + uleb(len(part.body)) + part.body for part in parts)


def instructions(code: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """(opcode, start, end) of each instruction of an expression that starts at ``at``."""
    size = len(code)
    while at < size:
        start, opcode = at, code[at]
        at += 1
        if (count := _NUMBERS.get(opcode)) is None:
            count, at = _unusual(code, opcode, at)
        while count:
            while code[at] > 0x7F:
                at += 1
            at += 1
            count -= 1
        yield opcode, start, at


def _unusual(code: bytes, opcode: int, at: int) -> tuple[int, int]:
    if opcode == 0x43:
        return 0, at + 4
    if opcode == 0x44:
        return 0, at + 8
    if opcode == 0x0E:  # br_table
        count, at = read(code, at)
        return count + 1, at
    if opcode == 0x1C:  # select with types
        return read(code, at)
    if opcode == 0xFC:
        kind, at = read(code, at)
        return _PREFIXED_NUMBERS[kind], at
    raise ValueError(f"instruction {opcode:#x} is not handled")


def vector(body: bytes) -> Iterator[bytes]:
    """The size-prefixed items of a code section."""
    count, at = read(body, 0)
    for _ in range(count):
        size, at = read(body, at)
        yield body[at : at + size]
        at += size
