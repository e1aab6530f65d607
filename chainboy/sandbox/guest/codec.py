"""The contract ABI, strictly: one encoding for a value, one value for an encoding, no third party.

Rule: protocol, section 6 "Outcome" (input and result are decoded and encoded inside the runtime) and
the Solidity ABI specification. Encoding is canonical (offsets in order, nothing between or behind,
padding zero), and decoding accepts nothing else.

=============  ==========================================================================
type           Python value
=============  ==========================================================================
uintN, intN    ``int`` (a ``bool`` or ``float`` is refused), N = 8 … 256
bool           ``bool``
address        ``str``: ``0x`` and 40 lower-case hex digits; either case is taken back
bytesN         ``bytes`` of exactly N bytes, N = 1 … 32
bytes          ``bytes`` (``bytearray`` is taken back)
string         ``str``, UTF-8
T[], T[k]      ``list`` (``tuple`` is taken back), k ≥ 1
(T1,T2,…)      ``tuple`` (``list`` is taken back), at least one component
=============  ==========================================================================
"""
# ruff: noqa: D102 (said once, in AbiType)

from __future__ import annotations

import re
from typing import Any

WORD = 32
BITS = 256
MAX_DEPTH = 16
"""Deepest nesting of arrays and tuples in a type."""
MAX_HEAD = 1 << 32
"""Largest static size of a type, in bytes."""

_ELEMENTARY = re.compile(r"(?:(uint|int|bytes)([1-9][0-9]{0,2})|bool|address|bytes|string)(?![a-z0-9])")
_SUFFIX = re.compile(r"\[([1-9][0-9]{0,9})?\]")
_NAME = re.compile(r"[ \t]+[A-Za-z_$][A-Za-z0-9_$]*")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class AbiError(ValueError):
    """A type is not known, a value does not fit its type, or bytes are not a canonical encoding."""


class AbiType:
    """One type: its static size in bytes, whether it is dynamic, and both directions."""

    dynamic = False
    head = WORD

    def encode(self, value: Any) -> bytes:
        """The encoding of ``value``; raises :class:`AbiError`."""
        raise NotImplementedError

    def decode(self, data: bytes, at: int) -> tuple[Any, int]:
        """The value encoded at ``at``, and where its encoding ends; raises :class:`AbiError`."""
        raise NotImplementedError


class Integer(AbiType):
    """uintN and intN."""

    def __init__(self, bits: int, *, signed: bool) -> None:
        self.signed = signed
        self.low, self.high = (-(1 << bits - 1), 1 << bits - 1) if signed else (0, 1 << bits)

    def encode(self, value: Any) -> bytes:
        kind = type(value)
        if kind is bool or not issubclass(kind, int):
            raise AbiError("an integer is needed here")
        number = int.__int__(value)
        if not self.low <= number < self.high:
            raise AbiError("this integer does not fit its type")
        return number.to_bytes(WORD, "big", signed=self.signed)

    def decode(self, data: bytes, at: int) -> tuple[Any, int]:
        number = int.from_bytes(_word(data, at), "big", signed=self.signed)
        if not self.low <= number < self.high:
            raise AbiError("this integer does not fit its type")
        return number, at + WORD


class Bool(AbiType):
    """True and False, nothing like them."""

    def encode(self, value: Any) -> bytes:
        if type(value) is not bool:
            raise AbiError("True or False is needed here")
        return value.to_bytes(WORD, "big")

    def decode(self, data: bytes, at: int) -> tuple[Any, int]:
        number = _size(data, at)
        if number > 1:
            raise AbiError("a bool is 0 or 1")
        return number == 1, at + WORD


class AddressType(AbiType):
    """An account, as text; checksums are not looked at, for the runtime has no keccak256."""

    def encode(self, value: Any) -> bytes:
        text = _exact_text(value)
        if not _ADDRESS.fullmatch(text):
            raise AbiError("an address is 0x and 40 hex digits")
        return bytes(12) + bytes.fromhex(text[2:])

    def decode(self, data: bytes, at: int) -> tuple[Any, int]:
        word = _word(data, at)
        if any(word[:12]):
            raise AbiError("an address has 20 bytes")
        return "0x" + word[12:].hex(), at + WORD


