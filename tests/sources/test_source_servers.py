"""Servers that stall, drip, flood, truncate, lie and send rubbish: each costs one number, and little time."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import os
import socket
import time
import tracemalloc

import pytest
from odd_server import Behaviour, OddServer, said
from source_world import READER, Ask, read

from chainboy.sources import Limits, WebSources

GOOD = b'{"a": 1.239}'


def test_a_number_and_its_transcript(server: OddServer, ask: Ask) -> None:
    """What was asked, what came, and what was made of it; the request says nothing of the node."""
    server.paths["/x"] = said(GOOD)
    before = int(time.time())
    entry = ask()
    assert (entry.value, entry.picked, entry.status, entry.error) == (123, "1.239", 200, None)
    assert entry.sha256 == hashlib.sha256(GOOD).hexdigest()
    assert entry.url == entry.final_url == f"{server.url}/x"
    assert before <= entry.at <= time.time()
    (request,) = server.requests
    first, *headers = request.strip().split("\r\n")
    assert first == "GET /x HTTP/1.1"
    assert sorted(line.lower() for line in headers) == [
        "accept-encoding: gzip",
        "accept: application/json",
        "connection: close",
        f"host: 127.0.0.1:{server.port}",
        "user-agent: chainboy",
    ]


def without_ipv6() -> bool:
    """Whether this machine has no ``::1``; where all checks must run that is a failure, not a skip."""
    if "CI" in os.environ:
        return False
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return True
    return False


@pytest.mark.skipif(without_ipv6(), reason="no ::1 here; switch IPv6 on for the loopback to run this")
def test_ipv6() -> None:
    """The other loopback, with the brackets that its address needs."""
    with OddServer("::1").running() as server:
        server.paths["/x"] = said(GOOD)
        assert read(READER, x=f"{server.url}/x").values == {"x": 123}
        assert f"Host: [::1]:{server.port}\r\n" in server.requests[0]


def test_packed(server: OddServer, ask: Ask) -> None:
    """One gzip is unpacked; the hash is of what is inside."""
    server.paths["/x"] = said(gzip.compress(GOOD), "Content-Encoding: GZip")
    entry = ask()
    assert (entry.value, entry.sha256) == (123, hashlib.sha256(GOOD).hexdigest())


def dripping(line: socket.socket) -> None:
    """A byte now and then, for ever."""
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(200):
        line.sendall(b" ")
        time.sleep(0.05)


def dripping_headers(line: socket.socket) -> None:
    """The same, before the body."""
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(200):
        line.sendall(f"X-{number}: y\r\n".encode())
        time.sleep(0.05)


def continuing(line: socket.socket) -> None:
    """An answer to come, always."""
    while True:
        line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        time.sleep(0.01)


def half_stalling(line: socket.socket) -> None:
    """A good beginning."""
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n" + GOOD[:4])
    time.sleep(3)


@pytest.mark.parametrize("behaviour", [None, half_stalling, dripping, dripping_headers, continuing])
def test_no_patience(server: OddServer, ask: Ask, behaviour: Behaviour | None) -> None:
    """However a server passes the time, it is over after its limit."""
    server.paths["/x"] = behaviour or server.stall
    start = time.monotonic()
    assert ask(timeout_seconds=0.4).error == "no whole answer came within 0.4 s"
    assert time.monotonic() - start < 2


def flooding(line: socket.socket) -> None:
    """A body without end."""
    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        line.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def flooding_headers(line: socket.socket) -> None:
    """Headers without end."""
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        line.sendall(b"X-Header: " + b"y" * 1_000 + b"\r\n")


def rubbish(line: socket.socket) -> None:
    """No HTTP at all."""
    line.sendall(b"\x16\x03\x01" * 1_000)


def hanging_up(_line: socket.socket) -> None:
    """Nothing."""


def odd_chunks(line: socket.socket) -> None:
    """A chunk whose size is no number."""
    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n")


BOMB = gzip.compress(bytes(30_000_000))
CUT = gzip.compress(GOOD)[:-4]


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (flooding, "more than 10000 bytes"),
        (said(b" " * 10_001), "more than 10000 bytes"),
        (said(gzip.compress(bytes(10_001)), "Content-Encoding: gzip"), "10000 bytes"),
        (said(BOMB, "Content-Encoding: gzip"), "more than 10000 bytes"),
        (said(BOMB[:9_000], "Content-Encoding: gzip"), "more than 10000 bytes"),
        (said(CUT, "Content-Encoding: gzip"), "ends too early or too late"),
        (said(gzip.compress(GOOD) * 2, "Content-Encoding: gzip"), "ends too early or too late"),
        (said(gzip.compress(gzip.compress(GOOD)), "Content-Encoding: gzip"), "not UTF-8"),
        (said(GOOD, "Content-Encoding: gzip"), "gzip is broken"),
        (said(GOOD, "Content-Encoding: br"), "packed as 'br'"),
        (said(gzip.compress(GOOD), "Content-Encoding: gzip, gzip"), "packed as 'gzip, gzip'"),
        (flooding_headers, "the connection failed"),
        (rubbish, "the connection failed"),
        (hanging_up, "the connection failed"),
        (odd_chunks, "the connection failed"),
        (said(GOOD, length=100), "the connection failed"),
        (said(GOOD, length=5), "not JSON"),
        (said(GOOD, "Content-Length: 5"), "the connection failed"),
        (said(b""), "not JSON"),
        (said(b"", status="204 No Content"), "status 204"),
        (said(GOOD, status="201 Created"), "status 201"),
        (said(GOOD, status="404 Not Found"), "status 404"),
        (said(GOOD, status="500 Oops"), "status 500"),
        (said(b"<html>"), "not JSON"),
        (said(b'{"a": NaN}'), "NaN for a number"),
        (said(b'{"a": 1, "a": 1}'), "key twice"),
        (said(b'{"a": ' + b"9" * 5_000 + b"}"), "too many digits"),
        (said(b'{"a": 1e9999}'), "int256"),
        (said(b'{"a": "1e9999"}'), "int256"),
        (said(b'{"a": "soon"}'), "no decimal number"),
        (said(b'{"b": 1}'), "leads to no place"),
        (said(b"[" * 10_000), "32 levels"),
    ],
)
def test_no_number(server: OddServer, ask: Ask, behaviour: Behaviour, error: str) -> None:
    """Each is one sentence in the transcript."""
    server.paths["/x"] = behaviour
    entry = ask()
    assert entry.value is None
    assert error in (entry.error or "")


def test_a_bomb_takes_no_memory(server: OddServer, ask: Ask) -> None:
    """Thirty megabytes in thirty kilobytes are never unpacked."""
    server.paths["/x"] = said(BOMB, "Content-Encoding: gzip")
    ask(max_bytes=100_000)
    tracemalloc.start()
    try:
        assert "more than 100000 bytes" in (ask(max_bytes=100_000).error or "")
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_what_may_pass_is_tried_again(server: OddServer, ask: Ask) -> None:
    """A moment's failures, as often as allowed; what will not change is asked once."""
    answers = itertools.chain([said(b"", status="503 Busy"), hanging_up], itertools.repeat(said(GOOD)))

    def answer(line: socket.socket) -> None:
        next(answers)(line)

    server.paths["/x"] = answer
    assert ask(tries=3).value == 123
    assert len(server.requests) == 3
    server.paths["/x"] = said(b"", status="503 Busy")
    assert "status 503" in (ask(tries=2).error or "")
    assert len(server.requests) == 5
    server.paths["/x"] = said(b"", status="404 Not Found")
    ask(tries=3)
    assert len(server.requests) == 6


