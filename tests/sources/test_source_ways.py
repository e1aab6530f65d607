"""Where a url leads: redirects, names and TLS, and that no way leads to what is not served."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence

import attrs
import pytest
import trustme
from odd_server import OddServer, said, sent
from source_world import READER, Ask, read

from chainboy.sources import Guard, WebSources

GOOD = said(b'{"a": 1.239}', "Set-Cookie: id=1")


def test_a_redirect_is_followed(server: OddServer, ask: Ask) -> None:
    """In the usual ways; cookies stay behind, and what a query held does not reach the transcript."""
    for status in ("301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"):
        server.paths = {"/x": sent("/y?token=secret", status=status), "/y?token=secret": GOOD}
        entry = ask()
        assert (entry.value, entry.final_url) == (123, f"{server.url}/y")
        assert "secret" not in str(entry)
    assert "cookie" not in "".join(server.requests).lower()


def test_cookies_are_not_kept(server: OddServer, ask: Ask) -> None:
    """Neither for the next hop nor for the next reading."""
    server.paths = {"/x": said(b"", "Set-Cookie: id=1", "Location: /y", status="302 Found"), "/y": GOOD}
    assert (ask().value, ask().value) == (123, 123)
    assert "cookie" not in "".join(server.requests).lower()


def test_circles_end(server: OddServer, ask: Ask) -> None:
    """After as many hops as allowed."""
    server.paths = {"/x": sent("/y"), "/y": sent("/x")}
    assert ask(redirects=3).error == "it redirects more than 3 times"
    assert server.asked == ["/x", "/y", "/x", "/y"]
    assert ask(redirects=0).error == "it redirects more than 0 times"


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("http://10.0.0.1/", "10.0.0.1 is no public address"),
        ("http://169.254.169.254/latest/meta-data/", "169.254.169.254 is no public address"),
        ("//[fd00:ec2::254]/latest/", "fd00:ec2::254 is no public address"),
        ("http://[::ffff:a9fe:a9fe]/", "is no public address"),
        ("http://2852039166/", "no host's name"),
        ("http://0xa9fea9fe/", "no host's name"),
        ("http://0251.0376.0251.0376/", "redirects to no url"),
        ("http://169.254.169.254./", "no host's name"),
        ("http://example.org@169.254.169.254/", "user name"),
        ("http://127.0.0.1:22/", "port 22"),
        ("file:///etc/passwd", "no file urls"),
        ("gopher://127.0.0.1:70/x", "no gopher urls"),
        ("javascript:alert(1)", "no javascript urls"),
        ("/" + "x" * 2_048, "redirects to no url"),
        ("/\xe9", "redirects to no url"),
        ("http://[::1/", "redirects to no url"),
        ("", "redirects to no url"),
    ],
)
def test_redirects_that_lead_astray(server: OddServer, ask: Ask, location: str, error: str) -> None:
    """Each hop is judged like the first."""
    server.paths["/x"] = sent(location)
    assert error in (ask().error or "")
    assert server.asked == ["/x"]


def test_a_redirect_to_nowhere(server: OddServer, ask: Ask) -> None:
    """Without a place to go to."""
    server.paths["/x"] = sent()
    assert ask().error == "it redirects to no url"


def test_the_loopback_is_closed_by_default(server: OddServer) -> None:
    """However it is called, nothing reaches the server."""
    server.paths["/x"] = GOOD
    public = WebSources(guard=Guard(allow_http=True), limits=READER.limits)
    for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]"):
        (entry,) = read(public, x=f"http://{host}:{server.port}/x").transcript
        assert entry.value is None
        assert entry.status is None
    assert server.requests == []


def test_a_name_that_moves_to_the_loopback(server: OddServer) -> None:
    """A redirect back to the same name, which now says another address: the second hop is refused."""
    server.paths["/x"] = sent(f"http://rebind.example:{server.port}/y")
    server.paths["/y"] = GOOD
    answers = iter([["127.0.0.1"], ["127.0.0.1"], ["169.254.169.254"]])
    reader = attrs.evolve(READER, names=lambda _host, _port: next(answers))
    url = f"http://rebind.example:{server.port}/x"
    assert read(reader, x=url).values == {"x": 123}
    (entry,) = read(attrs.evolve(reader, names=switching("127.0.0.1", "10.0.0.1")), x=url).transcript
    assert entry.error == "10.0.0.1 is no public address, so this node does not connect to it"
    assert server.asked == ["/x", "/y", "/x"]


def switching(*addresses: str):  # noqa: ANN201 - a resolver
    """A resolver that says another address each time."""
    left = iter(addresses)
    return lambda _host, _port: [next(left)]


def test_a_url_that_is_none() -> None:
    """What no parser finds a host in."""
    (entry,) = read(READER, x="http://[::1/x").transcript
    assert entry.error == "its url has no host that could be asked"


def test_a_name_that_is_not_found() -> None:
    """As the resolver says."""

    def unknown(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    (entry,) = read(attrs.evolve(READER, names=unknown), x="http://nowhere.example/").transcript
    assert entry.error == "the host's name is not found"


def test_a_resolver_that_hangs() -> None:
    """It is not waited for."""
    over = threading.Event()

    def hang(_host: str, _port: int) -> Sequence[str]:
        over.wait(10)
        return []

    limits = attrs.evolve(READER.limits, timeout_seconds=0.3)
    start = time.monotonic()
    (entry,) = read(attrs.evolve(READER, names=hang, limits=limits), x="http://slow.example/").transcript
    assert entry.error == "no whole answer came within 0.3 s"
    assert time.monotonic() - start < 2
    over.set()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of the tests' own."""
    return trustme.CA()


