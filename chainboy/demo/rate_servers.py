"""Five servers on the loopback that sell euro rates: three nearly agree, one is wrong, one is down."""

from __future__ import annotations

import csv
import io
import itertools
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import attrs

from chainboy.demo import EXCHANGE_RATE, load, rates
from chainboy.programs.program import Program
from chainboy.sources.scaling import scaled

DECIMALS = 6
UNIT = 10**DECIMALS


@attrs.frozen(kw_only=True)
class Desk:
    """One server: the name of the source it is, and how many millionths of a rate it is off at most.

    What it asks differs from request to request, as prices do; ``None``: it is down.
    """

    name: str
    habit: str
    off: int | None = None


DESKS = (
    Desk(name="north", habit="gives the European Central Bank's last rate, off by up to 0.01 %", off=100),
    Desk(name="east", habit="gives the same, off by up to 0.02 %", off=200),
    Desk(name="south", habit="gives the same, off by up to 0.03 %", off=300),
    Desk(name="west", habit="is wrong: it gives ten times as much", off=9 * UNIT),
    Desk(name="hill", habit="is down"),
)


@contextmanager
def rate_servers() -> Iterator[Program]:
    """The demo's program on exchange rates, its sources served here until the context ends."""
    with ExitStack() as stack:
        ports = {desk.name: stack.enter_context(_port(desk)) for desk in DESKS}
        yield _program(ports)


def last_rates() -> Mapping[str, str]:
    """What one euro buys of each currency, on the last day of the European Central Bank's table."""
    *_, last = csv.DictReader(io.StringIO(rates().decode("ascii")))
    return {currency: rate for currency, rate in last.items() if currency != "date"}


def _program(ports: Mapping[str, int]) -> Program:
    source = load(EXCHANGE_RATE).source
    for name, port in ports.items():
        source = source.replace(f"https://{name}.example/".encode(), f"http://127.0.0.1:{port}/".encode())
    return Program(source)


@contextmanager
def _port(desk: Desk) -> Iterator[int]:
    if desk.off is None:
        with socket.socket() as down:  # bound, so that nobody else takes the port, but not listening
            down.bind(("127.0.0.1", 0))
            yield down.getsockname()[1]
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(desk.off))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def _handler(off: int) -> type[BaseHTTPRequestHandler]:
    # A wrong server is always wrong, the others are off by another part of their most each time.
    parts = itertools.cycle([off] if off >= UNIT else [off, -off, off // 2, 0, -off // 2])
    known = last_rates()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """The rate of the currency that the path ends with, each server in a form of its own or not."""
            currency = self.path[-3:]
            rate = _text(scaled(known[currency], DECIMALS) * (UNIT + next(parts)) // UNIT)
            answer = {"currency": currency, "rate": rate, "rates": [{"value": rate}]}
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
            """Say nothing: the demo tells what happens."""

    return Handler


def _text(micro: int) -> str:
    whole, rest = divmod(micro, UNIT)
    return f"{whole}.{rest:0{DECIMALS}}"