def test_nobody_there() -> None:
    """A port that nobody listens at."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        reading = read(READER, x=f"http://127.0.0.1:{closed.getsockname()[1]}/")
    assert reading.failures == ("the source 'x' gave no number: the connection failed (ConnectError)",)


def test_a_url_is_fetched_once(server: OddServer) -> None:
    """For one reading; the next one asks again."""
    server.paths["/x"] = said(GOOD)
    url = f"{server.url}/x"
    assert read(READER, one=url, two=url).values == {"one": 123, "two": 123}
    assert server.asked == ["/x"]
    read(READER, one=url)
    assert server.asked == ["/x", "/x"]


def slowly(line: socket.socket) -> None:
    """A good answer, after a while."""
    time.sleep(0.5)
    said(GOOD)(line)


def test_side_by_side(server: OddServer) -> None:
    """Five slow ones take as long as one."""
    server.paths = {f"/{number}": slowly for number in range(5)}
    start = time.monotonic()
    found = read(READER, **{f"s{number}": f"{server.url}/{number}" for number in range(5)})
    assert len(found.complete()) == 5
    assert time.monotonic() - start < 2.3


def test_all_together_have_a_limit(server: OddServer) -> None:
    """Who answered in time counts, who did not has failed."""
    server.paths = {"/good": said(GOOD), "/bad": server.stall}
    hasty = WebSources(guard=READER.guard, limits=Limits(timeout_seconds=10, total_seconds=0.4))
    start = time.monotonic()
    reading = read(hasty, good=f"{server.url}/good", bad=f"{server.url}/bad")
    assert time.monotonic() - start < 2
    assert reading.values == {"good": 123}
    assert reading.failures == (
        "the source 'bad' gave no number: all sources together took more than 0.4 s",
    )


def test_the_environment_has_no_say(server: OddServer, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies and credentials of the user who runs the node are not used."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.paths["/x"] = said(GOOD)
    assert ask().value == 123
    assert "authorization" not in server.requests[0].lower()
