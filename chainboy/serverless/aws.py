"""AWS Lambda: behind a function URL, an API Gateway or a load balancer, and called by schedules or queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from chainboy.serverless.function import Function, Tick
from chainboy.serverless.web import (
    BadRequest,
    body_of,
    headers_of,
    proxy_answer,
    refused,
    request_of,
    tick_answer,
)
from chainboy.web import Request

_MILLISECONDS = 1_000


@attrs.frozen
class LambdaHandler:
    """The handler of a Lambda function: what has a method and a path is a request, all else is a tick.

    Only those whom its policies let in can call a Lambda otherwise than by HTTP: schedules, queues, and you.
    """

    function: Function

    def __call__(self, event: Any, context: Any = None) -> dict[str, Any]:
        """Answer one event; raises :class:`~chainboy.errors.CallFailed` when a tick could not do its work."""
        seconds = time_left(context)
        if not _is_request(event):
            return tick_answer(self.function.handle(Tick(), seconds=seconds))
        try:
            request = _request(event)
        except BadRequest as error:
            return proxy_answer(refused(error))
        return proxy_answer(self.function.handle(request, seconds=seconds))


def time_left(context: Any) -> float | None:
    """Seconds until the provider ends this call, as Lambda's context, and Yandex's, tell."""
    if context is None:
        return None
    return float(context.get_remaining_time_in_millis()) / _MILLISECONDS


def _is_request(event: Any) -> bool:
    return isinstance(event, Mapping) and ("httpMethod" in event or "http" in _context(event))


def _request(event: Mapping[str, Any]) -> Request:
    """Of a payload of version 2.0 (function URL, HTTP API), or 1.0 (REST API, load balancer)."""
    context = _context(event)
    modern = context.get("http")
    if isinstance(modern, Mapping):
        method, path = modern.get("method"), event.get("rawPath", modern.get("path"))
        path = _without_stage(path, context.get("stage"))
    else:
        method, path = event.get("httpMethod"), event.get("path")
    return request_of(method=method, path=path, headers=headers_of(event), body=body_of(event))


def _context(event: Mapping[str, Any]) -> Mapping[str, Any]:
    found = event.get("requestContext")
    return found if isinstance(found, Mapping) else {}


def _without_stage(path: Any, stage: Any) -> Any:
    """An HTTP API puts the stage's name before the path, unless it is the default one."""
    if isinstance(path, str) and isinstance(stage, str) and path.startswith(f"/{stage}/"):
        return path.removeprefix(f"/{stage}")
    return path
