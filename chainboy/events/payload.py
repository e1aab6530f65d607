"""Finds its way through JSON from outside: whatever is not as it should be is one ``WebhookRefused``."""

from __future__ import annotations

import json
import re
from typing import Any

from chainboy.errors import WebhookRefused
from chainboy.units import Digest

MOST_NESTED = 64
"""Lists and objects inside each other; web3 lets Python recurse so deep that JSON could end the process."""

_TOKENS = re.compile(r'(?s)"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]')
_HASH = re.compile("0x[0-9a-fA-F]{64}")


def parsed(body: bytes | str) -> Any:
    """The body, UTF-8, as JSON."""
    try:
        plain = body if isinstance(body, str) else body.decode()
        _check_nesting(plain)
        return json.loads(plain)
    except ValueError as error:
        raise WebhookRefused("the body is no JSON; see the provider's documentation") from error


def member(value: Any, *path: str) -> Any:
    """What is under these names, one inside the other."""
    for name in path:
        if not isinstance(value, dict) or name not in value:
            raise WebhookRefused(f"the body has no {'.'.join(path)}; see the provider's documentation")
        value = value[name]
    return value


def entries(value: Any) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise WebhookRefused("the body has no list where one belongs; see the provider's documentation")
    return value


def text(value: Any) -> str:
    """Text."""
    if not isinstance(value, str):
        raise WebhookRefused("the body has no text where some belongs; see the provider's documentation")
    return value


def transaction(value: Any) -> Digest:
    """A transaction's hash, as ``0x`` and 64 hexadecimal digits."""
    if not _HASH.fullmatch(text(value)):
        raise WebhookRefused("the body has no hash where a transaction's belongs")
    return Digest(bytes.fromhex(value[2:]))


def _check_nesting(plain: str) -> None:
    depth = 0
    for token in _TOKENS.finditer(plain):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > MOST_NESTED:
            raise ValueError(f"nested more than {MOST_NESTED} times")
