"""Arguments as text: every value of every type can be written, and nothing else is read as one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import InputError
from chainboy.programs.arguments import parse_argument, parse_arguments
from chainboy.programs.metadata import Parameter
from chainboy.programs.program import Program
from chainboy.programs.types import parse_type

TEXT = st.text(max_size=20).filter(lambda text: not any("\ud800" <= char <= "\udfff" for char in text))


def elementary() -> st.SearchStrategy[tuple[str, Any, Any]]:
    """A type, a value of it, and how JSON writes it."""
    bits = st.integers(1, 32).map(lambda count: 8 * count)
    unsigned = bits.flatmap(
        lambda size: st.integers(0, 2**size - 1).map(lambda value: (f"uint{size}", value, value))
    )
    signed = bits.flatmap(
        lambda size: st.integers(-(2 ** (size - 1)), 2 ** (size - 1) - 1).map(
            lambda value: (f"int{size}", value, str(value))
        )
    )
    fixed = st.binary(min_size=1, max_size=32).map(
        lambda value: (f"bytes{len(value)}", value, "0x" + value.hex())
    )
    loose = st.binary(max_size=40).map(lambda value: ("bytes", value, "0x" + value.hex()))
    flags = st.booleans().map(lambda value: ("bool", value, value))
    texts = TEXT.map(lambda value: ("string", value, value))
    addresses = st.binary(min_size=20, max_size=20).map(
        lambda value: ("address", to_checksum_address(value), "0x" + value.hex())
    )
    return st.one_of(unsigned, signed, fixed, loose, flags, texts, addresses)


def compound(parts: st.SearchStrategy[tuple[str, Any, Any]]) -> st.SearchStrategy[tuple[str, Any, Any]]:
    """Tuples and arrays of these."""
    tuples = st.lists(parts, min_size=1, max_size=3).map(
        lambda items: (
            f"({','.join(kind for kind, _, _ in items)})",
            tuple(value for _, value, _ in items),
            [written for _, _, written in items],
        )
    )
    arrays = st.tuples(parts, st.integers(0, 3), st.booleans()).map(
        lambda drawn: (
            f"{drawn[0][0]}[{drawn[1] if drawn[2] and drawn[1] else ''}]",
            [drawn[0][1]] * drawn[1],
            [drawn[0][2]] * drawn[1],
        )
    )
    return tuples | arrays


def text_of(written: Any) -> str:
    """How a shell's user writes what JSON writes."""
    return written if isinstance(written, str) else json.dumps(written)


@given(st.recursive(elementary(), compound, max_leaves=5))
def test_what_is_written_is_read(drawn: tuple[str, Any, Any]) -> None:
    """Of any type; and the ABI codec of another library takes it and gives it back."""
    kind, value, written = drawn
    read = parse_argument(text_of(written), parse_type(kind), "x")
    assert read == value
    (back,) = decode([kind], encode([kind], [read]))
    assert encode([kind], [back]) == encode([kind], [value])


@given(
    kind=st.recursive(elementary(), compound, max_leaves=3).map(lambda drawn: drawn[0]),
    text=st.text(max_size=30),
)
def test_anything_else_is_refused(kind: str, text: str) -> None:
    """With the one error, or it is a value that the type holds."""
    try:
        read = parse_argument(text, parse_type(kind), "x")
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either is right
    else:
        encode([kind], [read])


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("uint256", "1_000", 1000),
        ("uint8", "0xff", 255),
        ("int8", "-0x80", -128),
        ("int8", "+7", 7),
        ("bool", "true", True),
        ("bytes", "0x", b""),
        ("string", "[1]", "[1]"),
        ("uint256[]", '[1, "0x10", "2_0"]', [1, 16, 20]),
        (
            "uint256[]",
            "[115792089237316195423570985008687907853269984665640564039457584007913129639935]",
            [2**256 - 1],
        ),
        ("(bool,string)[]", '[[true, "a"], [false, "1"]]', [(True, "a"), (False, "1")]),
        ("bytes1[2]", '["0x01", "0x02"]', [b"\1", b"\2"]),
    ],
)
def test_spellings(kind: str, text: str, value: Any) -> None:
    """Each documented form."""
    assert parse_argument(text, parse_type(kind), "x") == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *[
            ("uint8", text)
            for text in ("", "256", "-1", "1.0", "1e2", "true", " 1", "1__0", "0b1", "٣", "9" * 101)
        ],
        *[("bool", text) for text in ("True", "1", "", "yes")],
        *[("bytes", text) for text in ("", "00", "0x0", "0xgg", "0x 00")],
        ("bytes2", "0x00"),
        ("address", "0x12"),
        *[
            ("uint8[]", text)
            for text in ("1", "1,2", "{}", "[1.5]", "[NaN]", "[true]", "[null]", "[[1]]", "[" * 9999)
        ],
        ("bool[]", '["true"]'),
        ("bool[]", "[1]"),
        ("string[]", "[1]"),
        ("address[]", "[1]"),
        ("bytes[]", "[1]"),
        ("string[]", '["\\ud800"]'),
        ("uint8[2]", "[1]"),
        ("(uint8,uint8)", "[1]"),
        ("(uint8,uint8)", "[1, 2, 3]"),
        ("(uint8)[]", "[1]"),
    ],
)
def test_what_is_no_value(kind: str, text: str) -> None:
    """Told by the argument's name."""
    with pytest.raises(InputError, match=r"^x\b"):
        parse_argument(text, parse_type(kind), "x")


INPUTS = (Parameter("uint8", "n"), Parameter("string", "word"))


def test_by_name() -> None:
    """What follows the first equals sign is the value; what is missing, the program tells."""
    assert parse_arguments(["word=a=b", "n=3"], INPUTS) == {"n": 3, "word": "a=b"}
    assert parse_arguments([], INPUTS) == {}
    source = b'# /// chainboy\n# runtime = "cpython-wasm:1"\n# inputs = ["uint8 n"]\n# ///\n'
    with pytest.raises(InputError, match="missing"):
        Program(source).encode_input(**parse_arguments([], INPUTS))


@pytest.mark.parametrize("texts", [["n"], ["m=1"], ["n=1", "n=1"], ["=1"]], ids=str)
def test_names_are_the_programs(texts: list[str]) -> None:
    """Each once, and no others."""
    with pytest.raises(InputError):
        parse_arguments(texts, INPUTS)
    with pytest.raises(InputError, match="takes nothing"):
        parse_arguments(["n=1"], ())
