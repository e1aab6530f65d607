"""The wire format of protocol buffers, as far as blocks use it: fields in order, bounded, never recursive."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

import attrs

from chainboy.errors import EncodingError

_LONGEST_VARINT = 10
_BITS = 64
_MORE = 0x80
_MOST_FIELD_NUMBER = (1 << 29) - 1


class Wire(IntEnum):
    """How a field's value is written; groups, which nothing uses any more, are refused."""

    VARINT = 0
    FIXED64 = 1
    BYTES = 2
    FIXED32 = 5


@attrs.frozen
class Field:
    """One field of a message: a number below 2^64 for a varint, else the bytes as they stand."""

    number: int
    wire: Wire
    value: int | bytes

    def integer(self) -> int:
        """The value of a field that must be a varint."""
        if not isinstance(self.value, int):
            raise EncodingError(f"field {self.number} of a block is no number")
        return self.value

    def blob(self) -> bytes:
        """The value of a field that must be bytes or a message."""
        if self.wire is not Wire.BYTES or not isinstance(self.value, bytes):
            raise EncodingError(f"field {self.number} of a block is not bytes")
        return self.value


def fields(data: bytes) -> Iterator[Field]:
    """The fields of the message ``data``; :class:`~chainboy.errors.EncodingError` where it is none."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if not 1 <= number <= _MOST_FIELD_NUMBER or kind not in tuple(Wire):
            raise EncodingError("a block holds a field of no known kind")
        wire = Wire(kind)
        if wire is Wire.VARINT:
            value, at = _varint(data, at)
            yield Field(number, wire, value)
            continue
        if wire is Wire.BYTES:
            size, at = _varint(data, at)
        else:
            size = 8 if wire is Wire.FIXED64 else 4
        if size > len(data) - at:
            raise EncodingError("a block ends within a field")
        yield Field(number, wire, data[at : at + size])
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * index
        if byte < _MORE:
            if value >> _BITS:
                break
            return value, at + index + 1
    raise EncodingError("a number in a block does not end, or has more than 64 bits")
