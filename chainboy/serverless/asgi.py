"""ASGI: any server of that kind, such as uvicorn, and so any host that runs containers on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import attrs

from chainboy.events.webhooks.provider import MOST_BYTES
from chainboy.serverless.function import Function
from chainboy.serverless.web import BadRequest, refused, request_of
from chainboy.web import Request, Response

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Gone(Exception):
    """Who asked has hung up."""


@attrs.frozen
class AsgiApp:
    """An ASGI application; calls work in threads, so that others are answered meanwhile."""

    function: Function

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's own beginning and end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await asyncio.to_thread(self.function.close)
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            request = await _request(scope, receive)
        except Gone:
            return
        except BadRequest as error:
            response = refused(error)
        else:
            response = await asyncio.to_thread(self.function.handle, request)
        headers = {
            "content-type": response.kind, "content-length": str(len(response.body)), **response.headers
        }
        packed = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": packed})
        await send({"type": "http.response.body", "body": _body(response, scope)})


async def _request(scope: Message, receive: Receive) -> Request:
    path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    body = await _read(receive)
    return request_of(method=scope["method"], path=path, headers=headers, body=body)


async def _read(receive: Receive) -> bytes:
    """The whole body; what is over the limit is not kept."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            raise BadRequest(f"at most {MOST_BYTES} bytes are read")
        if not message.get("more_body", False):
            return bytes(body)


def _body(response: Response, scope: Message) -> bytes:
    return b"" if scope["method"] == "HEAD" else response.body
