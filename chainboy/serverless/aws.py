"""AWS Lambda: behind a function URL, an API Gateway or a load balancer, and called by schedules or queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from chainboy.serverless.function import Event, Function, Tick
from chainboy.serverless.proxy import answered, part_of, request_in


@attrs.frozen
class LambdaHandler:
    """The handler of a Lambda function: what has a method and a path is a request, all else is a tick.

    Only those whom its policies let in can call a Lambda otherwise than by HTTP: schedules, queues, and you.
    """

    function: Function

    def __call__(self, event: Any, context: Any = None) -> dict[str, Any]:
        """Answer one event; raises :class:`~chainboy.errors.CallFailed` when a tick could not do its work."""
        return answered(self.function, _read, event, context)


def _read(event: Any) -> Event:
    """A request of version 2.0 (function URL, HTTP API), or of 1.0 (REST API, load balancer); or a tick."""
    if not _is_request(event):
        return Tick()
    context = part_of(event, "requestContext")
    modern = context.get("http")
    if isinstance(modern, Mapping):
        method, path = modern.get("method"), event.get("rawPath", modern.get("path"))
        path = _without_stage(path, context.get("stage"))
    else:
        method, path = event.get("httpMethod"), event.get("path")
    return request_in(event, method=method, path=path)


def _is_request(event: Any) -> bool:
    if not isinstance(event, Mapping):
        return False
    return "httpMethod" in event or "http" in part_of(event, "requestContext")


def _without_stage(path: Any, stage: Any) -> Any:
    """An HTTP API puts the stage's name before the path, unless it is the default one."""
    if isinstance(path, str) and isinstance(stage, str) and path.startswith(f"/{stage}/"):
        return path.removeprefix(f"/{stage}")
    return path
