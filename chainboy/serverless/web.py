"""What the adapters share: a provider's idea of an HTTP request as ours, whatever strangers put into it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from chainboy.errors import CallFailed
from chainboy.events.webhooks.provider import MOST_BYTES
from chainboy.web import Request, Response

_FAILED = 500


class BadRequest(ValueError):
    """The event is no request that can be answered; the message is told to whoever sent it."""


def request_of(*, method: Any, path: Any, headers: Iterable[tuple[Any, Any]], body: bytes) -> Request:
    """The request; header names in lower case, the values of those that come twice joined as HTTP joins them.

    Raises :class:`BadRequest`, for a body of more than a webhook may have, too.
    """
    if not isinstance(method, str) or not isinstance(path, str):
        raise BadRequest("the event has no method or no path")
    if len(body) > MOST_BYTES:
        raise BadRequest(f"at most {MOST_BYTES} bytes are read")
    joined: dict[str, str] = {}
    for name, value in headers:
        key = str(name).lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else str(value)
    return Request(
        method=method.upper(), path="/" + path.partition("?")[0].lstrip("/"), headers=joined, body=body
    )


def refused(error: BadRequest) -> Response:
    """The answer to what is no request."""
    return Response(status=400, body=json.dumps({"error": str(error)}).encode())


def tick_answer(response: Response) -> dict[str, Any]:
    """What a tick says; raises :class:`~chainboy.errors.CallFailed` so that the provider sees a failure."""
    said: dict[str, Any] = json.loads(response.body)
    if response.status >= _FAILED:
        raise CallFailed(f"{said.get('error')}; the next call goes on")
    return said
