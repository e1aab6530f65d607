"""What a node connects to: every kind of address, and every odd way to write one."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from chainboy.errors import SourceUnavailable
from chainboy.sources.addresses import is_loopback, is_public
from chainboy.sources.guard import Guard
from chainboy.sources.transport import GuardedTransport, Resolve, resolve

LOOPBACK = ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]
NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),  # noqa: S104 - refused
    *("100.64.0.1", "100.127.255.254", "169.254.0.1", "169.254.169.254", "100.100.100.200", "192.0.0.192"),
    *("192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "192.88.99.1", "168.63.129.16"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1"),
    *("2001:db8::1", "3fff::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "100::1"),
    *("2002:7f00:1::", "2002:0808:0808::1", "64:ff9b:1::1", "5f00::1", "4000::1", "::8.8.8.8"),
    *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe"),
    "::ffff:0:8.8.8.8",
]
PUBLIC = [
    *("8.8.8.8", "1.1.1.1", "93.184.215.14", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1"),
    *("2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "::ffff:8.8.8.8", "64:ff9b::808:808"),
]


@pytest.mark.parametrize("text", [*LOOPBACK, *NOT_PUBLIC])
def test_what_is_not_public(text: str) -> None:
    """Private, local, special or embedded: none is connected to."""
    address = ipaddress.ip_address(text)
    assert not is_public(address)
    with pytest.raises(SourceUnavailable, match="no public address"):
        Guard(allow_http=True).check_address(address)


@pytest.mark.parametrize("text", PUBLIC)
def test_what_is_public(text: str) -> None:
    """Ordinary addresses, those that stand for one of IPv4 among them."""
    assert is_public(ipaddress.ip_address(text))
    Guard().check_address(ipaddress.ip_address(text))


def test_loopback_is_the_operators_choice() -> None:
    """It opens this machine, and nothing beside it."""
    guard = Guard(allow_loopback=True)
    for text in LOOPBACK:
        assert is_loopback(ipaddress.ip_address(text))
        guard.check_address(ipaddress.ip_address(text))
    for text in NOT_PUBLIC:
        assert not is_loopback(ipaddress.ip_address(text))
        with pytest.raises(SourceUnavailable):
            guard.check_address(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_denied_networks(text: str) -> None:
    """An operator's own public addresses, in whatever clothes."""
    guard = Guard(denied_networks=frozenset({ipaddress.ip_network("8.8.8.0/24")}))
    with pytest.raises(SourceUnavailable, match="does not connect to"):
        guard.check_address(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/",
        "https://EXAMPLE.org/",
        "https://example.org:443/",
        "https://example.org:8443/",
        "https://sub.ex-ample.org/a?b",
        "https://xn--exmple-cua.org/",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
        "https://localhost/",
        "https://0xg.example/",
    ],
)
def test_urls_that_may_be_asked(url: str) -> None:
    """Names and addresses in their usual form; where they lead is judged once they are looked up."""
    Guard().check_url(httpx.URL(url))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "unix://example.org/",
        "//example.org/",
        "https:///path",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://example.org@127.0.0.1/",
        "https://example.org./",
        "https://localhost./",
        "https://127.0.0.1./",
        "https://.example.org/",
        "https://a..b/",
        "https://-a.org/",
        "https://a-.org/",
        "https://" + "a" * 64 + ".org/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.1/",
        "https://127.0.1/",
        "https://127.0.0.0x1/",
        "https://127.0.0.01/",
        "https://example.0x/",
        "https://1.2.3.4.5/",
        "https://256.256.256.256/",
        "https://[::1%25lo]/",
        "https://[fe80::1%25eth0]/",
        "https://127%2e0%2e0%2e1/",
        "https://%31%32%37.0.0.1/",
        "https://exa_mple!.org/",
        "https://example.org:22/",
        "https://example.org:25/",
        "https://example.org:0/",
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    """Other schemes, hidden names, other ports, and every way to write an address but the usual one."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return
    with pytest.raises(SourceUnavailable):
        Guard().check_url(parsed)


@pytest.mark.parametrize("url", ["https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/", "https://ⓛocalhost/"])
def test_unicode_is_no_way_around(url: str) -> None:
    """What is made of it is what is judged: an address in its usual form, a plain name, or nothing."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return
    host = parsed.raw_host.decode()
    try:
        Guard().check_url(parsed)
    except SourceUnavailable:
        return
    assert host == "localhost" or not is_public(ipaddress.ip_address(host))


