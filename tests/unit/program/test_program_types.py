"""ABI types and values: canonical names only, exact values only, encoded as eth-abi encodes them."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi import encode, is_encodable_type
from eth_abi.exceptions import ParseError
from eth_abi.grammar import normalize
from eth_abi.grammar import parse as eth_parse
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import InputError, ProgramError
from chainboy.programs.types import Array, Elementary, Tuple, fit, parse_type
from chainboy.sandbox.guest import codec

_ELEMENTARY = [
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in range(8, 257, 8)),
    *(f"bytes{count}" for count in range(1, 33)),
    *("bool", "address", "string", "bytes"),
]
_types = st.recursive(
    st.sampled_from(_ELEMENTARY),
    lambda inner: st.one_of(
        inner.map(lambda t: f"{t}[]"),
        st.tuples(inner, st.integers(1, 9)).map(lambda x: f"{x[0]}[{x[1]}]"),
        st.lists(inner, min_size=1, max_size=3).map(lambda x: f"({','.join(x)})"),
    ),
    max_leaves=5,
)


@given(_types)
def test_canonical_types_are_read_back(text: str) -> None:
    """Each type of the grammar is written as it was read, and eth-abi knows it."""
    assert str(parse_type(text)) == text
    assert is_encodable_type(text)


@given(_types)
def test_the_runtime_knows_them(text: str) -> None:
    """What a requester may declare, the runtime inside the sandbox reads, too."""
    codec.parse(f"{text} name")


@given(st.text("uintbyesaol0123456789[](),", max_size=12))
def test_refuses_what_eth_abi_refuses(text: str) -> None:
    """What is accepted is a canonical type for eth-abi, too."""
    try:
        parsed = parse_type(text)
    except ProgramError:
        return
    assert str(parsed) == text == normalize(text)
    eth_parse(text).validate()


@pytest.mark.parametrize(
    "text",
    [
        *("", "uint", "int", "byte", "uint0", "uint08", "uint7", "uint264", "bytes0", "bytes33", "bytes032"),
        *("fixed128x18", "function", "Uint8", "uint8 ", "uint8[0]", "uint8[01]", "uint8[", "uint8]", "()"),
        *("(uint8", "(uint8,)", "uint8[65536]", "uint8[99999]"),
        *("uint8" + "[]" * 17, "(" * 17 + "bool" + ")" * 17),
    ],
)
def test_other_types_are_refused(text: str) -> None:
    """Aliases, unknown sizes, empty arrays and tuples, and depth beyond the limit are errors."""
    with pytest.raises(ProgramError, match=r"ABI type|levels"):
        parse_type(text)


def test_depth_up_to_the_limit() -> None:
    """Sixteen levels are accepted."""
    assert isinstance(parse_type("uint8" + "[]" * 16), Array)
    assert isinstance(parse_type("(" * 16 + "bool" + ")" * 16), Tuple)


def test_aliases_are_explained() -> None:
    """Who writes ``uint`` is told the canonical name."""
    with pytest.raises(ProgramError, match="write 'uint256'"):
        parse_type("uint")
    with pytest.raises(ParseError):
        eth_parse("uint7[")


ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"


@pytest.mark.parametrize(
    ("kind", "value", "fitted"),
    [
        ("uint8", 255, 255),
        ("int8", -128, -128),
        ("int256", -(2**255), -(2**255)),
        ("bool", True, True),
        ("string", "é", "é"),
        ("bytes", bytearray(b"a"), b"a"),
        ("bytes2", b"ab", b"ab"),
        ("address", ADDRESS, ADDRESS),
        ("address", ADDRESS.lower(), ADDRESS),
        ("uint8[]", (1, 2), [1, 2]),
        ("(uint8,bool)[1]", [[1, True]], [(1, True)]),
    ],
)
def test_values_that_fit(kind: str, value: Any, fitted: Any) -> None:
    """Values in range arrive, in the one form their type has, and eth-abi encodes them."""
    assert fit(parse_type(kind), value, "x") == fitted
    assert encode([kind], [fitted])


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("uint8", 256, r"x is a uint8; 256 does not fit"),
        ("uint8", -1, "-1 does not fit"),
        ("int8", 128, "128 does not fit"),
        ("uint256", 2**256, "0x1000"),
        ("uint256", True, "bool True"),
        ("uint256", 1.0, "float 1.0"),
        ("uint256", "1", "str '1'"),
        ("bool", 1, "1 does not fit"),
        ("string", b"a", "bytes"),
        ("string", "\ud800", "str"),
        ("bytes", "a", "str 'a'"),
        ("bytes2", b"a", "x is a bytes2"),
        ("address", "0x00", "x is a address"),
        ("address", ADDRESS[2:], "x is a address"),
        ("address", ADDRESS.replace("E", "e"), "checksum is wrong"),
        ("uint8[]", 1, r"x is a uint8\[\]"),
        ("uint8[]", b"\1", r"x is a uint8\[\]"),
        ("uint8[2]", [1], "takes 2 items, not 1"),
        ("(uint8,bool)", (1,), "takes 2 items, not 1"),
        ("(uint8,bool)[]", [(1, True), (1, 2)], r"x\[1\]\[1\] is a bool"),
        ("bytes1", b"x" * 500, "…"),
    ],
)
def test_values_that_do_not_fit(kind: str, value: Any, message: str) -> None:
    """Nothing is converted, padded or cut: the error names the place, the type and the value."""
    with pytest.raises(InputError, match=message):
        fit(parse_type(kind), value, "x")


def test_types_are_values() -> None:
    """Equal types compare equal."""
    assert parse_type("uint8[2]") == Array(Elementary("uint8"), 2)
