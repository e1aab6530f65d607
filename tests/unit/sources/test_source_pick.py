"""Where the number stands: the RFC's own examples, and documents and paths made to hurt."""

from __future__ import annotations

import inspect
import json
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import ProgramError, SourceUnavailable
from chainboy.sources.pick import Path

STORE = json.dumps(
    {
        "store": {
            "book": [
                {"category": "reference", "author": "Nigel Rees", "title": "Sayings", "price": 8.95},
                {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword", "price": 12.99},
                {"category": "fiction", "author": "Herman Melville", "isbn": "0-553-21311-3", "price": 8.99},
                {"category": "fiction", "author": "Tolkien", "isbn": "0-395-19395-8", "price": 22.99},
            ],
            "bicycle": {"color": "red", "price": 399},
        }
    }
).encode()
"""The document of RFC 9535, figure 1."""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("$.store.bicycle.price", "399"),
        ("$['store']['bicycle']['price']", "399"),
        ("$.store.book[0].price", "8.95"),
        ("$.store.book[-1].price", "22.99"),
        ("$..book[2].price", "8.99"),
        ("$..book[-1:].price", "22.99"),
        ("$.store.book[?@.price > 20].price", "22.99"),
        ("$..book[?@.isbn && @.price < 10].price", "8.99"),
        ("$..book[?@.category == 'reference'].price", "8.95"),
        ("$..bicycle['price']", "399"),
        ("$.store.book[?length(@.author) == 15].price", "8.99"),
        ("$..[?count(@.*) == 4 && @.price == 12.99].price", "12.99"),
    ],
)
def test_the_rfcs_document(path: str, text: str) -> None:
    """Names, indices, slices, filters and functions, each leading to one place."""
    assert Path(path).pick(STORE) == text


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("$..author", "more than one"),
        ("$.store.*", "more than one"),
        ("$..book[0,1].price", "more than one"),
        ("$..book[:2].price", "more than one"),
        ("$.store.book[0,0].price", "more than one"),
        ("$..*", "more than one"),
        ("$.store.magazine", "no place"),
        ("$..book[4].price", "no place"),
        ("$.store.book[?@.price > 30].price", "no place"),
    ],
)
def test_one_place_alone(path: str, count: str) -> None:
    """No first of several, no default for none."""
    with pytest.raises(SourceUnavailable, match=count):
        Path(path).pick(STORE)


@pytest.mark.parametrize("path", ["$", "$.store", "$.store.book", "$.store.bicycle"])
def test_a_place_without_a_number(path: str) -> None:
    """Objects and arrays are none."""
    with pytest.raises(SourceUnavailable, match="no number"):
        Path(path).pick(STORE)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"1.10", "1.10"),
        (b"12345678901234567890.00000000000000000001", "12345678901234567890.00000000000000000001"),
        (b"-0.0", "-0.0"),
        (b"1E400", "1E400"),
        (b' "1.5" ', "1.5"),
        (b"9007199254740993", "9007199254740993"),
        ('"é"'.encode(), "é"),
    ],
)
def test_text_is_kept(body: bytes, text: str) -> None:
    """Every digit as it was written; strings as they are, for the scaling to judge."""
    assert Path("$").pick(body) == text
    assert Path("$.a[0]").pick(b'{"a": [' + body + b"]}") == text


@pytest.mark.parametrize("body", [b"true", b"null", b"[]", b"{}"])
def test_no_number_at_all(body: bytes) -> None:
    """JSON's other values."""
    with pytest.raises(SourceUnavailable, match="no number"):
        Path("$").pick(body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"<html>", "not JSON"),
        (b'{"a": 1} x', "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b"[01]", "not JSON"),
        (b"\xef\xbb\xbf1", "not JSON"),
        (b'"\xff"', "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b'{"a": NaN}', "NaN for a number"),
        (b"[-Infinity]", "-Infinity for a number"),
        (b'{"a": 1, "b": {"c": 1, "c": 1}}', "key twice"),
        (b"9" * 129, "too many digits"),
        (b"1e99999", "too many digits"),
        (b"[1e-99999]", "too many digits"),
        (b"[" * 100_000, "32 levels"),
        (b"[" * 33 + b"]" * 33, "32 levels"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "32 levels"),
    ],
)
def test_hostile_documents(body: bytes, message: str) -> None:
    """Refused whole, whatever the pick would have led to."""
    with pytest.raises(SourceUnavailable, match=message):
        Path("$.a").pick(body)


@pytest.mark.parametrize(
    "path",
    [
        *("", "a", "$.", "$[", "$.a b", "@.a", " $.a", "$.a ", "$[?(@.a)", "$..", "$[01]"),
        "$[9007199254740993]",
        *("$[?match(@.a, 'a.*')]", "$[?search(@.a, '(a+)+$')]", "$[?nothing(@.a)]", "$[?@.a == 1e999]"),
        *("$[?" + "(" * 200, "$" + ".a" * 200, "$[?@..a == 1]"),
    ],
)
def test_paths_that_are_not_served(path: str) -> None:
    """What is no JSONPath, has no bound, or is too long."""
    with pytest.raises(ProgramError):
        Path(path)


