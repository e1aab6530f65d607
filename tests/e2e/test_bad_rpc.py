"""Endpoints over real HTTP on the loopback: down, slow, lying, silent, or talking something else."""

from __future__ import annotations

import socket
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from endpoint import body, result, serving

from chainboy.chain import ChainProfile, KeySigner, Sender, connect
from chainboy.chain.call import Call
from chainboy.chain.client import ATTEMPTS
from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.errors import ChainError, TooManyLogs, WrongChain

PROFILE = ChainProfile.local(31_337)


def test_a_good_endpoint() -> None:
    """The server of these tests is one that the client accepts."""
    with serving(result(hex(31_337))) as endpoint:
        connect(endpoint.url, PROFILE).check()
        assert endpoint.asked == ["eth_chainId"]


def test_a_lie_about_the_chain() -> None:
    """Another chain's id ends the handshake."""
    with serving(result("0x1")) as endpoint, pytest.raises(WrongChain, match="serves chain 1"):
        connect(endpoint.url, PROFILE).check()


def test_nobody_listens() -> None:
    """A closed port is told within the attempts."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(ChainError, match="cannot be reached"):
            connect(url, PROFILE).check()


def test_too_slow() -> None:
    """An endpoint that does not answer in time is given up, after a few attempts."""

    def sleep(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        time.sleep(0.3)
        result("0x1")(handler, request)

    with serving(sleep) as endpoint:
        began = time.monotonic()
        with pytest.raises(ChainError, match="did not answer eth_chainId in time"):
            connect(endpoint.url, PROFILE, timeout=0.05).check()
        assert len(endpoint.asked) == ATTEMPTS
        assert time.monotonic() - began < 10


def test_slow_logs_are_too_many() -> None:
    """A range that takes too long is asked for in smaller parts by whoever reads events."""

    def sleep(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        time.sleep(0.3)
        handler.close_connection = True

    with serving(sleep) as endpoint, pytest.raises(TooManyLogs):
        connect(endpoint.url, PROFILE, timeout=0.05).logs([ZERO_ADDRESS], [], 0, 9)


GARBAGE = {
    "a page": (200, b"<html>hello</html>"),
    "no JSON at all": (200, b"\xff\xfe\x00"),
    "nothing": (200, b""),
    "another protocol": (200, b'{"ok": true}'),
    "a list": (200, b"[]"),
    "a number": (200, b"7"),
    "a null": (200, b"null"),
    "both result and error": (200, b'{"jsonrpc": "2.0", "id": 1, "result": 1, "error": {"code": 1}}'),
    "an error without a message": (200, b'{"jsonrpc": "2.0", "id": 1, "error": {"code": 1}}'),
    "an error that is text": (200, b'{"jsonrpc": "2.0", "id": 1, "error": "no"}'),
    "a result of the wrong type": (200, b'{"jsonrpc": "2.0", "id": 1, "result": ["0x1"]}'),
    "a server error": (500, b"oops"),
    "a rate limit": (429, b"slow down"),
    "not found": (404, b""),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage(kind: str) -> None:
    """Whatever comes over the wire, the caller sees one ChainError in one sentence."""
    status, content = GARBAGE[kind]
    with serving(lambda handler, _: body(handler, content, status)) as endpoint:
        with pytest.raises(ChainError) as caught:
            connect(endpoint.url, PROFILE).check()
        assert "\n" not in str(caught.value)


def test_hanging_up() -> None:
    """A connection that is closed without an answer."""

    def hang_up(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        handler.close_connection = True

    with serving(hang_up) as endpoint, pytest.raises(ChainError, match="cannot be reached"):
        connect(endpoint.url, PROFILE).check()


def test_a_cut_answer() -> None:
    """Fewer bytes than promised."""

    def cut(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"jsonrpc"')
        handler.close_connection = True

    with serving(cut) as endpoint, pytest.raises(ChainError):
        connect(endpoint.url, PROFILE).check()


def test_a_send_is_never_repeated_by_itself() -> None:
    """The broadcast fails without an answer: it was sent once, and the sender keeps what it signed."""
    answers: dict[str, Any] = {
        "eth_estimateGas": "0x5208",
        "eth_getBlockByNumber": {"gasLimit": "0x1c9c380"},
        "eth_gasPrice": "0x1",
        "eth_getTransactionCount": "0x0",
    }

    def answer(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        if request["method"] == "eth_sendRawTransaction":
            body(handler, b"bad gateway", 502)
        else:
            result(answers[request["method"]])(handler, request)

    with serving(answer) as endpoint:
        sender = Sender(connect(endpoint.url, PROFILE), KeySigner.random())
        signed: list[int] = []
        with pytest.raises(ChainError, match="502"):
            sender.send(Call(to=ZERO_ADDRESS), on_signed=lambda nonce, *_: signed.append(nonce))
        assert signed == [0]
        assert endpoint.asked.count("eth_sendRawTransaction") == 1
