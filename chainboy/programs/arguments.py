"""Arguments of a program written as text, as on a command line.

========================  ==============================================================================
type                      text
========================  ==============================================================================
``uint…``, ``int…``       decimal digits, with a sign if need be and ``_`` between; or ``0x`` and hex digits
``bool``                  ``true`` or ``false``
``address``               ``0x`` and 40 hex digits
``bytes``, ``bytes…``     ``0x`` and two hex digits for each byte
``string``                the text as it stands
arrays, tuples            a JSON list; in it strings are in quotes, numbers and booleans need none
========================  ==============================================================================
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from chainboy.errors import InputError
from chainboy.programs.metadata import Parameter
from chainboy.programs.types import AbiType, Array, Elementary, Tuple, fit, parse_type

_DECIMAL = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)*")
_HEXADECIMAL = re.compile(r"[+-]?0x[0-9a-fA-F]+")
_BYTES = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_MOST_DIGITS = 100
"""More than any integer type has."""


def parse_arguments(texts: Iterable[str], inputs: Iterable[Parameter]) -> dict[str, Any]:
    """The arguments in texts of the form ``name=text``; those not given are missing from the result.

    Raises :class:`InputError` for a name that is no input's or comes twice, or text that is not its type's.
    """
    kinds = {parameter.name: parse_type(parameter.type) for parameter in inputs}
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"{text[:80]!r} is no argument; write name=value, for example n=1000")
        if name not in kinds:
            raise InputError(f"the program has no input {name[:80]!r}; it takes {_names(kinds)}")
        if name in found:
            raise InputError(f"{name} is given twice; keep one")
        found[name] = parse_argument(value, kinds[name], name)
    return found


def parse_argument(text: str, kind: AbiType, name: str) -> Any:
    """The value of type ``kind`` that ``text`` writes; raises :class:`InputError` naming ``name``."""
    if isinstance(kind, Elementary):
        return fit(kind, _elementary(text, kind, name), name)
    try:
        value = json.loads(text, parse_float=_refuse, parse_constant=_refuse, parse_int=_Number)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is a {kind}: write it as a JSON list, for example [1, 2]") from error
    return fit(kind, _inside(value, kind, name), name)


class _Number(str):
    """A number in JSON, as its digits."""

    __slots__ = ()


def _inside(value: Any, kind: AbiType, name: str) -> Any:
    """What a part of a JSON list says for ``kind``."""
    if isinstance(kind, Elementary):
        if kind.name == "bool":
            return value  # judged by fit
        if not isinstance(value, str) or (isinstance(value, _Number) and "int" not in kind.name):
            raise InputError(f"{name} is a {kind}; {json.dumps(value)[:80]} does not fit it")
        return _elementary(value, kind, name)
    if not isinstance(value, list):
        raise InputError(f"{name} is a {kind}; write it as a JSON list")
    if isinstance(kind, Array):
        return [_inside(item, kind.item, f"{name}[{i}]") for i, item in enumerate(value)]
    return _items(value, kind, name)


def _items(values: list[Any], kind: Tuple, name: str) -> tuple[Any, ...]:
    if len(values) != len(kind.items):
        raise InputError(f"{name} is a {kind} and takes {len(kind.items)} items, not {len(values)}")
    pairs = enumerate(zip(values, kind.items, strict=True))
    return tuple(_inside(value, item, f"{name}[{i}]") for i, (value, item) in pairs)


def _elementary(text: str, kind: Elementary, name: str) -> Any:
    if kind.name.startswith(("uint", "int")):
        return _integer(text, kind, name)
    if kind.name == "bool":
        if text not in ("true", "false"):
            raise InputError(f"{name} is a bool; write true or false, not {text[:80]!r}")
        return text == "true"
    if kind.name.startswith("bytes"):
        if not _BYTES.fullmatch(text):
            raise InputError(f"{name} is {kind}; write 0x and two hex digits for each byte")
        return bytes.fromhex(text[2:])
    return text


def _integer(text: str, kind: Elementary, name: str) -> int:
    if len(text) <= _MOST_DIGITS:
        if _DECIMAL.fullmatch(text):
            return int(text)
        if _HEXADECIMAL.fullmatch(text):
            return int(text, 16)
    raise InputError(f"{name} is {kind}; write a whole number, not {text[:80]!r}")


def _names(kinds: Mapping[str, AbiType]) -> str:
    return ", ".join(f"{kind} {name}" for name, kind in kinds.items()) or "nothing"


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no whole number")
