"""A chain of this process for other processes: JSON-RPC over HTTP, on loopback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chainboy.chain.client import Chain
from chainboy.chain.rpc import RpcRefused, RpcReverted
from chainboy.web import Request, Response, Server

MOST_BYTES = 1 << 20
"""Of one request, or several sent together."""

_REVERTED, _GARBAGE, _UNKNOWN = 3, -32_700, -32_000
"""Error codes: a contract refused; the request is no JSON-RPC; anything else."""


class RpcDesk:
    """Answers what endpoints are asked, by asking ``chain``; requests may come together in a list."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    def handle(self, request: Request) -> Response:
        """The answer to one HTTP request."""
        try:
            asked = json.loads(request.body)
            together = asked if isinstance(asked, list) else [asked]
            answers = [
                {"jsonrpc": "2.0", "id": each["id"], **self._reply(each["method"], each["params"])}
                for each in together
            ]
        except (ValueError, LookupError, TypeError) as error:
            return _response({"jsonrpc": "2.0", "id": None, **_error(_GARBAGE, f"no JSON-RPC: {error}")})
        return _response(answers if isinstance(asked, list) else answers[0])

    def _reply(self, method: str, params: list[Any]) -> dict[str, Any]:
        try:
            return {"result": plain(self._chain.rpc.once(method, *params))}
        except RpcReverted as error:
            return _error(_REVERTED, error.reason, data=f"0x{error.data.hex()}")
        except RpcRefused as error:
            return _error(error.code or _UNKNOWN, error.reason)


def serve(chain: Chain, port: int) -> Server:
    """A server of ``chain`` at a port of 127.0.0.1; 0: any that is free."""
    return Server(RpcDesk(chain).handle, "127.0.0.1", port, most_bytes=MOST_BYTES, name="rpc")


def plain(value: Any) -> Any:
    """A result as JSON-RPC writes it: quantities and bytes in hexadecimal."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return hex(value) if type(value) is int else value


def _error(code: int, message: str, **more: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **more}}


def _response(body: object) -> Response:
    return Response(body=json.dumps(body).encode())
