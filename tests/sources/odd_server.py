"""A server on the loopback that answers each path with whatever a test makes it write, well formed or not."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Behaviour = Callable[[socket.socket], None]
"""What is done with a connection once its request was read."""


def said(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> Behaviour:
    """A whole answer; ``length`` is what it claims to have."""
    size = len(body) if length is None else length
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {size}", *headers, "", ""])
    return lambda line: line.sendall(head.encode("latin-1") + body)


def sent(*location: str, status: str = "302 Found") -> Behaviour:
    """A redirect."""
    return said(b"", *(f"Location: {each}" for each in location), status=status)


class OddServer:
    """``paths`` says what to do with each path; ``requests`` are the texts of all requests so far."""

    def __init__(self, host: str, tls: ssl.SSLContext | None = None) -> None:
        self.paths: dict[str, Behaviour] = {}
        self.requests: list[str] = []
        self.over = threading.Event()
        self._tls = tls
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    outer.handle(self.request)

        class Server(socketserver.ThreadingTCPServer):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
            daemon_threads = True
            block_on_close = False

        self._server = Server((host, 0), Handler)
        self.port = int(self._server.server_address[1])
        shown = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if tls else 'http'}://{shown}:{self.port}"

    def handle(self, line: socket.socket) -> None:
        """One connection, one request."""
        line.settimeout(10)
        if self._tls is not None:
            line = self._tls.wrap_socket(line, server_side=True)
        text = b""
        while b"\r\n\r\n" not in text:
            part = line.recv(4096)
            if not part:
                return
            text += part
        self.requests.append(text.decode("latin-1"))
        path = self.requests[-1].split(" ")[1]
        self.paths.get(path, said(b"no such path", status="404 Not Found"))(line)
        if self._tls is not None:
            line.close()

    @property
    def asked(self) -> list[str]:
        """The paths of all requests so far."""
        return [request.split(" ")[1] for request in self.requests]

    def stall(self, _line: socket.socket) -> None:
        """Say nothing until the test is over."""
        self.over.wait(10)

    @contextmanager
    def running(self) -> Iterator[OddServer]:
        """Serve in the background."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.over.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()
