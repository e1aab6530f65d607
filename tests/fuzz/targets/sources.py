"""What stands between a stranger's program and the web: urls, picks, numbers, hosts."""

from __future__ import annotations

import decimal
import json
import re
import socket
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import jsonpath
from fuzz.target import Target, text_of, words

from chainboy.errors import ProgramError, SourceUnavailable
from chainboy.sources.document import Decimal
from chainboy.sources.guard import Guard
from chainboy.sources.pick import Path
from chainboy.sources.scaling import scaled
from chainboy.sources.template import MAX_URL, Template

JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?")
URL_CHARACTERS = re.compile(r"[!-~]+")
WIDE = decimal.Context(prec=6000, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)


def check_template(data: bytes) -> bool:
    """Whatever the values are, a filled url has the declared shape, and the values where they were asked for.

    The first line is the url, each further one a value; the placeholders are called 0, 1, …
    """
    url, *given = text_of(data).split("\n")
    try:
        template = Template(url)
        values = {name: given[int(name)] for name in template.names}
        filled = template.fill(values)
    except (ProgramError, UnicodeEncodeError):
        return False
    except (ValueError, IndexError):  # a placeholder of another name
        return False
    assert URL_CHARACTERS.fullmatch(filled)
    assert len(filled) <= MAX_URL
    if not is_served(filled):
        assert not is_served(blank(url))
        return False
    before, after = urlsplit(blank(url)), urlsplit(filled)
    assert (before.scheme, before.netloc, after.fragment) == (after.scheme, after.netloc, "")
    assert shape(before) == shape(after)
    assert "@" not in after.netloc
    assert not {".", ".."} & {
        segment
        for asked, segment in zip(before.path.split("/"), map(unquote, after.path.split("/")), strict=True)
        if "!" in asked and "!" not in segment
    }
    assert httpx.URL(filled).raw_host == httpx.URL(blank(url)).raw_host
    assert httpx.URL(filled).raw_host.decode() == after.hostname
    return bool(values)


def is_served(url: str) -> bool:
    """Whether a node asks there at all, as far as the url alone tells."""
    try:
        Guard(allow_http=True).check_url(httpx.URL(url))
    except (httpx.InvalidURL, SourceUnavailable):
        return False
    return True


def blank(url: str) -> str:
    """The url with something harmless in each placeholder."""
    return re.sub(r"\{[^{}]*\}", "!", url)


def shape(parts: Any) -> tuple[int, ...]:
    """How many segments, and how many of what divides a query."""
    return parts.path.count("/"), *(parts.query.count(mark) for mark in "&=;?/")


def check_pick(data: bytes) -> bool:
    """What is picked is the one value that another implementation finds. The first line is the path."""
    path, _, body = data.partition(b"\n")
    try:
        picked = Path(text_of(path)).pick(body)
    except (ProgramError, SourceUnavailable):
        return False
    document = json.loads(body, parse_float=Decimal)
    try:
        (found,) = jsonpath.findall(text_of(path), document)
    except jsonpath.JSONPathSyntaxError:  # of $[1,:2], say, which RFC 9535 allows: it has no opinion
        return True
    assert picked == (found.text if isinstance(found, Decimal) else str(found))
    assert type(found) in (str, int, Decimal)
    return True


def check_number(data: bytes) -> bool:
    """The integer is that of decimal arithmetic, cut towards zero. The first byte is the scale."""
    scale, text = (data[0] if data else 0) % 78, text_of(data[1:])
    wanted = None
    if JSON_NUMBER.fullmatch(text) and len(text) <= 128:
        exact = WIDE.scaleb(WIDE.create_decimal(text), scale)
        if not exact or exact.adjusted() < 100:  # else it is too large, and not worth writing out
            whole = int(exact.to_integral_value(decimal.ROUND_DOWN))
            wanted = whole if -(2**255) <= whole < 2**255 else None
    try:
        number = scaled(text, scale)
    except SourceUnavailable:
        assert wanted is None
        return False
    assert number == wanted
    return True


