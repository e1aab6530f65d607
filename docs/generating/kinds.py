"""How the reference shows kinds of values, and values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from chainboy.tables import amount, host_and_port, positive, seconds, wei

_READERS: dict[Callable[[Any], Any], str] = {
    amount: "integer, 0 or more",
    wei: "integer, 0 or more",
    positive: "integer, 1 or more",
    seconds: "number above 0",
    host_and_port: "host:port",
}
_VALUES: dict[type, str] = {
    bool: "`true` or `false`",
    int: "integer",
    float: "number",
    str: "text",
    list: "list",
    dict: "table",
}


def kind_of(reads: Sequence[Callable[[Any], Any]], value: object) -> str:
    """What a key takes, as its readers say it, or else its value in the annotated file."""
    for read in reads:
        if isinstance(read, type) and issubclass(read, Enum):
            return ", ".join(f"`{member.value}`" for member in read)
        if read in _READERS:
            return _READERS[read]
    return _VALUES[type(value)]


def shown(default: object) -> str:
    """A default as a file would have it; nothing for one that stands for another way."""
    text = _text(default)
    return f"`{text}`" if text else ""


def _text(value: object) -> str:
    match value:
        case None:
            text = ""
        case bool():
            text = str(value).lower()
        case Enum():
            text = value.name.lower() if isinstance(value.value, int) else str(value.value)
        case frozenset():
            text = f"[{', '.join(sorted(map(_text, value)))}]"
        case (str(host), int(port)):
            text = f"{host}:{port}"
        case tuple():  # the endpoints of a chain that is known
            text = ""
        case float():
            text = f"{value:g}"
        case _:
            text = str(value)
    return text
