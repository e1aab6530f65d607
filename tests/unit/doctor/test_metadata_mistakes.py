"""Every mistake of a metadata block is told, each with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.doctor import lint
from chainboy.doctor.metadata import MOST_MISTAKES, mistakes
from chainboy.errors import ProgramError
from chainboy.programs.metadata import parse
from chainboy.programs.program import Program

CID = "bafkreicqxskbjncpfzeboqsorcplhmnjeudaipfbl2v3hh5z7cu6qtcsbq"
RUNTIME = 'runtime = "cpython-wasm:1"'


def file(*lines: str) -> str:
    """A program with this block."""
    return "\n".join(["# /// chainboy", *(f"# {line}" for line in lines), "# ///", "def main(): pass", ""])


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([RUNTIME], []),
        ([], [(1, "runtime")]),
        (['inputs = ["uint256 n"]'], [(1, "runtime")]),
        ([RUNTIME, "nonsense", "[also]"], [(3, "nonsense"), (4, "also")]),
        ([RUNTIME, "colour = 3", 'inputs = ["uint n"]'], [(3, "colour"), (4, "uint256")]),
        ([RUNTIME, 'inputs = ["uint8 n", "uint8 n"]', 'outputs = ["int7"]'], [(3, "same name"), (4, "int7")]),
        ([RUNTIME, RUNTIME], [(3, "twice")]),
        (['runtime = "a b"'], [(2, "a b")]),
        (["runtime = 3", "x"], [(2, "runtime"), (3, "x")]),
        (["[files]", "a = 3"], [(1, "runtime"), (3, "a =")]),
        (
            [RUNTIME, "[sources.s]", 'url = "https://x"', "[sources.t]", "y"],
            [(4, "pick"), (5, "url"), (6, "y")],
        ),
        ([RUNTIME, "[files]", 'a = "Qm"', f'b = "{CID}"', "c = 4"], [(4, "'a'"), (6, "c =")]),
        ([RUNTIME, "[files]", "[files]"], [(4, "second time")]),
        ([RUNTIME, "[sources.s]", 'url = "ftp://x"', 'pick = "$"'], [(4, "url")]),
        ([RUNTIME, "inputs = []", "inputs = []", "zzz"], [(4, "twice"), (5, "zzz")]),
    ],
)
def test_mistakes_with_their_lines(lines: list[str], told: list[tuple[int, str]]) -> None:
    """The line is the one that has to be changed, or stands beside what is missing."""
    found = mistakes(file(*lines))
    assert [line for line, _ in found] == sorted(line for line, _ in told)
    for line, part in told:
        assert any(mistake.line == line and part in mistake.message for mistake in found)
    assert all("line " not in mistake.message[:5] for mistake in found)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("def main(): pass", 1),
        ("\n# /// chainboy\nx", 2),
        ("# /// chainboy\n# /// chainboy\n# ///", 2),
    ],
)
def test_a_file_without_a_block(text: str, line: int) -> None:
    """One mistake, where the last opening is, or on the first line."""
    assert [mistake.line for mistake in mistakes(text)] == [line]


def test_lines_end_as_they_like() -> None:
    """CR LF is no mistake and moves none."""
    text = file(RUNTIME, "x").replace("\n", "\r\n")
    assert [mistake.line for mistake in mistakes(text)] == [3]
    assert lint(file(RUNTIME).replace("\n", "\r\n").encode()) == ()


def test_there_is_an_end_to_it() -> None:
    """So many mistakes are enough; a huge block is not searched line by line."""
    assert len(mistakes(file(*["x"] * 1000))) == MOST_MISTAKES
    huge = file(RUNTIME, *[f"key{number} = 1" for number in range(1000)])
    assert [mistake.line for mistake in mistakes(huge)] == [1]


@given(
    st.lists(
        st.sampled_from(
            [RUNTIME, "x", "a = 1", "", "[files]", f'f = "{CID}"', 'inputs = ["uint8 n"]', 'outputs = ["u"]']
        ),
        max_size=8,
    )
)
def test_there_are_mistakes_exactly_where_the_grammar_finds_one(lines: list[str]) -> None:
    """And what is told first of an empty list is nothing."""
    text = file(*lines)
    try:
        Program(text.encode())
    except ProgramError:
        assert mistakes(text)
    else:
        assert mistakes(text) == ()
        assert parse(text.encode()).runtime