def check_guard(data: bytes) -> bool:
    """A url that passes leads to a name, or to a public address that is spelt as everybody spells it.

    Templates and redirects are ASCII before they come here.
    """
    guard = Guard(allow_http=True)
    try:
        url = httpx.URL(data.decode("ascii"))
    except (httpx.InvalidURL, UnicodeDecodeError):
        return False
    try:
        guard.check_url(url)
        address = literal_of(url.raw_host.decode("ascii"))
        if address is not None:
            guard.check_address(address)
    except SourceUnavailable:
        return False
    assert url.scheme in ("http", "https")
    assert not url.userinfo
    assert address is None or address.is_global
    return True


def literal_of(host: str) -> Any:
    """The address that any resolver takes ``host`` for; fails for a spelling that is not the usual one."""
    try:
        address = ip_address(host)
    except ValueError:
        try:
            packed = socket.inet_aton(host)  # what libraries in C read: 127.1, 0x7f000001, 017700000001
        except (OSError, UnicodeEncodeError):
            return None
        raise AssertionError(f"{host!r} is {packed!r} in disguise") from None
    return address


TARGETS = (
    Target(
        name="template",
        check=check_template,
        seeds=(
            b"https://example.org/v1/{0}/x?q={1}&r=1\nBTC EUR\na&b=c#d",
            b"http://[2001:db8::1]:8080/{0}\n..",
            b"https://example.org/.{0}\n.",
            b"https://example.org/{0}{1}/\n%2e\n/",
        ),
        tokens=words(r"""
        {0} {1} %2e %2f .. / \\ ? # @ & = \xe2\x80\xae
    """),
    ),
    Target(
        name="pick",
        check=check_pick,
        seeds=(
            b'$.price\n{"price": 1.50}',
            b'$["data"][0].last\n{"data": [{"last": "12.5"}], "x": -3e2}',
            b'$..[?@.of == "EUR"].is\n[{"of": "EUR", "is": 7}, {"of": "USD", "is": 8}]',
            b"$[-1]\n[1, 2, 3]",
            b'$[?length(@.a) > 1 && !@.b].c\n[{"a": "xy", "c": 5}, {"a": "x", "b": 1}]',
            b"$[1:2:1]\n[1, 2.0, 3]",
            b"$[2,:,1]\n[1]",
            b"$[1,:2 1]\n[1]",  # once taken for $[1,:2:1]
        ),
        tokens=(
            *words(r"""
        $ @ .. * [ ] [? == && || ! count( value( \\u0041 1e400 -0 null true [[[[[[[[ "\\ud800" NaN {}
        $.a '
    """),
            b"9" * 40,
        ),
    ),
    Target(
        name="number",
        check=check_number,
        seeds=(b"\x081.23456789012", b"\x00-0.0e-9", b"\x4d1e0", b"\x0512345e-3", b"\x000.1e9999"),
        tokens=(
            *words(r"""
        e E+ - . _ e-9999 \x20 \xd9\xa3 Infinity
    """),
            b"0" * 60,
            b"9" * 60,
        ),
    ),
    Target(
        name="guard",
        check=check_guard,
        seeds=(
            *(b"https://example.org/x", b"http://93.184.216.34:8080", b"https://127.1/", b"http://0x7f.1"),
            *(
                b"https://[::ffff:10.0.0.1]/",
                b"https://[2606:4700::1111]/",
                b"http://2130706433",
                b"http://a@b",
            ),
        ),
        tokens=words(r"""
        127.0.0.1 localhost 169.254.169.254 [::1] [fe80::1%25eth0] 0177. 0x %2e \xe3\x80\x82
        \xef\xbc\x91 @ : 64:ff9b:: ::ffff: . \\ # xn--
    """),
    ),
)
