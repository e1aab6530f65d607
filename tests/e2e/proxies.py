"""Loopback endpoints in front of a real chain, each with a fault that a test turns on and off."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from endpoint import body, serving

Fault = Callable[["Proxy", BaseHTTPRequestHandler, dict[str, Any]], bool]
"""Answers a request in its own way, or returns False to have it passed on."""


class Proxy:
    """Passes requests on to ``upstream``, after its fault; ``head`` is where a lagging one stays."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.fault: Fault | None = None
        self.head = 0
        self.url = ""
        self.asked: list[str] = []

    def answer(self, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        """One round trip."""
        if self.fault is None or not self.fault(self, handler, request):
            body(handler, self.upstream_says(request))

    def upstream_says(self, request: dict[str, Any]) -> bytes:
        """The real answer."""
        asked = urllib.request.Request(  # noqa: S310 - the loopback's http
            self.upstream, json.dumps(request).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            return bytes(answer.read())


@contextmanager
def proxies(upstream: str, count: int) -> Iterator[list[Proxy]]:
    """So many endpoints of one chain, each with a secret in its address."""
    with ExitStack() as stack:
        made = []
        for index in range(count):
            proxy = Proxy(upstream)
            endpoint = stack.enter_context(serving(proxy.answer))
            proxy.url, proxy.asked = f"{endpoint.url}/v3/secret{index}", endpoint.asked
            made.append(proxy)
        yield made


def told(handler: BaseHTTPRequestHandler, request: dict[str, Any], result: Any) -> bool:
    """Answer with this result."""
    body(handler, json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode())
    return True


def dead(_: Proxy, handler: BaseHTTPRequestHandler, __: dict[str, Any]) -> bool:
    """Hangs up."""
    handler.close_connection = True
    return True


def busy(_: Proxy, handler: BaseHTTPRequestHandler, __: dict[str, Any]) -> bool:
    """Was asked too often."""
    body(handler, b"slow down", 429)
    return True


def broken(_: Proxy, handler: BaseHTTPRequestHandler, __: dict[str, Any]) -> bool:
    """Fails inside."""
    body(handler, b"oops", 500)
    return True


def frozen(_: Proxy, handler: BaseHTTPRequestHandler, __: dict[str, Any]) -> bool:
    """Does not answer in time."""
    time.sleep(1.0)
    handler.close_connection = True
    return True


def lying(_: Proxy, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> bool:
    """Says that it is another chain."""
    return request["method"] == "eth_chainId" and told(handler, request, "0x1")


def silent(_: Proxy, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> bool:
    """Has no logs."""
    return request["method"] == "eth_getLogs" and told(handler, request, [])


def forgetful(proxy: Proxy, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> bool:
    """Takes a transaction, and is gone before it says so."""
    if request["method"] != "eth_sendRawTransaction":
        return False
    proxy.upstream_says(request)
    return dead(proxy, handler, request)


def reading(_: Proxy, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> bool:
    """Answers questions, and takes no transactions."""
    if request["method"] != "eth_sendRawTransaction":
        return False
    error = {"code": -32_601, "message": "eth_sendRawTransaction is not available on this plan"}
    body(handler, json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode())
    return True


def late(_: Proxy, __: BaseHTTPRequestHandler, request: dict[str, Any]) -> bool:
    """Is the last to get a transaction."""
    if request["method"] == "eth_sendRawTransaction":
        time.sleep(0.15)
    return False


def lagging(proxy: Proxy, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> bool:
    """Stays where it is: knows no later block, no state but that block's, no logs of later ones."""
    method, params = request["method"], request["params"]
    if method == "eth_blockNumber":
        return told(handler, request, hex(proxy.head))
    if method == "eth_getBlockByNumber":
        number = proxy.head if params[0] in ("latest", "pending") else int(params[0], 16)
        if number > proxy.head:
            return told(handler, request, None)
        params[0] = hex(number)
    if params and params[-1] in ("latest", "pending"):
        params[-1] = hex(proxy.head)
    if method == "eth_getLogs" and int(params[0]["fromBlock"], 16) > proxy.head:
        return told(handler, request, [])
    if method == "eth_getTransactionReceipt":
        return told(handler, request, None)
    return False
