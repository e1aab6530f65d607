"""Shows what a site has over HTTP: GET and HEAD alone, few at a time, nothing can be written."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import attrs

from chainboy.errors import ConfigError
from chainboy.node.watching.settings import WatchSettings

_log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds that a connection may be silent."""

MOST_AT_ONCE = 16
"""Connections; more are closed at once."""


@attrs.frozen(kw_only=True)
class Answer:
    """What one path says."""

    body: bytes
    kind: str = "text/plain; charset=utf-8"
    code: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)


Site = Mapping[str, Callable[[], Answer]]
"""What is shown, by path."""

_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})

_ALWAYS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class _Server(ThreadingHTTPServer):
    """With a limit to its threads."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """In a thread, or not at all."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """The thread's work."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A watcher that breaks off, or a fault of ours, costs the node nothing but a line."""
        del request
        _log.debug("a watcher at %s was not answered", client_address, exc_info=True)


class WatchServer:
    """Shows ``site`` at ``settings.listen`` (port 0: any that is free) until it is closed.

    On a loopback address only requests to that very host are answered, so that no page of the web can read
    along under a name of its own. Raises :class:`~chainboy.errors.ConfigError` for an address that cannot be
    used.
    """

    def __init__(self, settings: WatchSettings, site: Site) -> None:
        host, port = settings.listen
        hosts = _LOCAL | {host} if settings.private else None
        try:
            self._server = _Server((host, port), _handler(site, hosts))
        except OSError as error:
            raise ConfigError(
                f"watch.listen {host}:{port} cannot be used ({error.strerror}); choose another"
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="chainboy-watch", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address of the status page."""
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}/" if ":" in str(host) else f"http://{host!s}:{port}/"

    def close(self) -> None:
        """Show nothing any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _handler(site: Site, hosts: frozenset[str] | None) -> type[BaseHTTPRequestHandler]:
    """Answers out of ``site`` what is asked of one of ``hosts``; ``None``: of any."""

    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE
        server_version = "ChainBoy"
        sys_version = ""

        def do_GET(self) -> None:
            answer = self._answer()
            self._head(answer)
            self.wfile.write(answer.body)

        def do_HEAD(self) -> None:
            self._head(self._answer())

        def _answer(self) -> Answer:
            if hosts is not None and _host(self.headers.get("Host", "")) not in hosts:
                return Answer(code=403, body=b"this host is not served here\n")
            page = site.get(self.path.partition("?")[0])
            return Answer(code=404, body=b"nothing is here\n") if page is None else page()

        def _head(self, answer: Answer) -> None:
            self.send_response(answer.code)
            headers = {"Content-Type": answer.kind, "Content-Length": str(len(answer.body))}
            for name, value in {**headers, **_ALWAYS, **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            _log.debug(format, *args)

    return Handler


def _host(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
