"""Endpoints' addresses as people may read them: keys that stand in them stay out of messages."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

_HIDDEN = "..."


def shown(url: str) -> str:
    """Scheme, host and port alone; the path of an IPC socket as it is."""
    if "://" not in url:
        return url
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    plain = parts.path in ("", "/") and not parts.query
    return f"{parts.scheme}://{host}" if plain else f"{parts.scheme}://{host}/{_HIDDEN}"


def scrubbed(text: str, url: str) -> str:
    """``text`` without what only the owner of ``url`` should know: its path, query and password."""
    if "://" not in url:
        return text
    parts = urlsplit(url)
    user, _, _ = parts.netloc.rpartition("@")
    secrets = (url, f"{parts.path}?{parts.query}", parts.path, parts.query, user, parts.password)
    for secret in secrets:
        if secret and secret.strip("/?"):
            text = text.replace(secret, _HIDDEN)
    return text


def named(urls: Sequence[str]) -> dict[str, str]:
    """Each address under a name of its own that may be shown; those that look alike are counted."""
    names = [shown(url) for url in urls]
    return {
        name if names.count(name) == 1 else f"{name} (number {place + 1})": url
        for place, (name, url) in enumerate(zip(names, urls, strict=True))
    }
