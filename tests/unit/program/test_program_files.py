"""Program files: arguments in, values out, by the declared types; checked against eth-abi."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import EncodingError, InputError, ProgramError
from chainboy.programs import Cid, Program

ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"


def make(inputs: str = "", outputs: str = "") -> Program:
    """A program of these comma-free declarations."""
    listed = [", ".join(f'"{item}"' for item in text.split(";") if item) for text in (inputs, outputs)]
    source = f'# /// chainboy\n# runtime = "r"\n# inputs = [{listed[0]}]\n# outputs = [{listed[1]}]\n# ///\n'
    return Program(source.encode())


def test_name_is_the_files_hash(tmp_path: Path) -> None:
    """A program is named by its bytes, wherever they come from."""
    program = make("uint256 n")
    (tmp_path / "p.py").write_bytes(program.source)
    assert Program.from_file(tmp_path / "p.py") == program
    assert str(program) == str(Cid.of(program.source))


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is a ProgramError that names it."""
    with pytest.raises(ProgramError, match=r"none\.py cannot be read"):
        Program.from_file(tmp_path / "none.py")


@pytest.mark.parametrize("declaration", ["uint n", "uint256"])
def test_unusable_types_show_when_made(declaration: str) -> None:
    """A requester learns of a bad declaration before anything is sent."""
    with pytest.raises(ProgramError):
        make(declaration)
    with pytest.raises(ProgramError):
        make("", declaration.replace("uint256", "uint"))


@given(st.integers(0, 2**256 - 1), st.text(), st.lists(st.tuples(st.booleans(), st.binary(max_size=40))))
def test_input_is_what_eth_abi_encodes(n: int, text: str, pairs: list[tuple[bool, bytes]]) -> None:
    """Positional and named arguments give the one canonical encoding."""
    program = make("uint256 n;string text;(bool,bytes)[] pairs")
    expected = encode(["uint256", "string", "(bool,bytes)[]"], [n, text, pairs])
    assert program.encode_input(n, text, pairs) == expected
    assert program.encode_input(n, pairs=pairs, text=text) == expected


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((), {}, "takes uint8 a, bool b; a, b is missing"),
        ((1,), {}, "b is missing"),
        ((1, True, 2), {}, "3 arguments are too many"),
        ((1, True), {"a": 1}, "'a' is given twice"),
        ((1,), {"c": True}, "'c' is not one of its inputs"),
        ((True, True), {}, "a is a uint8"),
        ((1, 1), {}, "b is a bool"),
    ],
)
def test_wrong_arguments(args: tuple[Any, ...], kwargs: dict[str, Any], message: str) -> None:
    """Each mistake in a call is one InputError that names the argument."""
    with pytest.raises(InputError, match=message):
        make("uint8 a;bool b").encode_input(*args, **kwargs)


def test_no_inputs() -> None:
    """A program without inputs has empty input, and says that it takes nothing."""
    assert make().encode_input() == b""
    with pytest.raises(InputError, match="takes nothing"):
        make().encode_input(1)


@pytest.mark.parametrize(
    ("outputs", "values", "decoded"),
    [
        ("", [], None),
        ("uint256", [7], 7),
        ("uint8[]", [[1, 2]], [1, 2]),
        ("(uint8,string)", [(1, "a")], (1, "a")),
        ("uint256;address", [7, ADDRESS], (7, ADDRESS)),
        ("bool[2];bytes3", [[True, False], b"abc"], ([True, False], b"abc")),
    ],
)
def test_output(outputs: str, values: list[Any], decoded: Any) -> None:
    """One output is a value, several are a tuple, none is None; addresses in their checksummed form."""
    program = make("", outputs)
    assert program.decode_output(encode(list(program.outputs), values)) == decoded


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\1",
        bytes(31) + b"\1" + bytes(32),
        bytes(31) + b"\2",
        encode(["uint256"], [2**255]),
    ],
)
def test_payloads_that_are_no_bool(payload: bytes) -> None:
    """Short, long or non-canonical payloads are an EncodingError."""
    with pytest.raises(EncodingError, match="bool"):
        make("", "bool").decode_output(payload)


def test_text_that_is_not_utf8() -> None:
    """Invalid text in a result is an EncodingError, not a decoding traceback."""
    with pytest.raises(EncodingError, match="does not decode"):
        make("", "string").decode_output(encode(["bytes"], [b"\xff"]))
