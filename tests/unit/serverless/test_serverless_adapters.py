"""Adapters: what each provider sends, whole, odd and broken, and what it gets back."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest

from chainboy.errors import CallFailed
from chainboy.events.webhooks.provider import MOST_BYTES
from chainboy.serverless import Event, Request, Response, Tick
from chainboy.serverless.asgi import AsgiApp
from chainboy.serverless.aws import LambdaHandler
from chainboy.serverless.google import EventHandler, HttpHandler
from chainboy.serverless.yandex import YandexHandler

BODY = b'{"id": "whevt_1", "text": "\xd1\x84"}'
PACKED = base64.b64encode(BODY).decode()


class Recorder:
    """Stands in for a function: keeps what it is called with."""

    def __init__(self, status: int = 200) -> None:
        self.events: list[Event] = []
        self.seconds: list[float | None] = []
        self.status = status

    def handle(self, event: Event, *, seconds: float | None = None) -> Response:
        """The same answer each time."""
        self.events.append(event)
        self.seconds.append(seconds)
        return Response(status=self.status, body=b'{"ending": "quiet", "error": "why"}')

    def close(self) -> None:
        """Nothing to close."""


class Context:
    """What Lambda and Yandex hand over beside the event."""

    def get_remaining_time_in_millis(self) -> int:
        """Twelve and a half seconds."""
        return 12_500


def url_event(**changes: Any) -> dict[str, Any]:
    """What a function URL sends: payload version 2.0."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/alchemy",
        "rawQueryString": "",
        "headers": {"x-alchemy-signature": "ab", "content-type": "application/json"},
        "requestContext": {
            "accountId": "anonymous",
            "http": {"method": "POST", "path": "/alchemy", "sourceIp": "192.0.2.1"},
            "stage": "$default",
        },
        "body": BODY.decode(),
        "isBase64Encoded": False,
        **changes,
    }


REST_EVENT = {
    "resource": "/{proxy+}",
    "path": "/alchemy",
    "httpMethod": "POST",
    "headers": {"X-Alchemy-Signature": "ab"},
    "multiValueHeaders": {"X-Alchemy-Signature": ["ab"], "Accept": ["a", "b"]},
    "requestContext": {"stage": "prod", "httpMethod": "POST"},
    "body": PACKED,
    "isBase64Encoded": True,
}

SCHEDULE = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-10-08T16:53:06Z",
    "resources": ["arn:aws:events:us-east-1:123456789012:rule/tick"],
    "detail": {},
}

QUEUE = {"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": "anything"}]}

TIMER = {
    "messages": [
        {
            "event_metadata": {
                "event_id": "a1s41g2n5g0o2p778t9b",
                "event_type": "yandex.cloud.events.serverless.triggers.TimerMessage",
                "created_at": "2026-12-04T12:05:14.227761Z",
                "cloud_id": "b1gvlrnlh2e6lqqc6dpp",
                "folder_id": "b1g88tflru0ek1omtsu0",
            },
            "details": {"trigger_id": "a1sfe084v4h2e2c8nqvl", "payload": ""},
        }
    ]
}

YANDEX = {
    "httpMethod": "POST",
    "headers": {"X-Alchemy-Signature": "ab"},
    "multiValueHeaders": {"X-Alchemy-Signature": ["ab"]},
    "queryStringParameters": {"path": "/alchemy"},
    "multiValueQueryStringParameters": {"path": ["/alchemy"]},
    "requestContext": {"httpMethod": "POST", "identity": {"sourceIp": "192.0.2.1"}},
    "body": PACKED,
    "isBase64Encoded": True,
}

BEHIND_GATEWAY = {
    **YANDEX,
    "path": "/{proxy+}",
    "url": "/alchemy?a=1",
    "queryStringParameters": {"a": "1"},
    "requestContext": {"httpMethod": "POST", "apiGateway": {"operationContext": {}}},
}


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        (LambdaHandler, url_event()),
        (LambdaHandler, url_event(body=PACKED, isBase64Encoded=True)),
        (
            LambdaHandler,
            url_event(
                rawPath="/prod/alchemy",
                requestContext={"http": {"method": "post", "path": "/prod/alchemy"}, "stage": "prod"},
            ),
        ),
        (LambdaHandler, url_event(headers={"X-ALCHEMY-Signature": "ab"})),
        (LambdaHandler, REST_EVENT),
        (YandexHandler, YANDEX),
        (YandexHandler, {**YANDEX, "multiValueHeaders": None}),
        (YandexHandler, BEHIND_GATEWAY),
    ],
)
def test_a_webhook(kind: Any, event: dict[str, Any]) -> None:
    """Its bytes, its path and its headers arrive, however they were packed; and the time that is left."""
    function = Recorder()
    answer = kind(function)(event, Context())
    (request,) = function.events
    assert isinstance(request, Request)
    assert (request.method, request.path, request.body) == ("POST", "/alchemy", BODY)
    assert request.headers["x-alchemy-signature"] == "ab"
    assert function.seconds == [12.5]
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["ending"] == "quiet"
    assert answer["isBase64Encoded"] is False


def test_headers_that_come_twice() -> None:
    """They are joined, as HTTP joins them."""
    function = Recorder()
    LambdaHandler(function)(REST_EVENT)
    (request,) = function.events
    assert isinstance(request, Request)
    assert request.headers["accept"] == "a, b"


