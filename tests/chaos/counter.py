"""One node's own endpoint of the chain: it behaves as its mood is, and notes which transactions pass."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Question = dict[str, Any]
Mood = Callable[["Counter", BaseHTTPRequestHandler, Sequence[Question]], None]
"""Answers the questions of one HTTP request in its own way."""

MOST_SECONDS = 15.0
"""No mood holds a request for longer, whatever becomes of whoever set it."""


class Counter:
    """An HTTP endpoint before ``upstream``; ``mood`` is None while it does what it should.

    ``taken``: every raw transaction that the chain's pool took through this endpoint, in order. ``asked``:
    how many questions there were. ``seen``: the highest block asked for by its number.
    """

    def __init__(self, upstream: str, *, confirmations: int) -> None:
        self._upstream = urlsplit(upstream)
        self._local = threading.local()
        self._connections: list[http.client.HTTPConnection] = []
        self._confirmations = confirmations
        self.mood: Mood | None = None
        self.released = threading.Event()
        self.taken: list[bytes] = []
        self.asked = 0
        self.seen = -1
        self.head = 0
        self.server = _server(self)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def knows(self) -> int:
        """The newest head that a round of the node's work has begun with."""
        return self.seen + self._confirmations

    def turn(self, mood: Mood | None, head: int) -> None:
        """Take on a mood at the chain's block ``head``; whoever is held by the one before goes on."""
        self.released.set()
        self.released = threading.Event()
        self.mood, self.head = mood, head

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """One round trip."""
        said = json.loads(body)
        questions = said if isinstance(said, list) else [said]
        self.asked += len(questions)
        self._note(questions)
        if self.mood is None:
            self.reply(handler, self.forward(questions), single=not isinstance(said, list))
        else:
            self.mood(self, handler, questions)

    def forward(self, questions: Sequence[Question]) -> list[Question]:
        """What the chain says; transactions that it took are noted."""
        answers = [json.loads(self._post(json.dumps(question).encode())) for question in questions]
        for question, answer in zip(questions, answers, strict=True):
            if question["method"] == "eth_sendRawTransaction" and "result" in answer:
                self.taken.append(bytes.fromhex(question["params"][0][2:]))
        return answers

    @staticmethod
    def reply(handler: BaseHTTPRequestHandler, answers: Sequence[Question], *, single: bool) -> None:
        """Send answers, one as an object."""
        send(handler, json.dumps(answers[0] if single else list(answers)).encode())

    def _note(self, questions: Sequence[Question]) -> None:
        for question in questions:
            if question["method"] == "eth_getBlockByNumber" and question["params"][0].startswith("0x"):
                self.seen = max(self.seen, int(question["params"][0], 16))

    def _post(self, body: bytes) -> bytes:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            port = self._upstream.port
            connection = http.client.HTTPConnection(self._upstream.hostname or "", port, timeout=60)
            self._local.connection = connection
            self._connections.append(connection)
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        return bytes(connection.getresponse().read())

    def close(self) -> None:
        """Let every connection go."""
        self.released.set()
        for connection in self._connections:
            connection.close()


def send(
    handler: BaseHTTPRequestHandler, content: bytes, status: int = 200, headers: dict[str, str] | None = None
) -> None:
    """Answer with these bytes."""
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


@contextmanager
def counters(upstream: str, count: int, *, confirmations: int) -> Iterator[list[Counter]]:
    """So many endpoints of one chain, one a node."""
    made = [Counter(upstream, confirmations=confirmations) for _ in range(count)]
    threads = [threading.Thread(target=each.server.serve_forever, args=(0.05,)) for each in made]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        for each, thread in zip(made, threads, strict=True):
            each.released.set()
            each.server.shutdown()
            thread.join()
            each.server.server_close()
            each.close()


def _server(counter: Counter) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 30

        def do_POST(self) -> None:
            """One round trip; whoever hangs up is gone."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                counter.answer(self, body)
            except (OSError, http.client.HTTPException):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A node that was killed hangs up."""

    return Server(("127.0.0.1", 0), Handler)
