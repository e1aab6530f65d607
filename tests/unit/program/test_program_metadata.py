"""The metadata block: what it accepts means in TOML what it means here, and all else is refused."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import ProgramError
from chainboy.programs import By, Cid, Combination, Metadata, Parameter, Source, parse
from chainboy.programs.block import read_block

CID = str(Cid.of(b"rates"))


def block(*lines: str, end: str = "\n") -> bytes:
    """A program file whose metadata block has these content lines."""
    text = [
        "# /// chainboy",
        *(f"# {line}" if line else "#" for line in lines),
        "# ///",
        "def main(): ...",
        "",
    ]
    return end.join(text).encode()


WHOLE = block(
    'runtime = "cpython-wasm:1"   # a comment',
    'inputs  = ["uint256 n", "string symbol", ]',
    'outputs = ["uint256","(bool,address)[2]"]',
    "",
    "[files] # data",
    f'rates = "{CID}"',
    "[ sources . spot ]",
    'url = "https://example.org/v1/{symbol}"',
    'pick = "$.price # not a comment"',
    "scale = 8",
)


@pytest.mark.parametrize(
    "source", [WHOLE, WHOLE.replace(b"\n", b"\r\n"), b"#!/usr/bin/env python\n\n" + WHOLE]
)
def test_everything_that_can_be_declared(source: bytes) -> None:
    """Each key of the protocol's example arrives, with either line end and wherever the block stands."""
    assert parse(source) == Metadata(
        runtime="cpython-wasm:1",
        declared_inputs=("uint256 n", "string symbol"),
        declared_outputs=("uint256", "(bool,address)[2]"),
        files={"rates": Cid.of(b"rates")},
        sources={"spot": Source("https://example.org/v1/{symbol}", "$.price # not a comment", 8)},
    )
    assert parse(source).inputs == (Parameter("uint256", "n"), Parameter("string", "symbol"))
    assert parse(source).outputs == ("uint256", "(bool,address)[2]")


def test_only_the_runtime_is_required() -> None:
    """A program may take nothing, return nothing and need nothing."""
    assert parse(block('runtime = "r"')) == Metadata(
        runtime="r", declared_inputs=(), declared_outputs=(), files={}, sources={}
    )


def test_no_newline_at_the_end() -> None:
    """The closing line may be the file's last, without a line end."""
    assert parse(b'# /// chainboy\n# runtime = "r"\n# ///').runtime == "r"


RUNTIME = 'runtime = "r"'


def source(name: str, *more: str) -> tuple[str, ...]:
    """The lines of a source."""
    return (f"[sources.{name}]", 'url = "https://x"', 'pick = "$"', *more)


PAIR = (RUNTIME, *source("a"), *source("b"))


def combined(*lines: str, before: tuple[str, ...] = PAIR) -> bytes:
    """A file with a combination of these lines."""
    return block(*before, "[combined.c]", *lines)


@pytest.mark.parametrize(
    ("lines", "combination"),
    [
        (['by = "median"'], Combination(("a", "b"), By.MEDIAN, 2)),
        (['by = "mean-of-middle"', "least = 1"], Combination(("a", "b"), By.MEAN_OF_MIDDLE, 1)),
        (['by = "first-good"'], Combination(("a", "b"), By.FIRST_GOOD, 1)),
    ],
)
def test_combinations(lines: list[str], combination: Combination) -> None:
    """Sources that become one number; how many must answer has a default of each rule."""
    found = parse(combined('of = ["a", "b"]', *lines))
    assert found.combined == {"c": combination}
    assert list(found.sources) == ["a", "b"]


