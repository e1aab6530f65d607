"""The desk over HTTP: a letter a POST, answered with 202, or 400 and one sentence."""

from __future__ import annotations

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from chainboy.contracts.letters import MOST_BYTES, read_letter
from chainboy.errors import ChainBoyError, ConfigError
from chainboy.relay.desk import Desk

_log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds for a whole request."""


class Counter:
    """Listens at ``host`` and ``port`` (0: any that is free) until it is closed.

    Raises :class:`~chainboy.errors.ConfigError` when it cannot.
    """

    def __init__(self, desk: Desk, host: str, port: int) -> None:
        class Handler(BaseHTTPRequestHandler):
            timeout = PATIENCE
            server_version = "ChainBoy"

            def do_POST(self) -> None:
                length = self.headers.get("Content-Length", "")
                if not length.isdecimal() or int(length) > MOST_BYTES:
                    self._answer(400, f"give Content-Length, of at most {MOST_BYTES}")
                    return
                try:
                    desk.hand_in(read_letter(self.rfile.read(int(length))))
                except ChainBoyError as error:
                    self._answer(400, str(error))
                else:
                    self._answer(202, "")

            def _answer(self, code: int, error: str) -> None:
                body = json.dumps({"error": error} if error else {"taken": True}).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                _log.debug(format, *args)

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except OSError as error:
            raise ConfigError(f"{host}:{port} cannot be used ({error.strerror}); choose another") from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="chainboy-counter", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Where letters go."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/"

    def close(self) -> None:
        """Take no letters any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
