"""What a program asks for, what it is given, and what is written down about it."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode

from chainboy.errors import ProgramError, SourceUnavailable
from chainboy.programs import By, Combination, Metadata, Source
from chainboy.sources import Entry, Reading, WebSources
from chainboy.sources.plan import plan
from chainboy.sources.transcript import from_json, to_json
from chainboy.sources.web import settle


def declared(
    sources: dict[str, Source], combined: dict[str, Combination] | None = None, *inputs: str
) -> Metadata:
    """Metadata of a program with these sources."""
    return Metadata(
        runtime="r",
        declared_inputs=inputs,
        declared_outputs=(),
        files={},
        sources=sources,
        combined=combined or {},
    )


def source(url: str = "https://example.org/", pick: str = "$") -> Source:
    """A source."""
    return Source(url, pick, 2)


def entry(name: str, value: int | None, error: str | None = None) -> Entry:
    """What became of it."""
    return Entry(name=name, url="https://example.org/", at=1, seconds=0.1, value=value, error=error)


def test_a_plan_fills_every_url() -> None:
    """With the same input, in the order declared."""
    metadata = declared(
        {"b": source("https://b.org/{n}", "$.x"), "a": source("https://a.org/?s={s}&n={n}")},
        None,
        "uint256 n",
        "string s",
    )
    found = plan(metadata, encode(["uint256", "string"], [7, "A B"]))
    assert [(each.name, each.url, each.path.text, each.scale) for each in found] == [
        ("b", "https://b.org/7", "$.x", 2),
        ("a", "https://a.org/?s=A%20B&n=7", "$", 2),
    ]


def test_input_that_no_url_needs_is_not_decoded() -> None:
    """What the sandbox will refuse is the sandbox's business."""
    assert plan(declared({"a": source()}, None, "no such type x"), b"garbage")[0].url == "https://example.org/"


@pytest.mark.parametrize(
    "metadata",
    [
        declared({"a": source("https://{host}/")}),
        declared({"a": source(pick="price")}),
        declared({"a": source("https://a.org/{n}")}),
        declared({"a": source("https://a.org/{n}")}, None, "uint256[] n"),
        declared({"a": source("https://a.org/{n}")}, None, "uint n"),
        declared({"a": source("https://a.org/{n}")}, None, "uint256 n"),
    ],
)
def test_declarations_that_nobody_can_read(metadata: Metadata) -> None:
    """They are told before anything is sent, by the reader, too."""
    for read in (plan, WebSources().read):
        with pytest.raises(ProgramError):
            read(metadata, b"")


def test_nothing_declared_is_nothing_read() -> None:
    """No connection, no values."""
    assert WebSources().read(declared({}), b"") == Reading(values={})


TRIO = {name: source() for name in ("a", "b", "c")}


def test_members_are_not_given_by_themselves() -> None:
    """A program sees its combinations, and the sources that are in none."""
    metadata = declared(TRIO, {"ab": Combination(("a", "b"), By.MEAN_OF_MIDDLE, 2)})
    entries = {name: entry(name, value) for name, value in (("a", 4), ("b", 8), ("c", 1))}
    assert settle(metadata, entries) == Reading(
        values={"c": 1, "ab": 6}, transcript=tuple(entries.values()), failures=()
    )


def test_members_may_fail() -> None:
    """As long as enough are left; in several combinations each counts in each."""
    metadata = declared(
        TRIO,
        {"mid": Combination(("a", "b", "c"), By.MEDIAN, 2), "one": Combination(("b", "c"), By.FIRST_GOOD, 1)},
    )
    entries = {"a": entry("a", 4), "b": entry("b", None, "it is down"), "c": entry("c", 9)}
    assert settle(metadata, entries).complete() == {"mid": 6, "one": 9}


def test_what_is_missing_is_told() -> None:
    """Every number that the program needs and there is not, with the reasons."""
    metadata = declared(TRIO, {"ab": Combination(("a", "b"), By.MEDIAN, 2)})
    entries = {"a": entry("a", 4), "b": entry("b", None, "it is down"), "c": entry("c", None, "no number")}
    found = settle(metadata, entries)
    assert len(found.transcript) == 3
    with pytest.raises(SourceUnavailable) as caught:
        found.complete()
    assert str(caught.value) == (
        "the source 'c' gave no number: no number; "
        "'ab' has no number: 1 of 2 sources answered, 2 are needed (b: it is down)"
    )


def test_a_transcript_comes_back() -> None:
    """Through JSON, numbers of 256 bits too."""
    seen = (entry("a", -(2**255)), entry("b", None, "it is down"))
    assert from_json(to_json(seen)) == seen