def test_http_is_the_operators_choice() -> None:
    """As it says."""
    Guard(allow_http=True).check_url(httpx.URL("http://example.org:8080/"))


def test_lists_of_hosts() -> None:
    """A name stands for all below it, not for those that end alike; what is denied is denied."""
    guard = Guard(allowed_hosts=frozenset({"example.org"}), denied_hosts=frozenset({"evil.example.org"}))
    for host in ("example.org", "api.example.org"):
        guard.check_url(httpx.URL(f"https://{host}/"))
    for host in ("badexample.org", "example.com", "evil.example.org", "very.evil.example.org"):
        with pytest.raises(SourceUnavailable, match="does not fetch from"):
            guard.check_url(httpx.URL(f"https://{host}/"))


class Line(httpx.AsyncBaseTransport):
    """Takes note of what it is told to connect to; some of it cannot be reached."""

    def __init__(self, *down: str) -> None:
        self.down = down
        self.asked: list[tuple[str, str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or not."""
        name = request.extensions["sni_hostname"]
        self.asked.append((request.url.host, request.headers["Host"], name))
        if request.url.host in self.down:
            raise httpx.ConnectError("nobody there")
        return httpx.Response(200, text="1")


def ask(url: str, names: Resolve, line: Line, guard: Guard | None = None) -> httpx.Response:
    """One request through the guarded transport."""

    async def send(pool: ThreadPoolExecutor) -> httpx.Response:
        transport = GuardedTransport(guard or Guard(), line, names=names, pool=pool)
        return await transport.handle_async_request(httpx.Request("GET", url))

    with ThreadPoolExecutor(1) as pool:
        return asyncio.run(send(pool))


def always(*addresses: str) -> Resolve:
    """A resolver of one answer."""
    return lambda _host, _port: addresses


def never(host: str, _port: int) -> Sequence[str]:
    """A resolver that nobody should ask."""
    pytest.fail(f"{host} was looked up")


def test_what_was_checked_is_connected_to() -> None:
    """The address goes into the connection, the name stays in the header and in TLS."""
    line = Line()
    ask("https://example.org:8443/x", always("8.8.8.8", "1.1.1.1"), line)
    assert line.asked == [("8.8.8.8", "example.org:8443", "example.org")]


def test_the_next_address_is_tried() -> None:
    """Those that cannot be reached are passed over, the last one's failure is told."""
    line = Line("8.8.8.8")
    ask("https://example.org/", always("8.8.8.8", "2606:4700::1"), line)
    assert [asked[0] for asked in line.asked] == ["8.8.8.8", "2606:4700::1"]
    with pytest.raises(httpx.ConnectError):
        ask("https://example.org/", always("8.8.8.8"), Line("8.8.8.8"))


def test_a_name_that_changes_its_address() -> None:
    """A resolver that says another thing each time is asked once for each connection, and believed once."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"], ["169.254.169.254"]])
    line = Line()
    ask("https://rebind.example/", lambda _host, _port: next(answers), line)
    for _ in range(2):
        with pytest.raises(SourceUnavailable, match="no public address"):
            ask("https://rebind.example/", lambda _host, _port: next(answers), line)
    assert [asked[0] for asked in line.asked] == ["8.8.8.8"]


@pytest.mark.parametrize("hidden", ["127.0.0.1", "10.0.0.1", "::ffff:169.254.169.254", "fd00:ec2::254"])
def test_one_bad_address_spoils_the_name(hidden: str) -> None:
    """Whoever mixes public and private addresses is not asked at all."""
    line = Line()
    with pytest.raises(SourceUnavailable):
        ask("https://mixed.example/", always("8.8.8.8", hidden), line)
    assert line.asked == []


def test_addresses_are_not_looked_up() -> None:
    """A url with an address goes there, or is refused, without asking a resolver."""
    line = Line()
    ask("https://[2606:4700::1]/", never, line)
    assert line.asked == [("2606:4700::1", "[2606:4700::1]", "2606:4700::1")]
    with pytest.raises(SourceUnavailable):
        ask("https://[::ffff:7f00:1]/", never, line)


def test_a_name_without_addresses() -> None:
    """A resolver that finds nothing without saying so."""
    with pytest.raises(SourceUnavailable, match="has no address"):
        ask("https://example.org/", always(), Line())


def test_the_systems_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its addresses in its order, each once."""
    found = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2606:4700::1", 443, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)
    assert resolve("example.org", 443) == ["2606:4700::1", "8.8.8.8"]