class FixedBytes(AbiType):
    """bytes1 … bytes32."""

    def __init__(self, size: int) -> None:
        self.size = size

    def encode(self, value: Any) -> bytes:
        data = _exact_bytes(value)
        if len(data) != self.size:
            raise AbiError("these bytes have another length than their type")
        return data.ljust(WORD, b"\0")

    def decode(self, data: bytes, at: int) -> tuple[Any, int]:
        word = _word(data, at)
        if any(word[self.size :]):
            raise AbiError("padding is not zero")
        return word[: self.size], at + WORD


class Bytes(AbiType):
    """Bytes of any length."""

    dynamic = True

    def encode(self, value: Any) -> bytes:
        data = _exact_bytes(value)
        return len(data).to_bytes(WORD, "big") + data + bytes(-len(data) % WORD)

    def decode(self, data: bytes, at: int) -> tuple[Any, int]:
        size, start = _size(data, at), at + WORD
        end = start + size + -size % WORD
        if end > len(data):
            raise AbiError("the data ends too early")
        if any(data[start + size : end]):
            raise AbiError("padding is not zero")
        return data[start : start + size], end


class String(Bytes):
    """Text, as UTF-8."""

    def encode(self, value: Any) -> bytes:
        try:
            return super().encode(_exact_text(value).encode())
        except UnicodeEncodeError:
            raise AbiError("this text has no UTF-8 encoding") from None

    def decode(self, data: bytes, at: int) -> tuple[Any, int]:
        raw, end = super().decode(data, at)
        try:
            return raw.decode(), end
        except UnicodeDecodeError:
            raise AbiError("this text is not UTF-8") from None


class Tuple(AbiType):
    """Several values in order."""

    def __init__(self, parts: list[AbiType]) -> None:
        self.parts = parts
        self.dynamic = any(part.dynamic for part in parts)
        self.static = _bounded(sum(WORD if part.dynamic else part.head for part in parts))
        self.head = WORD if self.dynamic else self.static

    def encode(self, value: Any) -> bytes:
        items = items_of(value)
        if len(items) != len(self.parts):
            raise AbiError("another number of values is needed here")
        return _join(self.parts, items, self.static)

    def decode(self, data: bytes, at: int) -> tuple[Any, int]:
        items, end = _split(self.parts, data, at, self.static)
        return tuple(items), end


class FixedArray(AbiType):
    """T[k]."""

    def __init__(self, part: AbiType, count: int) -> None:
        self.part, self.count, self.dynamic = part, count, part.dynamic
        self.static = _bounded(count * (WORD if part.dynamic else part.head))
        self.head = WORD if self.dynamic else self.static

    def encode(self, value: Any) -> bytes:
        items = items_of(value)
        if len(items) != self.count:
            raise AbiError("another number of items is needed here")
        return _join([self.part] * self.count, items, self.static)

    def decode(self, data: bytes, at: int) -> tuple[Any, int]:
        if at + self.static > len(data):
            raise AbiError("the data ends too early")
        return _split([self.part] * self.count, data, at, self.static)


class Array(AbiType):
    """T[]."""

    dynamic = True

    def __init__(self, part: AbiType) -> None:
        self.part = part
        self.step = WORD if part.dynamic else part.head

    def encode(self, value: Any) -> bytes:
        items = items_of(value)
        body = _join([self.part] * len(items), items, len(items) * self.step)
        return len(items).to_bytes(WORD, "big") + body

    def decode(self, data: bytes, at: int) -> tuple[Any, int]:
        count, start = _size(data, at), at + WORD
        if start + count * self.step > len(data):
            raise AbiError("the data ends too early")
        return _split([self.part] * count, data, start, count * self.step)


def parse(declaration: str) -> AbiType:
    """The type that ``declaration`` names: ``uint256``, ``(bytes32,int8)[] pairs``; raises AbiError."""
    kind, at = _parse(declaration, 0, 0)
    name = _NAME.match(declaration, at)
    if (name.end() if name else at) != len(declaration):
        raise AbiError("this is no type of the contract ABI")
    return kind


