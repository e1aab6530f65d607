"""Finds its way through JSON from outside: whatever is not as it should be is one ``WebhookRefused``."""

from __future__ import annotations

import json
import re
from typing import Any

from chainboy.errors import WebhookRefused
from chainboy.units import Digest

_HASH = re.compile("0x[0-9a-fA-F]{64}")


def parsed(body: bytes | str) -> Any:
    """The body as JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
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
