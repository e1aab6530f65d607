"""The status page: well-formed, safe with whatever a stranger's text holds, and all of it there."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from busy import NODE, busy_ledger

from chainboy.node.watching.health import Check
from chainboy.node.watching.ledger import Ledger
from chainboy.node.watching.page import POLICY, page

VOID = {"meta"}
GOOD = [Check(name="rpc")]


class Reader(HTMLParser):
    """Keeps the text, the elements, and whether each that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element ends: the one that was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text."""
        if self.open and self.open[-1] != "style":
            self.words.append(data)


def read(shown: bytes) -> Reader:
    """The page, read to its end."""
    reader = Reader()
    reader.feed(shown.decode())
    reader.close()
    assert reader.open == []
    return reader


def test_all_is_shown() -> None:
    """State, income in coins, agreement, lag, abstentions, what happened last."""
    words = read(page(busy_ledger().snapshot(), GOOD)).words
    for word in (
        NODE,
        "Ready",
        "66.7%",
        "2, 1",
        "1.000000",
        "3.000000",
        "8 (6 are due)",
        "1 of 2",
        "delivered",
    ):
        assert word in words
    assert "2 begun on 2 workers, 1 waiting" in words
    assert "25,000,000" in words


def test_strangers_words_stay_words() -> None:
    """A chain's name and a reason with markup in them add no element."""
    reader = read(page(busy_ledger().snapshot(), GOOD))
    assert "<b>far</b>" in reader.words
    assert any("<script>" in word for word in reader.words)
    assert {"script", "b"}.isdisjoint(tag for tag, _ in reader.seen)


@pytest.mark.parametrize("ledger", [busy_ledger(), Ledger(lambda: 0.0)])
def test_nothing_comes_from_elsewhere(ledger: Ledger) -> None:
    """No link, no source, no script, no style but the one that the policy names."""
    shown = page(ledger.snapshot(), GOOD)
    reader = read(shown)
    tags = [tag for tag, _ in reader.seen]
    assert {"script", "link", "img", "iframe", "form", "a"}.isdisjoint(tags)
    assert not any({"src", "href", "style", "onclick"} & attributes.keys() for _, attributes in reader.seen)
    (style,) = re.findall(rb"<style>(.*?)</style>", shown, re.DOTALL)
    assert base64.b64encode(hashlib.sha256(style).digest()).decode() in POLICY
    assert all(attributes.get("scope") for tag, attributes in reader.seen if tag == "th")
    assert ("html", {"lang": "en"}) in reader.seen


def test_what_is_wrong_is_told() -> None:
    """In words, not by a colour alone."""
    words = read(page(busy_ledger().snapshot(), [Check(name="journal", fault="disk full")])).words
    assert "Not ready" in words
    assert "disk full" in words


def test_a_node_that_has_just_begun() -> None:
    """Nothing is known, and that is said."""
    words = read(page(Ledger(lambda: 0.0).snapshot(), [])).words
    assert "None yet." in words
    assert "1970-01-01 00:00:00 UTC" in " ".join(words)