def test_more_than_half_is_a_majority() -> None:
    """Of five sources three, of four three, of three two."""
    names = ["a", "b", "d", "e", "f"]
    for count, least in ((5, 3), (4, 3), (3, 2)):
        lines = [line for name in names[:count] for line in source(name)]
        of = ", ".join(f'"{name}"' for name in names[:count])
        found = parse(combined(f"of = [{of}]", 'by = "median"', before=(RUNTIME, *lines)))
        assert found.combined["c"].least == least


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (combined('by = "median"'), "two or more declared sources"),
        (combined('of = ["a"]', 'by = "median"'), "two or more declared sources"),
        (combined('of = ["a", "a"]', 'by = "median"'), "each once"),
        (combined('of = ["a", "z"]', 'by = "median"'), "declared sources"),
        (combined('of = ["a", "b"]'), "needs by"),
        (combined('of = ["a", "b"]', 'by = "mode"'), "use one of median, mean-of-middle, first-good"),
        (combined('of = ["a", "b"]', 'by = "median"', "least = 0"), "least from 1 to 2"),
        (combined('of = ["a", "b"]', 'by = "median"', "least = 3"), "least from 1 to 2"),
        (combined('of = ["a", "b"]', 'by = "median"', 'weights = "x"'), "unknown key"),
        (combined('of = "a"', 'by = "median"'), "list of strings"),
        (block(*PAIR, "[combined.a]", 'of = ["a", "b"]', 'by = "median"'), "'a' is a source and a comb"),
        (combined('of = ["a", "b"]', 'by = "median"', before=(*PAIR, "scale = 1")), "different scale"),
        (block(*PAIR, "[combined]"), "cannot be read"),
        (block(RUNTIME, *(f"[combined.c{i}]" for i in range(6))), "at most 5 combinations"),
        (block(*PAIR, "[combined.c]", "[combined.c]"), "a second time"),
    ],
)
def test_combinations_that_are_none(source: bytes, message: str) -> None:
    """Each is one clear ProgramError."""
    with pytest.raises(ProgramError, match=message):
        parse(source)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"def main(): ...\n", "exactly one line '# /// chainboy', this one 0"),
        (WHOLE + WHOLE, "this one 2"),
        (b"# /// chainboy \n# ///\n", "this one 0"),
        (b" # /// chainboy\n# ///\n", "this one 0"),
        (b"# /// chainboy\n# runtime = 'r'", "has no end"),
        (b'# /// chainboy\n# runtime = "r"\nx = 1\n# ///\n', "line 3 stands in the metadata block"),
        (b'# /// chainboy\n#runtime = "r"\n# ///\n', "does not begin with '# '"),
        (b'# /// chainboy\n# runtime = "r"\n# /// \n# ///', "line 3 cannot be read"),
        (block(), "needs runtime"),
        (block("runtime = 1"), "needs runtime"),
        (block('runtime = ""'), "not the name of a runtime"),
        (block('runtime = "a b"'), "not the name of a runtime"),
        (block(RUNTIME, RUNTIME), "'runtime' twice"),
        (block(RUNTIME, 'author = "me"'), "unknown key 'author'"),
        (block("runtime = 'r'"), "line 2 cannot be read"),
        (block('runtime = """r"""'), "line 2 cannot be read"),
        (block(r'runtime = "a\u0062"'), "line 2 cannot be read"),
        (block('runtime = "a\x01"'), "line 2 cannot be read"),
        (block(RUNTIME + " # \x7f"), "line 2 cannot be read"),
        (block('"runtime" = "r"'), "line 2 cannot be read"),
        (block('a.b = "r"'), "line 2 cannot be read"),
        (block(RUNTIME + ' inputs = ["uint8 a"]'), "line 2 cannot be read"),
        (block(RUNTIME, "inputs = ["), "line 3 cannot be read"),
        (block(RUNTIME, "inputs = [1]"), "line 3 cannot be read"),
        (block(RUNTIME, "inputs = [,]"), "line 3 cannot be read"),
        (block(RUNTIME, "inputs = true"), "line 3 cannot be read"),
        (block(RUNTIME, 'inputs = "uint8 a"'), "needs inputs = "),
        (block(RUNTIME, "scale = 1"), "unknown key 'scale'"),
        (block(RUNTIME, "[other]"), "line 3 cannot be read"),
        (block(RUNTIME, "[sources]"), "line 3 cannot be read"),
        (block(RUNTIME, "[[files]]"), "line 3 cannot be read"),
        (block(RUNTIME, "[files]", "[files]"), r"line 4 opens \[files\] a second time"),
        (block(RUNTIME, "[files]", 'a = "Qm"'), "'a' has no usable CID"),
        (block(RUNTIME, "[files]", "a = 1"), "needs a = "),
        (block(RUNTIME, "[files]", *(f'f{i} = "{CID}"' for i in range(17))), "at most 16 data files"),
        (block(RUNTIME, *(f"[sources.s{i}]" for i in range(6))), "at most 5 sources"),
        (block(RUNTIME, "[sources.a]", 'pick = "$"'), "needs url"),
        (block(RUNTIME, "[sources.a]", 'url = "https://x"'), "needs pick"),
        (block(RUNTIME, "[sources.a]", 'url = "ftp://x"', 'pick = "$"'), "no usable url"),
        (block(RUNTIME, "[sources.a]", 'url = "https://x/{a"', 'pick = "$"'), "no usable url"),
        (block(RUNTIME, "[sources.a]", 'url = "https://x/é"', 'pick = "$"'), "no usable url"),
        (block(RUNTIME, "[sources.a]", 'url = "https://x"', 'pick = ""'), "pick that is not empty"),
        (block(RUNTIME, "[sources.a]", 'url = "https://x"', 'pick = "$"', "scale = 78"), "at most 77"),
        (block(RUNTIME, "[sources.a]", 'url = "https://x"', 'pick = "$"', "scale = 08"), "cannot be read"),
        (block(RUNTIME, "[sources.a]", 'url = "https://x"', 'pick = "$"', "scale = -1"), "cannot be read"),
        (block(RUNTIME, "[sources.a]", 'url = "https://x"', 'pick = "$"', 'retries = "3"'), "unknown key"),
        (block(RUNTIME) + b"\xff", "not at byte"),
        (block(RUNTIME) + b" " * 262_144, "at most 262144 bytes"),
    ],
)
def test_everything_else_is_refused(source: bytes, message: str) -> None:
    """Each malformed file is one clear ProgramError: the node abstains."""
    with pytest.raises(ProgramError, match=message):
        parse(source)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('inputs = ["uint n"]', "canonical ABI type, write 'uint256'"),
        ('inputs = ["uint256"]', "not 'type name'"),
        ('inputs = ["uint256  n"]', "not 'type name'"),
        ('inputs = ["uint256 class"]', "not 'type name'"),
        ('inputs = ["uint256 é"]', "not 'type name'"),
        ('inputs = ["uint256 n", "bool n"]', "same name"),
        ("inputs = [" + ", ".join(f'"bool b{i}"' for i in range(65)) + "]", "at most 64"),
    ],
)
def test_types_are_the_requesters_business(line: str, message: str) -> None:
    """A host runs what has unusable inputs (the runtime judges them); who encodes arguments is told."""
    metadata = parse(block(RUNTIME, line))
    with pytest.raises(ProgramError, match=message):
        _ = metadata.inputs


