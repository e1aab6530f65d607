"""Yandex Cloud Functions: called by their own address, behind an API Gateway, and by triggers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from chainboy.serverless.aws import time_left
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


@attrs.frozen
class YandexHandler:
    """The handler of a function: requests have a method, triggers bring messages, and each is one tick.

    A function's own address has no paths: there the query says ``?path=/alchemy``. Behind an API Gateway the
    path is the request's. Who calls in no known way, as anybody can at a public function's address with
    ``?integration=raw``, is refused.
    """

    function: Function

    def __call__(self, event: Any, context: Any = None) -> dict[str, Any]:
        """Answer one event; raises :class:`~chainboy.errors.CallFailed` when a tick could not do its work."""
        seconds = time_left(context)
        if _is_trigger(event):
            return tick_answer(self.function.handle(Tick(), seconds=seconds))
        try:
            request = _request(event)
        except BadRequest as error:
            return proxy_answer(refused(error))
        return proxy_answer(self.function.handle(request, seconds=seconds))


def _is_trigger(event: Any) -> bool:
    if not isinstance(event, Mapping) or "httpMethod" in event:
        return False
    messages = event.get("messages")
    return isinstance(messages, list) and bool(messages) and all(map(_is_message, messages))


def _is_message(message: Any) -> bool:
    return isinstance(message, Mapping) and "event_metadata" in message


def _request(event: Any) -> Request:
    if not isinstance(event, Mapping) or "httpMethod" not in event:
        raise BadRequest("the event is neither a request nor a trigger's")
    return request_of(
        method=event["httpMethod"], path=_path(event), headers=headers_of(event), body=body_of(event)
    )


def _path(event: Mapping[str, Any]) -> Any:
    """Behind a gateway ``url`` is the request's, and ``path`` the rule's that it fits."""
    context = event.get("requestContext")
    if isinstance(context, Mapping) and context.get("apiGateway") is not None:
        return event.get("url") or event.get("path")
    query = event.get("queryStringParameters")
    return query.get("path", "/") if isinstance(query, Mapping) else "/"