WIDE = b"[" + b",".join([b"1"] * 100_000) + b"]"
EQUAL = b'{"a": [' + WIDE[:60_000] + b'1],"b":[' + b",".join([b"[" + WIDE[:60_000] + b"1]"] * 8) + b"]}"
NESTED = b"[" * 30 + b"1,1" + b"]" * 30
LONG_KEYS = b'{"' + b"k" * 500_000 + b'": ' + WIDE + b"}"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("$[?$..*]", WIDE),
        ("$[?count($[*]) == 3]", WIDE),
        ("$[?@[?$..*]]", b"[" + WIDE + b"]"),
        ("$[*,*,*,*,*][*]", b"[" + WIDE + b"]"),
        ("$..*..*..*..*..*..*.x", NESTED),
        ("$..[0,0]..[0,0]..[0,0].x", NESTED),
        ("$" + "[0,0]" * 50, NESTED),
        ("$" + "[:,:]" * 50, NESTED),
        ("$.b[?@[0] == $.a, ?@[0] == $.a, ?@[0] == $.a].x", EQUAL),
        ("$.*[?@ == 2]", LONG_KEYS),
    ],
)
def test_work_is_bounded(path: str, body: bytes) -> None:
    """Each of these could go on for minutes or for ever; here they end at once, without a number."""
    start = time.process_time()
    with pytest.raises(SourceUnavailable):
        Path(path).pick(body)
    assert time.process_time() - start < 5


def test_brackets_in_strings_are_no_levels() -> None:
    """Quotes that are escaped do not end a string."""
    assert Path("$.a").pick(b'{"b": "\\"' + b"[{" * 99 + b'\\\\", "a": 1}') == "1"


def test_levels_are_counted_whatever_the_process_allows() -> None:
    """With a limit of the interpreter's so high that a parser would break the whole process."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10**6)
    try:
        for opening in (b"[", b'{"a":', b'["", ', b'[{"a":'):
            with pytest.raises(SourceUnavailable, match="32 levels"):
                Path("$").pick(opening * 100_000)
    finally:
        sys.setrecursionlimit(before)


SAME = b'{"a": {"x": [1, {"y": 2}]}, "list": [{"x": [1, {"y": 3}]}, {"x": [1, {"y": 2}], "n": 5}], "b": 7}'


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("$.list[?@.x == $.a.x].n", "5"),
        ("$.list[?@.x[1] == $.a.x[1]].n", "5"),
        ("$[?@ == $.list[1].n, ?@ == 7]", "7"),
        ("$.list[0:2:2].x[0]", "1"),
    ],
)
def test_arrays_and_objects_can_be_compared(path: str, text: str) -> None:
    """By what is in them, each member counted."""
    assert Path(path).pick(SAME) == text


def test_comparing_is_counted() -> None:
    """Large equal ones, over and over, are too much to look at."""
    lists = b",".join([WIDE[:60_000] + b"1]"] * 8)
    with pytest.raises(SourceUnavailable, match="too much"):
        Path("$.b[?@ == $.a].x").pick(b'{"a": ' + WIDE[:60_000] + b'1],"b":[' + lists + b"]}")
    members = b"{" + b",".join(b'"%d": 1' % number for number in range(30_000)) + b"}"
    with pytest.raises(SourceUnavailable, match="too much"):
        Path("$.b[?@ == $.a].x").pick(b'{"a": %s, "b": [%s]}' % (members, b",".join([members] * 8)))


def test_a_caller_that_is_deep_in_its_own_stack() -> None:
    """Running out of it costs the number, not the caller."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 25)
    try:
        with pytest.raises(SourceUnavailable, match="cannot be followed"):
            Path("$.a").pick(b'{"a": ' + b"[" * 30 + b"]" * 30 + b"}")
    finally:
        sys.setrecursionlimit(before)


def test_a_large_answer_is_no_hindrance() -> None:
    """The way to one number costs nothing, however much stands beside it."""
    assert Path("$[99999]").pick(WIDE) == "1"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(_json)
def test_each_number_is_found_by_its_path(document: object) -> None:
    """The way that a walk by hand takes leads to the same text."""

    def walk(value: object, path: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, f"{path}[{json.dumps(key)}]")
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                walk(inner, f"{path}[{index}]")
        elif isinstance(value, int | float) and not isinstance(value, bool) and len(path) < 200:
            assert Path(path).pick(body) == json.dumps(value)

    body = json.dumps(document).encode()
    walk(document, "$")


@given(st.text("$@.*[]?()'\"ab01:,=<>!&| ", max_size=20), st.binary(max_size=30))
def test_any_path_and_any_answer(text: str, body: bytes) -> None:
    """Whatever comes ends as text or as one of two errors."""
    try:
        path = Path("$" + text)
    except ProgramError:
        return
    for answer in (body, STORE):
        try:
            assert isinstance(path.pick(answer), str)
        except SourceUnavailable:
            continue
