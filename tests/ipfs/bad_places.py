"""HTTP servers on the loopback that answer as they like: what a bad daemon or gateway can do to us."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs

PIECE = bytes(64 * 1024)

Answer = Callable[["Request"], None]
"""Handles one request, however badly."""


class Request(BaseHTTPRequestHandler):
    """One request, with what the bad servers below need."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def _any(self) -> None:
        self.close_connection = True
        self.body = self._read_body()
        self.server.seen.append(self.path)
        with suppress(OSError):
            self.server.answer(self)

    do_GET = do_POST = do_HEAD = _any  # noqa: N815 - names of the standard library

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def raw(self, data: bytes) -> None:
        """Send ``data`` as it is."""
        self.wfile.write(data)
        self.wfile.flush()

    def full(self, data: bytes, status: int = 200, **headers: str) -> None:
        """A whole answer, as a good server sends it."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.raw(data)

    def wait(self, seconds: float) -> bool:
        """Pause; whether the server is being stopped."""
        return self.server.stopping.wait(seconds)

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.answer = answer
        self.seen: list[str] = []
        self.stopping = threading.Event()

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is what is tested here."""


@attrs.frozen
class Liar:
    """A running server: its URL and the paths that it was asked for."""

    url: str
    seen: list[str]


@contextmanager
def serving(answer: Answer) -> Iterator[Liar]:
    """A server that gives ``answer`` to every request, until the block ends."""
    server = _Server(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Liar(f"http://127.0.0.1:{server.server_port}", server.seen)
    finally:
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


def good(blocks: dict[str, bytes]) -> Answer:
    """A gateway and a daemon's block API over ``blocks`` by CID."""

    def answer(request: Request) -> None:
        found = next((block for cid, block in blocks.items() if cid in request.path), None)
        if found is not None:
            request.full(found)
        elif request.command == "POST":
            request.full(b'{"Message": "block not found", "Code": 0, "Type": "error"}', 500)
        else:
            request.full(b"", 404)

    return answer


def stall(request: Request) -> None:
    """Takes the request and says nothing."""
    request.wait(60)


def drip(request: Request) -> None:
    """A byte of the body now and then, each in time for any timeout between two of them."""
    request.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not request.wait(0.05):
        request.raw(b"x")


def drip_headers(request: Request) -> None:
    """The same, before there is a body."""
    request.raw(b"HTTP/1.1 200 OK\r\nX-Header: ")
    while not request.wait(0.05):
        request.raw(b"x")


def flood(request: Request) -> None:
    """A body without end, of no stated length."""
    request.raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while not request.wait(0):
        request.raw(PIECE)


def chunked_flood(request: Request) -> None:
    """The same, in chunks."""
    request.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not request.wait(0):
        request.raw(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))


def error_flood(request: Request) -> None:
    """An error message without end."""
    request.raw(b'HTTP/1.1 500 Oops\r\nConnection: close\r\n\r\n{"Message": "')
    while not request.wait(0):
        request.raw(PIECE.replace(b"\0", b"x"))


def bad_chunks(request: Request) -> None:
    """Chunks whose sizes are no numbers."""
    request.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n")


def nonsense(request: Request) -> None:
    """No HTTP at all."""
    request.raw(b"\x16\x03\x01 what? \r\n\r\n")


def hang_up(request: Request) -> None:
    """Closes without a word."""
    request.connection.close()


def truncate(request: Request) -> None:
    """Less than was announced."""
    request.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello")


def bomb(request: Request) -> None:
    """A gigabyte of zeros, gzipped to a megabyte: 1,024 members of a mebibyte each."""
    import gzip  # noqa: PLC0415

    request.full(gzip.compress(bytes(1 << 20), mtime=0) * 1024, Content_Encoding="gzip")


def redirect(target: str) -> Answer:
    """Sends elsewhere."""
    return lambda request: request.full(b"", 307, Location=target)


def always(data: bytes, status: int = 200, **headers: str) -> Answer:
    """The same answer to everything."""
    return lambda request: request.full(data, status, **headers)


def first(*answers: Answer) -> Answer:
    """One answer after the other; the last one for ever."""
    waiting = list(answers)
    lock = threading.Lock()

    def answer(request: Request) -> None:
        with lock:
            now = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        now(request)

    return answer
