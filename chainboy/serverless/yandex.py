"""Yandex Cloud Functions: called by their own address, behind an API Gateway, and by triggers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from chainboy.serverless.function import Event, Function, Tick
from chainboy.serverless.proxy import answered, part_of, request_in
from chainboy.serverless.web import BadRequest


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
        return answered(self.function, _read, event, context)


def _read(event: Any) -> Event:
    if _is_trigger(event):
        return Tick()
    if not isinstance(event, Mapping) or "httpMethod" not in event:
        raise BadRequest("the event is neither a request nor a trigger's")
    return request_in(event, method=event["httpMethod"], path=_path(event))


def _is_trigger(event: Any) -> bool:
    if not isinstance(event, Mapping) or "httpMethod" in event:
        return False
    messages = event.get("messages")
    return isinstance(messages, list) and bool(messages) and all(map(_is_message, messages))


def _is_message(message: Any) -> bool:
    return isinstance(message, Mapping) and "event_metadata" in message


def _path(event: Mapping[str, Any]) -> Any:
    """Behind a gateway ``url`` is the request's, and ``path`` the rule's that it fits."""
    if part_of(event, "requestContext").get("apiGateway") is not None:
        return event.get("url") or event.get("path")
    return part_of(event, "queryStringParameters").get("path", "/")