def test_outputs_are_judged_when_asked_for() -> None:
    """The same holds for outputs."""
    metadata = parse(block(RUNTIME, 'outputs = ["float64"]'))
    with pytest.raises(ProgramError, match="float64"):
        _ = metadata.outputs


_blank = st.text(" \t", max_size=2)
_key = st.text("abcXYZ019_-", min_size=1, max_size=6)
_string = st.text(st.characters(exclude_characters='"\\', exclude_categories=("Cc", "Cs")), max_size=8)
_quoted = _string.map(lambda text: f'"{text}"')
_list = st.tuples(st.lists(_quoted, max_size=3), _blank).map(
    lambda x: f"[{x[1]}{(',' + x[1]).join(x[0])}{x[1]}]"
)
_value = st.one_of(_quoted, _list, st.integers(0, 999_999_999).map(str))
_comment = st.one_of(st.just(""), _string.map(lambda text: "#" + text))
_pair = st.tuples(_blank, _key, _blank, _value, _blank, _comment).map(
    lambda x: f"{x[0]}{x[1]}{x[2]}={x[2]}{x[3]}{x[4]}{x[5]}"
)
_header = st.one_of(
    st.just("[files]"),
    _key.map(lambda name: f"[sources.{name}]"),
    _key.map(lambda name: f"[combined.{name}]"),
)
_line = st.one_of(_pair, _header, _comment, st.text('ab="[]#,.\\\t 1', max_size=10))


def _read(lines: list[str]) -> dict[str, Any] | None:
    """What our grammar makes of the lines, in TOML's shape; None if it refuses."""
    try:
        tables = read_block(block(*lines).decode())
    except ProgramError:
        return None
    read: dict[str, Any] = {}
    for path, table in tables.items():
        here = read
        for name in path:
            here = here.setdefault(name, {})
        here.update({k: list(v) if isinstance(v, tuple) else v for k, v in table._values.items()})
    return read


@given(st.lists(_line, max_size=6))
def test_what_is_accepted_is_toml(lines: list[str]) -> None:
    """A TOML parser reads every block that the grammar accepts, and to the same values."""
    read = _read(lines)
    if read is None:
        return
    text = "\n".join(lines)
    if "files" in read and not isinstance(read["files"], dict):
        return  # a top-level key `files` is unknown to parse() anyway
    assert tomllib.loads(text) == read


@given(_pair)
def test_a_pair_is_accepted(line: str) -> None:
    """The strategy above does reach the accepting paths: each well-formed pair is read."""
    read = _read([line])
    assert read == tomllib.loads(line)
