"""Hostile JSON, read so that its numbers keep their digits and looking through it cannot go on for ever."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn, Self, SupportsIndex

from chainboy.errors import SourceUnavailable
from chainboy.sources.scaling import is_number

MAX_DEPTH = 32
"""Most levels of arrays and objects."""

MAX_WORK = 200_000
"""Most members that may be looked at, over and over ones counted each time."""


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_BRACKET = re.compile(r"[\[\]{}]")


class Meter:
    """Counts what is looked at; raises :class:`~chainboy.errors.SourceUnavailable` when it was too much."""

    def __init__(self, work: int = MAX_WORK) -> None:
        self._left = work

    def charge(self, work: int) -> None:
        """Count ``work`` members more."""
        self._left -= work
        if self._left < 0:
            raise SourceUnavailable("the pick looks at too much of the answer; name the way to the number")


class Decimal(float):
    """A number with a fraction or an exponent: compares as a double, keeps the text it was written in."""

    text: str

    def __new__(cls, text: str) -> Self:  # noqa: D102 - a float's
        number = super().__new__(cls, text)
        number.text = text
        return number


class MeteredObject(dict[str, Any]):
    """A JSON object whose members are counted when they are looked at."""

    def __init__(self, members: dict[str, Any], meter: Meter) -> None:
        super().__init__(members)
        self._meter = meter

    def __getitem__(self, key: str) -> Any:
        self._meter.charge(1)
        return super().__getitem__(key)

    def items(self) -> Any:
        """All members, each counted."""
        self._meter.charge(1 + len(self))
        return super().items()

    def __eq__(self, other: object) -> bool:
        self._meter.charge(1 + len(self))
        return super().__eq__(other)

    __hash__ = None


class MeteredArray(list[Any]):
    """A JSON array whose elements are counted when they are looked at."""

    def __init__(self, elements: list[Any], meter: Meter) -> None:
        super().__init__(elements)
        self._meter = meter

    def __getitem__(self, key: SupportsIndex | slice) -> Any:
        self._meter.charge(1 + len(self) if isinstance(key, slice) else 1)
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[Any]:
        self._meter.charge(1 + len(self))
        return super().__iter__()

    def __eq__(self, other: object) -> bool:
        self._meter.charge(1 + len(self))
        return super().__eq__(other)

    __hash__ = None


def read(body: bytes, meter: Meter) -> Any:
    """The JSON document ``body`` (RFC 8259, UTF-8), its arrays and objects metered.

    Stricter than JSON where two readers could disagree: no key twice, no ``NaN`` or ``Infinity``, numbers of
    at most 128 characters with exponents of at most four digits, at most 32 levels. Raises
    :class:`~chainboy.errors.SourceUnavailable`.
    """
    try:
        text = body.decode("utf-8")
        _check_depth(text)
        tree = json.loads(
            text,
            parse_int=lambda digits: int(_number(digits)),
            parse_float=lambda digits: Decimal(_number(digits)),
            parse_constant=_no_number,
            object_pairs_hook=_members,
        )
    except UnicodeDecodeError as error:
        raise SourceUnavailable("the answer is not UTF-8") from error
    except ValueError as error:
        raise SourceUnavailable("the answer is not JSON") from error
    return _metered(tree, meter)


def _check_depth(text: str) -> None:
    """Count levels before anything recurs into them: the parser's own limit is that of the whole process."""
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MAX_DEPTH:
            raise SourceUnavailable(f"the answer has more than {MAX_DEPTH} levels")


def _metered(tree: Any, meter: Meter) -> Any:
    if isinstance(tree, dict):
        return MeteredObject({key: _metered(value, meter) for key, value in tree.items()}, meter)
    if isinstance(tree, list):
        return MeteredArray([_metered(value, meter) for value in tree], meter)
    return tree


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise SourceUnavailable("the answer has a key twice in one object")
    return members


def _number(text: str) -> str:
    if not is_number(text):
        raise SourceUnavailable("the answer has a number of too many digits")
    return text


def _no_number(text: str) -> NoReturn:
    raise SourceUnavailable(f"the answer has {text} for a number")
