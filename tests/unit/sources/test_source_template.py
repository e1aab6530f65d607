"""Urls with placeholders: what they become, and that no value ever leaves its place."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import ProgramError
from chainboy.programs import Parameter
from chainboy.sources.arguments import arguments
from chainboy.sources.template import Template


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("https://example.org", "https://example.org"),
        ("https://example.org:8443/v1/{symbol}", "https://example.org:8443/v1/A%2BB%20%C3%A9%26"),
        ("http://example.org/{n}.json?q={symbol}&n={n}", "http://example.org/7.json?q=A%2BB%20%C3%A9%26&n=7"),
        ("https://[2001:db8::1]/a%20b?c=d/{n}", "https://[2001:db8::1]/a%20b?c=d/7"),
    ],
)
def test_filled(template: str, url: str) -> None:
    """Values are encoded, what the program wrote stays as it is."""
    assert Template(template).fill({"symbol": "A+B é&", "n": "7"}) == url


@pytest.mark.parametrize(
    "template",
    [
        "https://{host}/",
        "https://api.{host}/",
        "https://example.org:{port}/",
        "https://{user}@example.org/",
        "{scheme}://example.org/",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://example.org/#part",
        "https://example.org/#{n}",
        "https://example.org{n}/",
        "https://",
        "https:///path",
        "ftp://example.org/",
        "HTTPS://example.org/",
        "https://example.org/{a",
        "https://example.org/a}",
        "https://example.org/{{a}}",
        "https://example.org/<a>",
        "https://example.org/a|b",
        "https://example.org/%zz",
        "https://example.org\\@other.org/",
        "https://example.org/a b",
        "https://exämple.org/",
    ],
)
def test_what_is_no_template(template: str) -> None:
    """Anything that could move scheme, host or port, or that two parsers could read in two ways."""
    with pytest.raises(ProgramError, match="no usable url"):
        Template(template)


@pytest.mark.parametrize("value", ["", ".", "..", "a/b", "..\\", "/", "../../admin"])
def test_a_path_cannot_be_climbed(value: str) -> None:
    """Neither by dots nor by slashes that a careless server unpacks."""
    with pytest.raises(ProgramError, match="leave it"):
        Template("https://example.org/v1/{x}/y").fill({"x": value})


@pytest.mark.parametrize("template", ["https://example.org/{x}.", "https://example.org/%2e{x}"])
def test_dots_do_not_add_up(template: str) -> None:
    """What the program wrote around the value counts, too."""
    with pytest.raises(ProgramError, match="leave it"):
        Template(template).fill({"x": "."})


@pytest.mark.parametrize("value", ["a\nb", "\x00", "a\r\nHost: x", "\x7f", "\x85", "é" * 129])
def test_values_that_no_url_holds(value: str) -> None:
    """Control characters and texts without end."""
    with pytest.raises(ProgramError, match="control characters or over 256 bytes"):
        Template("https://example.org/?q={x}").fill({"x": value})


def test_a_url_has_an_end() -> None:
    """However many places a value stands in."""
    with pytest.raises(ProgramError, match="more than 2048"):
        Template("https://example.org/?" + "{x}" * 10).fill({"x": "a" * 255})


@given(st.text(max_size=80))
def test_values_stay_in_their_place(value: str) -> None:
    """Another parser finds scheme, host, path and query as declared, and the value in its place alone."""
    template = Template("https://example.org:444/v1/{x}/end?first={x}&last=1")
    try:
        url = template.fill({"x": value})
    except (ProgramError, UnicodeEncodeError):
        return
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "example.org:444", "")
    assert [unquote(part) for part in parts.path.split("/")] == ["", "v1", value, "end"]
    assert parse_qsl(parts.query, keep_blank_values=True) == [("first", value), ("last", "1")]


EVERY = (
    Parameter("uint256", "n"),
    Parameter("uint256[]", "many"),
    Parameter("int8", "i"),
    Parameter("(bool,string)", "pair"),
    Parameter("bool", "b"),
    Parameter("uint8[3]", "three"),
    Parameter("address", "who"),
    Parameter("bytes4", "four"),
    Parameter("bytes", "data"),
    Parameter("string", "word"),
)
WHO = "0x" + "aB" * 20
DATA = encode(
    [parameter.type for parameter in EVERY],
    [10**30, [1, 2], -5, (True, "x"), True, [1, 2, 3], WHO, b"\x00\x01\xff\xab", b"", "é?"],
)


def test_inputs_as_text() -> None:
    """Each scalar in its one form; what is not asked for is skipped, whatever its shape."""
    asked = frozenset({"n", "i", "b", "who", "four", "data", "word"})
    assert arguments(EVERY, DATA, asked) == {
        "n": str(10**30),
        "i": "-5",
        "b": "true",
        "who": "0x" + "ab" * 20,
        "four": "0x0001ffab",
        "data": "0x",
        "word": "é?",
    }
    assert arguments((Parameter("bool", "b"),), bytes(32), {"b"}) == {"b": "false"}


@pytest.mark.parametrize(
    ("name", "message"),
    [("nobody", "does not declare"), ("many", "no single"), ("pair", "no single"), ("three", "no single")],
)
def test_inputs_that_no_url_holds(name: str, message: str) -> None:
    """Names that are none, and values with parts."""
    with pytest.raises(ProgramError, match=message):
        arguments(EVERY, DATA, {name})


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("uint8", b""),
        ("uint8", (256).to_bytes(32)),
        ("bool", (2).to_bytes(32)),
        ("string", (2**255).to_bytes(32)),
        ("string", (32).to_bytes(32) + (1).to_bytes(32) + b"\xff".ljust(32, b"\0")),
        ("string", (32).to_bytes(32) + (2**200).to_bytes(32)),
    ],
)
def test_input_that_does_not_decode(kind: str, data: bytes) -> None:
    """The sandbox would say so, too, but no url can be made."""
    with pytest.raises(ProgramError, match="does not decode"):
        arguments((Parameter(kind, "x"),), data, {"x"})


def test_a_bomb_that_is_not_asked_for_is_not_unpacked() -> None:
    """Nested arrays that point at each other over and over would decode to 64**8 items."""
    words = [(64).to_bytes(32), (7).to_bytes(32), (64).to_bytes(32)] + [(0).to_bytes(32)] * 64
    bomb = (Parameter("uint256[][][][][][][][]", "bomb"), Parameter("uint8", "n"))
    assert arguments(bomb, b"".join(words), {"n"}) == {"n": "7"}
