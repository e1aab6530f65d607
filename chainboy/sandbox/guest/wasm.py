"""Just enough of the WebAssembly binary format to take modules apart and put them together again.

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


CUSTOM, TYPE, IMPORT, FUNCTION, GLOBAL, EXPORT, CODE = 0, 1, 2, 3, 6, 7, 10
"""Kinds of sections."""


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


def read_signed(data: bytes, at: int) -> int:
    """The signed LEB128 number at ``at``."""
    number, end = read(data, at)
    bits = 7 * (end - at)
    return number - (1 << bits) if data[end - 1] & 0x40 else number


def text(data: bytes, at: int) -> tuple[str, int]:
    """The name at ``at``, and where it ends."""
    size, at = read(data, at)
    return data[at : at + size].decode(), at + size


def packed(name: str) -> bytes:
    """``name`` with its size before it."""
    data = name.encode()
    return uleb(len(data)) + data


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


class Import(NamedTuple):
    """One import: where it comes from, what it is, and the bytes that say so from ``kind`` on."""

    module: str
    name: str
    kind: int
    rest: bytes


def imports(body: bytes) -> Iterator[Import]:
    """The entries of an import section."""
    count, at = read(body, 0)
    for _ in range(count):
        module, at = text(body, at)
        name, start = text(body, at)
        kind, at = body[start], start + 1
        if kind == 0:
            _, at = read(body, at)
        elif kind == 3:
            at += 2
        else:  # a table (after its element type) or a memory: limits
            at += kind == 1
            bounded = body[at] & 1
            _, at = read(body, at + 1)
            if bounded:
                _, at = read(body, at)
        yield Import(module, name, kind, body[start:at])


class Export(NamedTuple):
    """One export: its name, what it is, and its number among those."""

    name: str
    kind: int
    number: int


def exports(body: bytes) -> Iterator[Export]:
    """The entries of an export section."""
    count, at = read(body, 0)
    for _ in range(count):
        name, at = text(body, at)
        kind = body[at]
        number, at = read(body, at + 1)
        yield Export(name, kind, number)


def export_section(entries: list[Export]) -> Section:
    """The section with these entries."""
    rows = [packed(entry.name) + bytes([entry.kind]) + uleb(entry.number) for entry in entries]
    return Section(EXPORT, uleb(len(rows)) + b"".join(rows))


def code_section(bodies: list[bytes]) -> Section:
    """The section with these function bodies."""
    return Section(CODE, uleb(len(bodies)) + b"".join(uleb(len(body)) + body for body in bodies))


def code_start(body: bytes) -> int:
    """Where the code of a function starts, behind its locals."""
    groups, at = read(body, 0)
    for _ in range(groups):
        _, at = read(body, at)
        at += 1
    return at


def function_named(parts: list[Section], wanted: str) -> int | None:
    """The index of the function of this name, by the module's name section."""
    for part in parts:
        if part.kind == CUSTOM and part.body.startswith(b"\4name"):
            at = 5
            while at < len(part.body):
                kind = part.body[at]
                size, at = read(part.body, at + 1)
                if kind == 1:
                    return _listed(part.body[at : at + size], wanted)
                at += size
    return None


def _listed(names: bytes, wanted: str) -> int | None:
    count, at = read(names, 0)
    for _ in range(count):
        number, at = read(names, at)
        name, at = text(names, at)
        if name == wanted:
            return number
    return None
