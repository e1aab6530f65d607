"""A JSON-RPC endpoint on the loopback whose every answer a test decides."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


class Endpoint:
    """A JSON-RPC server whose every answer a test decides."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[str] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if isinstance(request, list):  # as an endpoint that takes no batches
                    body(self, b'{"jsonrpc": "2.0", "id": null, "error": {"code": -32600, "message": "no"}}')
                    return
                endpoint.asked.append(request["method"])
                answer(self, request)

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@contextmanager
def serving(answer: Answer) -> Iterator[Endpoint]:
    """An endpoint for the length of a test."""
    endpoint = Endpoint(answer)
    thread = threading.Thread(target=endpoint.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.server.shutdown()
        thread.join()
        endpoint.server.server_close()


def body(handler: BaseHTTPRequestHandler, content: bytes, status: int = 200) -> None:
    """Answer with these bytes."""
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def result(value: Any) -> Answer:
    """Answer every request with this result."""

    def answer(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        body(handler, json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": value}).encode())

    return answer
