"""The small server around pure handlers: what it takes, what it refuses, and whom it does not wait for."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from chainboy import web
from chainboy.errors import ConfigError
from chainboy.web import Request, Response, Server

LIMIT = 1_000


class Echo:
    """Answers with the length of the body; remembers requests."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        """One answer."""
        self.requests.append(request)
        if request.path == "/broken":
            raise RuntimeError("the handler is broken")
        return Response(status=202, body=str(len(request.body)).encode())


@pytest.fixture
def echo() -> Echo:
    """A handler."""
    return Echo()


@pytest.fixture
def server(echo: Echo) -> Iterator[Server]:
    """A server around it."""
    with Server(echo, "127.0.0.1", 0, most_bytes=LIMIT, name="test") as server:
        yield server
    assert "chainboy-test" not in {thread.name for thread in threading.enumerate()}


def raw(server: Server, sent: bytes) -> bytes:
    """What comes back for these bytes, until the server closes."""
    with socket.create_connection(("127.0.0.1", int(server.url[:-1].rpartition(":")[2])), 15) as connection:
        connection.sendall(sent)
        answer = b""
        try:
            while data := connection.recv(4096):
                answer += data
        except ConnectionResetError:
            pass
        return answer


def test_what_the_handler_sees(server: Server, echo: Echo) -> None:
    """Method, path without the query, headers in lower case, the raw body."""
    answer = requests.post(server.url + "a/b?c=d", data=b"\x00\xff", headers={"X-Mine": "1"}, timeout=10)
    assert (answer.status_code, answer.content) == (202, b"2")
    (request,) = echo.requests
    assert (request.method, request.path, request.body) == ("POST", "/a/b", b"\x00\xff")
    assert request.headers["x-mine"] == "1"
    assert requests.get(server.url, timeout=10).content == b"0"
    assert requests.put(server.url, timeout=10).status_code == 501


@pytest.mark.parametrize("length", ["", str(LIMIT + 1), "-1", "1e3", "9" * 50, "٣"])
def test_bodies_without_a_fair_length_are_refused(server: Server, echo: Echo, length: str) -> None:
    """Unread."""
    header = f"Content-Length: {length}\r\n" if length else ""
    answer = raw(server, f"POST / HTTP/1.0\r\n{header}\r\n".encode())
    assert answer.startswith(b"HTTP/1.0 400 ")
    assert b"give Content-Length" in answer
    assert echo.requests == []


def test_half_a_body_is_none(server: Server, echo: Echo) -> None:
    """The handler sees whole bodies only."""
    port = int(server.url[:-1].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"POST / HTTP/1.0\r\nContent-Length: 10\r\n\r\nhalf")
    assert requests.post(server.url, data=b"whole", timeout=10).content == b"5"
    assert [request.body for request in echo.requests] == [b"whole"]


def test_who_takes_too_long_is_cut_off(echo: Echo) -> None:
    """However busily it sends."""
    with (
        Server(echo, "127.0.0.1", 0, most_bytes=LIMIT, name="test", patience=0.5) as server,
        socket.create_connection(("127.0.0.1", int(server.url[:-1].rpartition(":")[2]))) as connection,
    ):
        connection.sendall(b"POST / HTTP/1.0\r\n")
        start = time.monotonic()
        try:
            while time.monotonic() - start < 10:
                connection.sendall(b"X: y\r\n")
                time.sleep(0.1)
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert time.monotonic() - start < 5


def test_connections_are_bounded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those beyond are closed; when one ends there is room again."""
    monkeypatch.setattr(web, "MOST_AT_ONCE", 2)
    port = int(server.url[:-1].rpartition(":")[2])
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
    time.sleep(0.2)
    assert raw(server, b"GET / HTTP/1.0\r\n\r\n") == b""
    for connection in idle:
        connection.close()
    time.sleep(0.2)
    assert raw(server, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 202 ")


def test_a_broken_handler_breaks_nothing_else(
    server: Server, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line in the log, nothing on standard error, and the next is answered."""
    assert raw(server, b"GET /broken HTTP/1.0\r\n\r\n") == b""
    assert raw(server, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 202 ")
    assert [record.getMessage() for record in caplog.records] == ["a request could not be answered"]
    assert capsys.readouterr().err == ""


def test_a_port_that_is_taken(server: Server, echo: Echo) -> None:
    """Is a mistake of the configuration."""
    port = int(server.url[:-1].rpartition(":")[2])
    with pytest.raises(ConfigError, match="cannot be used"):
        Server(echo, "127.0.0.1", port, most_bytes=LIMIT, name="other")
