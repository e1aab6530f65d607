"""The ABI types that programs declare: their grammar, and the values that fit them.

::

    type  = base , { "[]" | "[" size "]" }
    base  = "uint" bits | "int" bits | "bytes" count | "bool" | "address" | "string" | "bytes"
          | "(" type { "," type } ")"

``bits`` is a multiple of 8 up to 256, ``count`` 1 to 32, ``size`` a positive number below 2**16
without leading zeros; no spaces; at most 16 levels. These are the canonical names: ``uint`` is
refused, write ``uint256``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import attrs
from eth_utils.address import is_checksum_address, is_hex_address, to_checksum_address

from chainboy.errors import InputError, ProgramError

MAX_DEPTH = 16
"""Most levels of arrays and tuples in one type."""

MAX_ARRAY = 2**16 - 1
"""Most items of an array of fixed size."""

MAX_BITS = 256
"""Most bits of an integer."""

_BASE = re.compile(r"[a-z]+[0-9]*")
_SUFFIX = re.compile(r"\[((?:[1-9][0-9]{0,4})?)\]")
_ALIASES = {"uint": "uint256", "int": "int256", "byte": "bytes1"}
_INTEGER = re.compile(r"u?int([1-9][0-9]{0,2})")
_FIXED = re.compile(r"bytes([1-9]|[12][0-9]|3[0-2])")


@attrs.frozen
class Elementary:
    """A type without parts, by its canonical name."""

    name: str

    def __str__(self) -> str:
        return self.name


@attrs.frozen
class Array:
    """``size`` items of one type, or any number of them when ``size`` is None."""

    item: AbiType
    size: int | None

    def __str__(self) -> str:
        return f"{self.item}[{'' if self.size is None else self.size}]"


@attrs.frozen
class Tuple:
    """Values of several types, in order."""

    items: tuple[AbiType, ...]

    def __str__(self) -> str:
        return f"({','.join(map(str, self.items))})"


AbiType = Elementary | Array | Tuple


def parse_type(text: str) -> AbiType:
    """The type that ``text`` names; raises :class:`ProgramError` unless it is canonical."""
    parsed, rest = _type(text, text, MAX_DEPTH)
    if rest:
        raise _not_a_type(text)
    return parsed


def _not_a_type(text: str) -> ProgramError:
    hint = f", write {_ALIASES[text]!r}" if text in _ALIASES else ""
    return ProgramError(f"{text[:80]!r} is not a canonical ABI type{hint}")


def _type(text: str, whole: str, depth: int) -> tuple[AbiType, str]:
    """The type that ``text`` begins with, and what follows it."""
    if depth < 0:
        raise ProgramError(f"{whole[:80]!r} has more than {MAX_DEPTH} levels; flatten the type")
    parsed: AbiType
    if text.startswith("("):
        parsed, text = _tuple(text[1:], whole, depth - 1)
    else:
        base = _BASE.match(text)
        if base is None or not _is_elementary(base[0]):
            raise _not_a_type(whole)
        parsed, text = Elementary(base[0]), text[base.end() :]
    while suffix := _SUFFIX.match(text):
        size = int(suffix[1]) if suffix[1] else None
        depth -= 1
        if depth < 0 or (size or 0) > MAX_ARRAY:
            raise ProgramError(f"{whole[:80]!r} is too deep or too long; use at most {MAX_DEPTH} levels")
        parsed, text = Array(parsed, size), text[suffix.end() :]
    return parsed, text


def _tuple(text: str, whole: str, depth: int) -> tuple[Tuple, str]:
    items: list[AbiType] = []
    while True:
        item, text = _type(text, whole, depth)
        items.append(item)
        separator, text = text[:1], text[1:]
        if separator == ")":
            return Tuple(tuple(items)), text
        if separator != ",":
            raise _not_a_type(whole)


def _is_elementary(name: str) -> bool:
    if integer := _INTEGER.fullmatch(name):
        bits = int(integer[1])
        return bits % 8 == 0 and bits <= MAX_BITS
    return name in {"bool", "address", "string", "bytes"} or _FIXED.fullmatch(name) is not None


def fit(kind: AbiType, value: Any, where: str) -> Any:
    """``value`` in the one form its type has here; raises :class:`InputError` naming ``where``.

    Integers are ``int`` in range, ``bool`` is ``bool``, ``string`` is ``str``, ``bytes…`` are
    ``bytes`` of the exact length, ``address`` is 0x-hex text (returned in EIP-55 form), arrays become
    lists and tuples tuples. Nothing is rounded, padded or cut.
    """
    if isinstance(kind, Elementary):
        return _check_of(kind.name)(kind.name, value, where)
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise _misfit(where, str(kind), value)
    if isinstance(kind, Array):
        _check_count(where, str(kind), kind.size, value)
        return [fit(kind.item, item, f"{where}[{i}]") for i, item in enumerate(value)]
    _check_count(where, str(kind), len(kind.items), value)
    return tuple(fit(k, v, f"{where}[{i}]") for i, (k, v) in enumerate(zip(kind.items, value, strict=True)))


def _check_count(where: str, kind: str, size: int | None, value: Sequence[Any]) -> None:
    if size is not None and len(value) != size:
        raise InputError(f"{where} is a {kind} and takes {size} items, not {len(value)}")


def _misfit(where: str, kind: str, value: object) -> InputError:
    return InputError(f"{where} is a {kind}; {_brief(value)} does not fit it")


def _brief(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        text = f"{value:#x}" if abs(value) >= 2**64 else str(value)
    else:
        text = f"{type(value).__name__} {value!r}"
    return text if len(text) <= 100 else f"{text[:100]}…"  # noqa: PLR2004 (a line's worth)


def _check_of(name: str) -> Callable[[str, Any, str], Any]:
    if name.startswith(("uint", "int")):
        return _integer
    return {"bool": _boolean, "address": _address, "string": _string}.get(name, _bytes)


def _integer(kind: str, value: Any, where: str) -> int:
    bits = int(kind.lstrip("uint"))
    low, high = (0, 2**bits) if kind.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value < high:
        raise _misfit(where, kind, value)
    return int(value)


def _boolean(kind: str, value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise _misfit(where, kind, value)
    return value


def _string(kind: str, value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise _misfit(where, kind, value)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _misfit(where, kind, value) from error
    return value


def _bytes(kind: str, value: Any, where: str) -> bytes:
    size = kind.removeprefix("bytes")
    if not isinstance(value, bytes | bytearray) or (size and len(value) != int(size)):
        raise _misfit(where, kind, value)
    return bytes(value)


def _address(kind: str, value: Any, where: str) -> str:
    if not isinstance(value, str) or not is_hex_address(value) or not value.startswith("0x"):
        raise _misfit(where, kind, value)
    digits = value[2:]
    if digits not in (digits.lower(), digits.upper()) and not is_checksum_address(value):
        raise InputError(f"{where} is an address whose checksum is wrong; check {value} for a typing error")
    return to_checksum_address(value)
