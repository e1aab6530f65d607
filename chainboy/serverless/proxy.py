"""What the functions of Amazon and Yandex share: they are called with an event that may tell of a request."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from chainboy.serverless.function import Event, Function, Tick
from chainboy.serverless.web import BadRequest, refused, request_of, tick_answer
from chainboy.web import Request, Response

_MILLISECONDS = 1_000


def answered(function: Function, read: Callable[[Any], Event], event: Any, context: Any) -> dict[str, Any]:
    """What the function makes of one call, as the provider takes it; ``read`` tells a request from a tick.

    Raises :class:`~chainboy.errors.CallFailed` when a tick could not do its work.
    """
    seconds = _time_left(context)
    try:
        asked = read(event)
    except BadRequest as error:
        return _proxied(refused(error))
    response = function.handle(asked, seconds=seconds)
    return tick_answer(response) if isinstance(asked, Tick) else _proxied(response)


def request_in(event: Mapping[str, Any], *, method: Any, path: Any) -> Request:
    """The request in an event; raises :class:`~chainboy.serverless.web.BadRequest` if there is none."""
    return request_of(method=method, path=path, headers=_headers(event), body=_body(event))


def part_of(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The table ``name`` of an event; an empty one when there is none."""
    found = event.get(name)
    return found if isinstance(found, Mapping) else {}


def _time_left(context: Any) -> float | None:
    """Seconds until the provider ends this call, as its context tells."""
    if context is None:
        return None
    return float(context.get_remaining_time_in_millis()) / _MILLISECONDS


def _headers(event: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """Those in ``multiValueHeaders`` if the event has them, else those in ``headers``."""
    several = part_of(event, "multiValueHeaders")
    if several:
        return [(name, each) for name, values in several.items() for each in _listed(values)]
    return list(part_of(event, "headers").items())


def _body(event: Mapping[str, Any]) -> bytes:
    """The bytes of ``body``, which ``isBase64Encoded`` may say are packed as text."""
    body = event.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise BadRequest("the body is no text")
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest("the body is not Base64, though the event says so") from error


def _proxied(response: Response) -> dict[str, Any]:
    """The response as the gateways before a function take it."""
    return {
        "statusCode": response.status,
        "headers": {"content-type": response.kind, **response.headers},
        "body": response.body.decode(),
        "isBase64Encoded": False,
    }


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]