def encode(types: list[AbiType], values: list[Any]) -> bytes:
    """``values`` as a function's arguments; no types, no bytes. Raises :class:`AbiError`."""
    if len(types) != len(values):
        raise AbiError("another number of values is needed here")
    return _join(types, values, _static(types))


def decode(types: list[AbiType], data: bytes) -> list[Any]:
    """The values of which ``data`` is the canonical encoding; raises :class:`AbiError`."""
    values, end = _split(types, data, 0, _static(types))
    if end != len(data):
        raise AbiError("there is more data than its types ask for")
    return values


def items_of(value: Any) -> list[Any]:
    """The items of a list or tuple; raises :class:`AbiError` for anything else."""
    # The real type and its own iteration: no code of the value's class runs here.
    if issubclass(type(value), list):
        return list(list.__iter__(value))
    if issubclass(type(value), tuple):
        return list(tuple.__iter__(value))
    raise AbiError("a list or tuple is needed here")


def _static(types: list[AbiType]) -> int:
    return sum(WORD if kind.dynamic else kind.head for kind in types)


def _parse(text: str, at: int, depth: int) -> tuple[AbiType, int]:
    if depth > MAX_DEPTH:
        raise AbiError("this type is nested too deep")
    if text.startswith("(", at):
        kind, at = _parse_tuple(text, at + 1, depth)
    else:
        match = _ELEMENTARY.match(text, at)
        if not match:
            raise AbiError("this is no type of the contract ABI")
        kind, at = _elementary(match), match.end()
    while match := _SUFFIX.match(text, at):
        depth += 1
        if depth > MAX_DEPTH:
            raise AbiError("this type is nested too deep")
        kind, at = FixedArray(kind, int(match[1])) if match[1] else Array(kind), match.end()
    return kind, at


def _parse_tuple(text: str, at: int, depth: int) -> tuple[AbiType, int]:
    parts = []
    while True:
        part, at = _parse(text, at, depth + 1)
        parts.append(part)
        if text.startswith(")", at):
            return Tuple(parts), at + 1
        if not text.startswith(",", at):
            raise AbiError("this is no type of the contract ABI")
        at += 1


def _elementary(match: re.Match[str]) -> AbiType:
    family, number = match[1], int(match[2] or 0)
    if family == "bytes" and number <= WORD:
        return FixedBytes(number)
    if family in ("uint", "int") and number <= BITS and number % 8 == 0:
        return Integer(number, signed=family == "int")
    if family:
        raise AbiError("this is no type of the contract ABI")
    return {"bool": Bool, "address": AddressType, "bytes": Bytes, "string": String}[match[0]]()


def _bounded(head: int) -> int:
    if head > MAX_HEAD:
        raise AbiError("this type is too large")
    return head


def _word(data: bytes, at: int) -> bytes:
    word = data[at : at + WORD]
    if len(word) != WORD:
        raise AbiError("the data ends too early")
    return word


def _size(data: bytes, at: int) -> int:
    return int.from_bytes(_word(data, at), "big")


def _join(types: list[AbiType], values: list[Any], static: int) -> bytes:
    heads, tails = [], []
    at = static
    for kind, value in zip(types, values, strict=True):
        encoded = kind.encode(value)
        if kind.dynamic:
            heads.append(at.to_bytes(WORD, "big"))
            tails.append(encoded)
            at += len(encoded)
        else:
            heads.append(encoded)
    return b"".join(heads + tails)


def _split(types: list[AbiType], data: bytes, base: int, static: int) -> tuple[list[Any], int]:
    values = []
    at, tail = base, base + static
    for kind in types:
        if kind.dynamic:
            if _size(data, at) != tail - base:
                raise AbiError("an offset is not where the canonical encoding has it")
            value, tail = kind.decode(data, tail)
            at += WORD
        else:
            value, at = kind.decode(data, at)
        values.append(value)
    return values, tail


def _exact_text(value: Any) -> str:
    if type(value) is not str:
        raise AbiError("a str is needed here")
    return value


def _exact_bytes(value: Any) -> bytes:
    if type(value) is bytearray:
        return bytes(value)
    if type(value) is not bytes:
        raise AbiError("bytes are needed here")
    return value