@pytest.mark.parametrize(
    ("kind", "event"),
    [(LambdaHandler, SCHEDULE), (LambdaHandler, QUEUE), (LambdaHandler, {}), (YandexHandler, TIMER)],
)
def test_a_tick(kind: Any, event: dict[str, Any]) -> None:
    """A schedule, a queue or an invitation by hand; the answer is no HTTP."""
    function = Recorder()
    assert kind(function)(event, Context())["ending"] == "quiet"
    assert function.events == [Tick()]
    with pytest.raises(CallFailed, match="why"):
        kind(Recorder(503))(event, Context())


@pytest.mark.parametrize(
    ("kind", "event", "error"),
    [
        (LambdaHandler, url_event(body="@", isBase64Encoded=True), "not Base64"),
        (LambdaHandler, url_event(body=PACKED + "\n!", isBase64Encoded=True), "not Base64"),
        (LambdaHandler, url_event(body=["x"]), "no text"),
        (LambdaHandler, url_event(body="x" * (MOST_BYTES + 1)), "bytes are read"),
        (LambdaHandler, url_event(requestContext={"http": {}}, rawPath=7), "no method"),
        (LambdaHandler, {"httpMethod": None, "path": "/"}, "no method"),
        (LambdaHandler, {"httpMethod": "GET", "path": None}, "no path"),
        (YandexHandler, {**YANDEX, "body": "@"}, "not Base64"),
        (YandexHandler, {**YANDEX, "body": base64.b64encode(bytes(MOST_BYTES + 1)).decode()}, "are read"),
        (YandexHandler, {**YANDEX, "queryStringParameters": {"path": 3}}, "no path"),
        (YandexHandler, {}, "neither a request nor"),
        (YandexHandler, None, "neither a request nor"),
        (YandexHandler, {"messages": []}, "neither a request nor"),
        (YandexHandler, {"messages": ["x"]}, "neither a request nor"),
    ],
)
def test_an_event_that_is_broken(kind: Any, event: Any, error: str) -> None:
    """It is refused with one sentence, and the function is not called."""
    function = Recorder()
    answer = kind(function)(event, Context())
    assert answer["statusCode"] == 400
    assert error in json.loads(answer["body"])["error"]
    assert function.events == []


class FlaskLike:
    """A request as the Functions Framework hands it over."""

    method = "POST"
    path = "/alchemy"

    def __init__(self, body: bytes = BODY, length: int | None = None) -> None:
        self.body = body
        self.content_length = length
        self.headers = {"X-Alchemy-Signature": "ab"}

    def get_data(self, *, cache: bool) -> bytes:
        """The body, once."""
        assert not cache
        return self.body


def test_google_http() -> None:
    """Body, status and headers, as Flask takes them."""
    function = Recorder(202)
    body, status, headers = HttpHandler(function)(FlaskLike(length=len(BODY)))
    assert (status, headers["content-type"]) == (202, "application/json")
    assert json.loads(body)["ending"] == "quiet"
    (request,) = function.events
    assert isinstance(request, Request)
    assert (request.path, request.body, request.headers["x-alchemy-signature"]) == ("/alchemy", BODY, "ab")


@pytest.mark.parametrize("request_", [FlaskLike(length=MOST_BYTES + 1), FlaskLike(bytes(MOST_BYTES + 1))])
def test_google_http_too_large(request_: FlaskLike) -> None:
    """By what it says of itself, and by what it is."""
    function = Recorder()
    assert HttpHandler(function)(request_)[1] == 400
    assert function.events == []


def test_google_event() -> None:
    """Whatever it is, it is a tick; a failure is raised, so that it shows."""
    function = Recorder()
    EventHandler(function)({"type": "google.cloud.pubsub.topic.v1.messagePublished"})
    assert function.events == [Tick()]
    with pytest.raises(CallFailed):
        EventHandler(Recorder(503))(None)


def asgi(function: Recorder, *messages: dict[str, Any], **scope: Any) -> list[Any]:
    """What an application sends for these messages."""
    waiting, sent = list(messages), []

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    usual = {
        "type": "http",
        "method": "POST",
        "path": "/alchemy",
        "headers": [(b"x-alchemy-signature", b"ab"), (b"Accept", b"a"), (b"accept", b"b")],
    }
    asyncio.run(AsgiApp(function)({**usual, **scope}, receive, send))  # type: ignore[arg-type]
    return sent


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    """A piece of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


def test_asgi_request() -> None:
    """A body in pieces behind a prefix."""
    function = Recorder()
    pieces = part(BODY[:5], more=True), part(BODY[5:])
    start, body = asgi(function, *pieces, path="/in/alchemy", root_path="/in")
    assert (start["status"], json.loads(body["body"])["ending"]) == (200, "quiet")
    assert (b"content-length", str(len(body["body"])).encode()) in start["headers"]
    (request,) = function.events
    assert isinstance(request, Request)
    assert (request.path, request.body, request.headers["accept"]) == ("/alchemy", BODY, "a, b")


def test_asgi_too_large_and_gone() -> None:
    """A body without end is not read to it; who hangs up is not answered."""
    function = Recorder()
    pieces = [part(bytes(MOST_BYTES // 2 + 1), more=True)] * 3
    start, _ = asgi(function, *pieces)
    assert start["status"] == 400
    assert asgi(function, {"type": "http.disconnect"}) == []
    assert function.events == []


def test_asgi_head_lifespan_and_websocket() -> None:
    """The rest of the protocol."""
    assert asgi(Recorder(), part(b""), method="HEAD")[1]["body"] == b""
    life = asgi(Recorder(), {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}, type="lifespan")
    assert [each["type"] for each in life] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert asgi(Recorder(), type="websocket")[0]["type"] == "websocket.close"
