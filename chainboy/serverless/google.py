"""Google Cloud Functions and Cloud Run functions: HTTP and events, as the Functions Framework calls them."""

from __future__ import annotations

from typing import Any

import attrs

from chainboy.events.webhooks.provider import MOST_BYTES
from chainboy.serverless.function import Function, Tick
from chainboy.serverless.web import BadRequest, refused, request_of, tick_answer
from chainboy.web import Request, Response

Answer = tuple[bytes, int, dict[str, str]]


@attrs.frozen
class HttpHandler:
    """What ``functions_framework.http`` serves; it takes the framework's own request, which is Flask's."""

    function: Function

    def __call__(self, request: Any) -> Answer:
        """Answer one request."""
        try:
            asked = _request(request)
        except BadRequest as error:
            return _answer(refused(error))
        return _answer(self.function.handle(asked))


@attrs.frozen
class EventHandler:
    """What ``functions_framework.cloud_event`` serves: whatever the event is, it is a tick.

    Only those whom the project lets in can send events; a schedule posts to a topic.
    """

    function: Function

    def __call__(self, _event: Any) -> None:
        """Work; raises :class:`~chainboy.errors.CallFailed` when that could not be done."""
        tick_answer(self.function.handle(Tick()))


def _request(request: Any) -> Request:
    if (request.content_length or 0) > MOST_BYTES:
        raise BadRequest(f"at most {MOST_BYTES} bytes are read")
    body = request.get_data(cache=False)
    return request_of(method=request.method, path=request.path, headers=request.headers.items(), body=body)


def _answer(response: Response) -> Answer:
    return response.body, response.status, {"content-type": response.kind, **response.headers}
