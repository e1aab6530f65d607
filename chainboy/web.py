"""HTTP for services: a pure handler of requests, and a small server around one."""

from __future__ import annotations

import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Self

import attrs

from chainboy.errors import ConfigError

_log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds for a whole request, unless told otherwise."""

MOST_AT_ONCE = 32
"""Connections; those beyond are closed at once."""

_BEAT = 0.05


@attrs.frozen(kw_only=True)
class Request:
    """One request; the names of ``headers`` are in lower case, ``path`` is without the query."""

    method: str
    path: str
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)


@attrs.frozen(kw_only=True)
class Response:
    """Its answer; ``kind`` is the body's media type, JSON unless told otherwise."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = attrs.field(factory=dict)


Handler = Callable[[Request], Response]
"""Answers one request, from any thread."""


class Server:
    """Answers by ``handler`` at ``host`` and ``port`` (0: any that is free) until it is closed.

    Without a port ``host`` is the path of a Unix socket, for this user alone; one that a server left
    behind is replaced. Bodies have at most ``most_bytes``; larger ones, and those of unknown length, are
    refused unread. A request that is not answered in ``patience`` seconds is cut off. Raises
    :class:`~chainboy.errors.ConfigError` when it cannot listen there.
    """

    def __init__(
        self,
        handler: Handler,
        host: str,
        port: int | None,
        *,
        most_bytes: int,
        name: str,
        patience: float = PATIENCE,
    ) -> None:
        adapter = _adapter(handler, most_bytes)
        try:
            if port is None:
                _clear(Path(host))
                self._server: _Bounded = _Private(host, adapter, patience)
            else:
                self._server = _Bounded((host, port), adapter, patience)
        except OSError as error:
            place = host if port is None else f"{host}:{port}"
            raise ConfigError(f"{place} cannot be used ({error.strerror}); choose another") from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_BEAT,), name=f"chainboy-{name}", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        if isinstance(self._server, _Private):
            return f"unix://{self._server.server_address!s}"
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}/" if ":" in str(host) else f"http://{host!s}:{port}/"

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Bounded(ThreadingHTTPServer):
    """Serves so many connections at once, each for so long."""

    def __init__(
        self,
        address: tuple[str, int] | str,
        adapter: type[BaseHTTPRequestHandler],
        patience: float,
    ) -> None:
        self.address_family = _family(address)
        self._patience = patience
        self._open: dict[socket.socket, float] = {}
        super().__init__(address, adapter)  # type: ignore[arg-type]  # it is typed for ports alone

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin with a connection, if there is room."""
        if len(self._open) >= MOST_AT_ONCE:
            self.shutdown_request(request)
            return
        self._open[request] = time.monotonic()
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Be done with a connection."""
        self._open.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Cut off who takes too long."""
        for request, since in tuple(self._open.items()):
            if time.monotonic() - since >= self._patience:
                try:
                    request.shutdown(socket.SHUT_RDWR)
                except OSError:
                    self._open.pop(request, None)  # it is gone already

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection broke, or the handler did: one line."""
        del request, client_address
        _log.warning("a request could not be answered", exc_info=_log.isEnabledFor(logging.DEBUG))


class _Private(_Bounded):
    """Listens at a path, which only this user's processes may open."""

    _taken = False

    def server_bind(self) -> None:
        """Take the path; nobody can connect before it has its mode."""
        TCPServer.server_bind(self)  # HTTPServer's would look the host's name up
        self._taken = True
        Path(str(self.server_address)).chmod(0o600)

    def server_close(self) -> None:
        """Leave nothing at the path."""
        super().server_close()
        if self._taken:
            Path(str(self.server_address)).unlink(missing_ok=True)


def _family(address: tuple[str, int] | str) -> socket.AddressFamily:
    if isinstance(address, str):
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


def _clear(path: Path) -> None:
    """Remove the socket that a server left at ``path``; one that somebody listens at stays."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as door:
        try:
            door.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()


def _adapter(handler: Handler, most_bytes: int) -> type[BaseHTTPRequestHandler]:
    class Adapter(BaseHTTPRequestHandler):
        timeout = PATIENCE
        server_version = "ChainBoy"
        sys_version = ""

        def _serve(self) -> None:
            length = self.headers.get("Content-Length", "" if self.command == "POST" else "0")
            if not re.fullmatch("[0-9]{1,9}", length) or int(length) > most_bytes:
                error = f'{{"error": "give Content-Length, of at most {most_bytes}"}}'
                self._answer(Response(status=400, body=error.encode()))
                return
            body = self.rfile.read(int(length))
            if len(body) == int(length):
                headers = {name.lower(): value for name, value in self.headers.items()}
                path = self.path.partition("?")[0]
                self._answer(handler(Request(method=self.command, path=path, headers=headers, body=body)))

        do_GET = do_HEAD = do_POST = _serve  # noqa: N815 - the base class's names

        def _answer(self, response: Response) -> None:
            self.send_response(response.status)
            self.send_header("Content-Type", response.kind)
            self.send_header("Content-Length", str(len(response.body)))
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Stay silent: paths may hold secrets."""

    return Adapter
