"""An embedded chain behind a real HTTP endpoint that fails as a test tells it to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from endpoint import body, serving

from chainboy.chain.client import Chain
from chainboy.chain.rpc import RpcRefused, RpcReverted
from chainboy.contracts.interface import interface
from chainboy.testing.rpc_server import plain

Fault = Callable[["HttpChain", BaseHTTPRequestHandler, dict[str, Any]], bool]
"""Answers a request in its own way, or returns False to have it answered well."""

VERSION = f"0x{interface('ConsensusHub').functions['version'].selector.hex()}"


class HttpChain:
    """``url`` serves ``chain``; ``fault`` is asked first, ``asked`` are the methods so far."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.fault: Fault | None = None
        self.url = ""
        self.asked: list[str] = []

    def answer(self, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        """One round trip."""
        if self.fault is None or not self.fault(self, handler, request):
            self.respond(handler, request, self.reply(request))

    def reply(self, request: dict[str, Any]) -> dict[str, Any]:
        """The chain's own result or error."""
        try:
            return {"result": plain(self._chain.rpc.once(request["method"], *request["params"]))}
        except RpcReverted as error:
            return {"error": {"code": 3, "message": error.reason, "data": f"0x{error.data.hex()}"}}
        except RpcRefused as error:
            return {"error": {"code": error.code or -32_000, "message": error.reason}}

    @staticmethod
    def respond(handler: BaseHTTPRequestHandler, request: dict[str, Any], reply: dict[str, Any]) -> None:
        """Send a reply."""
        body(handler, json.dumps({"jsonrpc": "2.0", "id": request["id"], **reply}).encode())


@contextmanager
def http_chain(chain: Chain) -> Iterator[HttpChain]:
    """``chain`` over HTTP."""
    made = HttpChain(chain)
    with serving(made.answer) as endpoint:
        made.url, made.asked = endpoint.url, endpoint.asked
        yield made


def down(_: HttpChain, handler: BaseHTTPRequestHandler, __: dict[str, Any]) -> bool:
    """A proxy with nothing behind it."""
    body(handler, b"bad gateway", 502)
    return True


def slow(_: HttpChain, __: BaseHTTPRequestHandler, ___: dict[str, Any]) -> bool:
    """Late, but well."""
    time.sleep(0.03)
    return False


def lying(chain: HttpChain, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> bool:
    """Says that it is Ethereum."""
    if request["method"] != "eth_chainId":
        return False
    chain.respond(handler, request, {"result": "0x1"})
    return True


def newer(chain: HttpChain, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> bool:
    """Contracts of version 2."""
    if request["method"] != "eth_call" or not request["params"][0]["data"].startswith(VERSION):
        return False
    chain.respond(handler, request, {"result": f"0x{2:064x}"})
    return True


def forgetful(chain: HttpChain, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> bool:
    """Takes a transaction, and is gone before it says so."""
    if request["method"] != "eth_sendRawTransaction":
        return False
    chain.reply(request)
    return down(chain, handler, request)
