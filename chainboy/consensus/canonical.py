"""Canonical JSON: one text for one value, so that every byte of it counts.

Fixed order of keys, two spaces of indent, ASCII, a line feed at the end; integers are decimal strings
without leading zeros, bytes lower-case hex with 0x, addresses EIP-55.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from chainboy.consensus.fields import address_bytes
from chainboy.errors import EncodingError
from chainboy.units import Address

Tree = dict[str, object]
"""What becomes one JSON object: keys in order; values are str, None, lists and trees."""

T = TypeVar("T")
"""What a text stands for."""

MAX_BRACKETS = 512
"""Most objects and lists of one text: a proof has one for each of at most 256 nodes, and a dozen more."""

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,77}")
_HEX = re.compile(r"0x(?:[0-9a-f]{2})*")


def hexed(data: bytes) -> str:
    """Lower-case hex with 0x."""
    return "0x" + data.hex()


def dumps(tree: Tree) -> str:
    """The text of a tree."""
    return json.dumps(tree, indent=2) + "\n"


def parse(text: str | bytes, read: Callable[[Fields], T], write: Callable[[T], str]) -> T:
    """The value in ``text``, which must be what ``write`` makes of it to the byte.

    Raises :class:`EncodingError`, naming the field or the line that is wrong.
    """
    value = read(loads(text))
    written = write(value)
    given = text if isinstance(text, str) else text.decode("ascii")
    if given != written:
        pairs = zip(given.splitlines(), written.splitlines(), strict=False)
        line = next((i for i, (one, other) in enumerate(pairs, 1) if one != other), "last")
        raise EncodingError(f"line {line} is not in the canonical form; fetch the file again")
    return value


def loads(text: str | bytes) -> Fields:
    """The fields of the JSON object in ``text``; raises ``EncodingError`` when it has none."""
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    # Deep nesting overflows the parser's stack: some libraries lift the interpreter's own limit.
    if data.count(b"[") + data.count(b"{") > MAX_BRACKETS:
        raise EncodingError("the file holds more objects than any round has nodes; fetch the file again")
    try:
        value = json.loads(data.decode("ascii"))
    except ValueError as error:
        raise EncodingError(f"the file is no JSON text; fetch it again ({error})") from error
    return Fields(value, "the file")


class Fields:
    """The fields of one JSON object; whatever has not its form raises ``EncodingError``, naming its path."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise EncodingError(f"{path} is no JSON object; fetch the file again")
        self._values: Mapping[str, object] = value
        self._path = path

    def _name(self, key: str) -> str:
        return key if self._path == "the file" else f"{self._path}.{key}"

    def _value(self, key: str) -> object:
        if key not in self._values:
            raise EncodingError(f"{self._name(key)} is missing; fetch the whole file")
        return self._values[key]

    def is_null(self, key: str) -> bool:
        """Whether the field is ``null``."""
        return self._value(key) is None

    def integer(self, key: str) -> int:
        """A decimal string."""
        return _integer(self._value(key), self._name(key))

    def data(self, key: str) -> bytes:
        """Bytes in hex."""
        return _data(self._value(key), self._name(key))

    def address(self, key: str) -> Address:
        """An EIP-55 address."""
        text = self._value(key)
        try:
            address_bytes(Address(str(text)))
        except EncodingError as error:
            raise EncodingError(f"{self._name(key)} is no EIP-55 address: {error}") from error
        return Address(str(text))

    def one_of(self, key: str, names: Collection[str]) -> str:
        """One of some words."""
        text = self._value(key)
        if not isinstance(text, str) or text not in names:
            raise EncodingError(f"{self._name(key)} is none of {', '.join(names)}")
        return text

    def fields(self, key: str) -> Fields:
        """An object."""
        return Fields(self._value(key), self._name(key))

    def field_list(self, key: str) -> list[Fields]:
        """A list of objects."""
        return [Fields(value, f"{self._name(key)}[{i}]") for i, value in enumerate(self._list(key))]

    def integer_list(self, key: str) -> list[int]:
        """A list of decimal strings."""
        return [_integer(value, f"{self._name(key)}[{i}]") for i, value in enumerate(self._list(key))]

    def data_list(self, key: str) -> list[bytes]:
        """A list of bytes in hex."""
        return [_data(value, f"{self._name(key)}[{i}]") for i, value in enumerate(self._list(key))]

    def _list(self, key: str) -> Sequence[object]:
        value = self._value(key)
        if not isinstance(value, list):
            raise EncodingError(f"{self._name(key)} is no list; fetch the file again")
        return value


def _integer(value: object, name: str) -> int:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise EncodingError(f"{name} is no decimal string; fetch the file again")
    return int(value)


def _data(value: object, name: str) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise EncodingError(f"{name} is no lower-case hex with 0x; fetch the file again")
    return bytes.fromhex(value[2:])