@pytest.fixture
def trusting(authority: trustme.CA) -> WebSources:
    """A reader that believes it, and finds every name on the loopback; https alone."""
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    return WebSources(
        guard=Guard(allow_loopback=True),
        limits=READER.limits,
        names=lambda _host, _port: ["127.0.0.1"],
        trust=trust,
    )


@pytest.fixture
def named(authority: trustme.CA) -> Iterator[tuple[OddServer, list[str | None]]]:
    """A server with a certificate for rates.example, and the names that were asked for in TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("rates.example").configure_cert(context)
    names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with OddServer("127.0.0.1", context).running() as server:
        yield server, names


def test_tls_is_with_the_name(trusting: WebSources, named: tuple[OddServer, list[str | None]]) -> None:
    """The connection goes to an address, certificate and host header are the name's."""
    server, names = named
    server.paths["/x"] = GOOD
    assert read(trusting, x=f"https://rates.example:{server.port}/x").values == {"x": 123}
    assert names == ["rates.example"]
    assert f"Host: rates.example:{server.port}\r\n" in server.requests[0]


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1", "sub.rates.example"])
def test_another_names_certificate(
    trusting: WebSources, named: tuple[OddServer, list[str | None]], host: str
) -> None:
    """What the certificate does not name is not asked."""
    server, _ = named
    server.paths["/x"] = GOOD
    (entry,) = read(trusting, x=f"https://{host}:{server.port}/x").transcript
    assert entry.error == "the connection failed (ConnectError)"
    assert server.requests == []


def test_an_unknown_authority(named: tuple[OddServer, list[str | None]], trusting: WebSources) -> None:
    """Without the operator's trust there is no connection."""
    server, _ = named
    careful = attrs.evolve(trusting, trust=None)
    (entry,) = read(careful, x=f"https://rates.example:{server.port}/x").transcript
    assert entry.error == "the connection failed (ConnectError)"
    assert server.requests == []


def test_no_way_from_https_to_http(
    trusting: WebSources, named: tuple[OddServer, list[str | None]], server: OddServer
) -> None:
    """Not even where http is allowed."""
    secure, _ = named
    secure.paths["/x"] = sent(f"{server.url}/x")
    server.paths["/x"] = GOOD
    lax = attrs.evolve(trusting, guard=READER.guard)
    (entry,) = read(lax, x=f"https://rates.example:{secure.port}/x").transcript
    assert entry.error == "it redirects from https to something less"
    assert server.requests == []


def test_two_names_on_one_address(trusting: WebSources, named: tuple[OddServer, list[str | None]]) -> None:
    """A connection made for one name is not used for the other."""
    server, names = named
    server.paths = {"/x": sent(f"https://other.example:{server.port}/x")}
    (entry,) = read(trusting, x=f"https://rates.example:{server.port}/x").transcript
    assert entry.error == "the connection failed (ConnectError)"
    assert names == ["rates.example", "other.example"]
    assert len(server.requests) == 1
