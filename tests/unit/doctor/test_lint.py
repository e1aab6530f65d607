"""Examining a source: its syntax, comments that allow, and files that nobody can read."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

import pytest
from ailments import program
from hypothesis import given
from hypothesis import strategies as st

from chainboy.doctor import Severity, lint
from chainboy.doctor.lint import MOST_HITS
from chainboy.errors import ProgramError
from chainboy.programs.metadata import MAX_PROGRAM

HEAD = program("", "")


def rules(source: bytes) -> list[str]:
    """The rules broken, in the order of their lines."""
    return [finding.rule for finding in lint(source)]


def test_syntax() -> None:
    """The line, and which Python says so."""
    (finding,) = lint(program("def main(:\n  return 1"))
    assert (finding.line, finding.rule, finding.severity) == (5, "syntax", Severity.ERROR)
    assert ("3.14" in finding.message) == (sys.version_info[:2] != (3, 14))


def test_metadata_and_code_are_told_together() -> None:
    """What is wrong with the block hides nothing of the rest."""
    source = program("import os\ndef main(): return len(os.environ)", '"uint"')
    assert rules(source) == ["metadata", "missing-module", "environment"]


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("# chainboy: allow hash", []),
        ("# chainboy: allow identity, hash", []),
        ("#chainboy:allow hash identity", []),
        ("# chainboy: allow identity", ["hash"]),
        ("# chainboy: allow hush", ["hash", "unknown-allowance"]),
        ("# chainboy: allow metadata", ["hash", "unknown-allowance"]),
        ("# chainboy allows hash", ["hash"]),
    ],
)
def test_comments_allow(comment: str, left: list[str]) -> None:
    """On its own line, by name, and a wrong name is told."""
    assert sorted(rules(program(f"def main(): return hash(1) {comment}"))) == left
    assert "hash" in rules(program(f"{comment}\ndef main(): return hash(1)"))


def test_what_cannot_be_allowed() -> None:
    """A program that no node takes is not made good by a comment."""
    source = b"# /// chainboy\n# x # chainboy: allow metadata\n# ///\ndef main(: # chainboy: allow syntax"
    assert {"metadata", "syntax"} <= set(rules(source))


HOSTILE = {
    "NUL": HEAD + b"x = '\0'",
    "not UTF-8": HEAD + b"x = '\xff'",
    "byte order mark": b"\xef\xbb\xbf" + HEAD,
    "too large": HEAD + b"#" * MAX_PROGRAM,
    "signs": HEAD + b"x = " + b"-" * 200_000 + b"1",
    "sums": HEAD + b"x = 1" + b"+1" * 100_000,
    "attributes": HEAD + b"x = a" + b".a" * 100_000,
    "calls": HEAD + b"x = a" + b"()" * 100_000,
    "branches": HEAD + b"if 1: pass\n" + b"elif 1: pass\n" * 15_000,
    "lambdas": HEAD + b"x = " + b"lambda:" * 30_000 + b"1",
}


@pytest.fixture(params=[1_000, 100_000])
def recursion_limit(request: pytest.FixtureRequest) -> Iterator[None]:
    """The usual one, and that of a process with libraries that recurse."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(request.param)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.usefixtures("recursion_limit")
def test_what_cannot_be_read(name: str) -> None:
    """One sentence, whatever the reason, and soon."""
    start = time.monotonic()
    with pytest.raises(ProgramError) as caught:
        lint(HOSTILE[name])
    assert time.monotonic() - start < 10
    assert "\n" not in str(caught.value)


ODD = {
    "empty": b"",
    "parentheses": HEAD + b"(" * 10_000,
    "comprehensions": HEAD + b"def main(): x = " + b"[a for a in " * 90 + b"[]" + b"]" * 90,
    "blocks": HEAD + b"".join(b" " * n + b"if 1:\n" for n in range(99)) + b" " * 99 + b"pass",
    "a chain that is just read": HEAD + b"def main(): x = 1" + b"+1" * 900 + b"; x" + b".a" * 900,
    "another encoding's name": b"# coding: latin-1\n" + HEAD + "def main(): x = 'ä'".encode(),
    "surrogates": HEAD + b"def main(): x = '\\ud800'",
    "openings": b"# /// chainboy\n" * 10_000,
    "assignments": HEAD + b"x=1\nx\n" * 10_000,
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_still_examined(name: str) -> None:
    """Findings or none, but no error, and soon."""
    start = time.monotonic()
    lint(ODD[name])
    assert time.monotonic() - start < 10


def test_one_rule_does_not_fill_the_screen() -> None:
    """Who breaks it a thousand times is told a hundred times."""
    assert len(rules(program("import os\n" * 1000 + "def main(): return 1"))) == MOST_HITS


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes(tail: bytes) -> None:
    """Findings, or the one error."""
    for source in (tail, HEAD + tail):
        with contextlib.suppress(ProgramError):
            findings = lint(source)
            assert list(findings) == sorted(findings)
