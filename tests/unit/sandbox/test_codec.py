"""The guest's codec against eth-abi, both ways, and what it must refuse."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import decode as reference_decode
from eth_abi.abi import encode as reference_encode
from eth_abi.exceptions import DecodingError
from hypothesis import given, settings
from hypothesis import strategies as st

from chainboy.sandbox.guest import codec
from chainboy.sandbox.guest.codec import AbiError

WIDTHS = st.integers(1, 32)


def elementary(draw: st.DrawFn) -> tuple[str, Any]:
    """A type without parts and a value of it, steered to its bounds."""
    family = draw(st.sampled_from(["uint", "int", "bool", "address", "bytesN", "bytes", "string"]))
    size = draw(WIDTHS)
    low, high = (
        (0, 2 ** (8 * size) - 1) if family == "uint" else (-(2 ** (8 * size - 1)), 2 ** (8 * size - 1) - 1)
    )
    match family:
        case "uint" | "int":
            return f"{family}{8 * size}", draw(st.sampled_from([low, high, 0]) | st.integers(low, high))
        case "bool":
            return "bool", draw(st.booleans())
        case "address":
            return "address", "0x" + draw(st.binary(min_size=20, max_size=20)).hex()
        case "bytesN":
            return f"bytes{size}", draw(st.binary(min_size=size, max_size=size))
        case "bytes":
            return "bytes", draw(st.binary(max_size=70))
        case _:
            return "string", draw(st.text(max_size=40))


@st.composite
def typed(draw: st.DrawFn, depth: int = 2) -> tuple[str, Any]:
    """A type and a value of it, nested at most ``depth`` times."""
    shape = draw(st.sampled_from(["plain", "plain", "array", "fixed", "tuple"])) if depth else "plain"
    if shape == "plain":
        return elementary(draw)
    if shape == "tuple":
        parts = draw(st.lists(typed(depth - 1), min_size=1, max_size=3))
        return f"({','.join(kind for kind, _ in parts)})", tuple(value for _, value in parts)
    kind, value = draw(typed(depth - 1))
    if shape == "array":
        count = draw(st.integers(0, 3))
        return f"{kind}[]", [value] * count
    count = draw(st.integers(1, 3))
    return f"{kind}[{count}]", [value] * count


def listed(value: Any) -> Any:
    """eth-abi answers tuples for arrays, too: compare without the difference."""
    return [listed(item) for item in value] if isinstance(value, list | tuple) else value


@settings(max_examples=300, deadline=None)
@given(st.lists(typed(), max_size=4))
def test_encodes_and_decodes_as_eth_abi(signature: list[tuple[str, Any]]) -> None:
    """Bytes from values and values from bytes are those of an independent implementation."""
    names, values = [name for name, _ in signature], [value for _, value in signature]
    types = [codec.parse(name) for name in names]
    data = reference_encode(names, values)
    assert codec.encode(types, values) == data
    assert listed(codec.decode(types, data)) == listed(values)
    assert listed(reference_decode(names, data)) == listed(codec.decode(types, data))


@settings(max_examples=300, deadline=None)
@given(st.lists(typed(), min_size=1, max_size=3), st.data())
def test_accepts_nothing_but_the_canonical_bytes(
    signature: list[tuple[str, Any]], data: st.DataObject
) -> None:
    """Damaged bytes are refused, or they are the one encoding of other values that eth-abi sees alike."""
    names = [name for name, _ in signature]
    types = [codec.parse(name) for name in names]
    good = bytearray(reference_encode(names, [value for _, value in signature]))
    at = data.draw(st.integers(0, max(0, len(good) - 1)))
    bad = data.draw(
        st.sampled_from(
            [bytes(good[:at]), bytes(good) + bytes(32), bytes(good[:at]) + b"\1" + bytes(good[at + 1 :])]
        )
    )
    try:
        values = codec.decode(types, bad)
    except AbiError:
        return
    assert codec.encode(types, values) == bad
    assert listed(reference_decode(names, bad)) == listed(values)


@settings(max_examples=200, deadline=None)
@given(typed(), st.binary(max_size=200))
def test_refuses_what_eth_abi_refuses(pair: tuple[str, Any], noise: bytes) -> None:
    """Noise that eth-abi cannot decode is not decoded here."""
    try:
        reference_decode([pair[0]], noise)
    except (DecodingError, OverflowError):
        with pytest.raises(AbiError):
            codec.decode([codec.parse(pair[0])], noise)


@pytest.mark.parametrize(
    "declaration",
    [
        *(
            "",
            "uint",
            "int",
            "uint7",
            "uint264",
            "uint0",
            "uint08",
            "int1",
            "bytes0",
            "bytes33",
            "byte",
            "fixed",
        ),
        *("()", "(uint8", "uint8)", "(uint8,)", "uint8[0]", "uint8[-1]", "uint8[", "uint8 []", "uint8 1n"),
        *("uint8 a b", "boolx", "bool8", "address payable x", "uint8[9999999999]", "uint8[65536][65536]"),
        *("uint8" + "[]" * 17, "(" * 17 + "uint8" + ")" * 17, " uint8", "uint8,uint8", "string1"),
    ],
)
def test_refuses_what_is_no_type(declaration: str) -> None:
    """Only canonical type names pass, nested and sized within bounds."""
    with pytest.raises(AbiError):
        codec.parse(declaration)


@pytest.mark.parametrize(
    "declaration", ["uint256 n", "(bytes32,int8)[] pairs", "string\tname", "uint8[2][] $x"]
)
def test_takes_a_name_behind_the_type(declaration: str) -> None:
    """An input may be named; the name has no meaning here."""
    assert codec.parse(declaration).encode is not None


class Pretender:
    """Says that it is an int."""

    __class__ = int  # type: ignore[assignment]

    def __index__(self) -> int:
        """One."""
        return 1

    def __repr__(self) -> str:
        return "Pretender()"


@pytest.mark.parametrize(
    ("declaration", "value"),
    [
        *(("uint8", value) for value in (256, -1, True, 1.0, "1", None, Pretender())),
        *(("int8", value) for value in (128, -129, False)),
        *(("bool", value) for value in (0, 1, None)),
        *(("address", value) for value in ("0x12", b"a" * 20, "ab" * 20, "0x" + "g" * 40, 5)),
        *(("bytes4", value) for value in (b"abc", b"abcde", "abcd", 4)),
        *(("bytes", value) for value in ("abc", 3, [1], None)),
        *(("string", value) for value in (b"abc", "\ud800", 3)),
        *(("uint8[]", value) for value in ({1}, "1", iter([1]), [256], {1: 2})),
        *(("uint8[2]", value) for value in ([1], [1, 2, 3], 2)),
        *(("(uint8,bool)", value) for value in ((1,), (1, True, 2), 1, (True, 1))),
    ],
    ids=lambda part: part if isinstance(part, str) else type(part).__name__,
)
def test_refuses_a_value_of_another_type(declaration: str, value: object) -> None:
    """Nothing is converted that could have been a mistake."""
    with pytest.raises(AbiError):
        codec.parse(declaration).encode(value)


def test_runs_no_code_of_the_value() -> None:
    """Subclasses are read as the builtin they extend, past whatever they redefine."""

    def broken(*_: object) -> Any:
        raise AssertionError

    number = type("N", (int,), dict.fromkeys(["__int__", "__index__", "__lt__", "__ge__"], broken))(7)
    items = type("L", (list,), dict.fromkeys(["__iter__", "__len__", "__getitem__"], broken))([number])
    assert codec.parse("uint8[]").encode(items) == reference_encode(["uint8", "uint8"], [1, 7])


def test_checks_the_number_of_values() -> None:
    """As many values as types, neither more nor fewer."""
    with pytest.raises(AbiError):
        codec.encode([codec.parse("uint8")], [])
    with pytest.raises(AbiError):
        codec.decode([], bytes(32))


def test_huge_counts_allocate_nothing() -> None:
    """A length that the data cannot hold is refused before anything is made of it."""
    for declaration in ("uint8[]", "string[]", "bytes", "uint8[134217728]", "string[134217728]"):
        with pytest.raises(AbiError):
            codec.decode([codec.parse(declaration)], (32).to_bytes(32, "big") + (2**255).to_bytes(32, "big"))


@pytest.mark.parametrize(
    ("declaration", "data"),
    [
        ("string", reference_encode(["bytes"], [b"\xff"])),
        ("bytes", reference_encode(["bytes"], [b"a"])[:-1] + b"\1"),
        ("bytes", reference_encode(["bytes"], [b"a"])[:-1]),
        ("address", b"\1" + bytes(31)),
        ("bytes31", b"\1" * 32),
        ("bool", bytes(31) + b"\2"),
        ("uint8", bytes(30) + b"\1\0"),
        ("int8", bytes(31) + b"\x80"),
        ("uint8", bytes(31)),
        ("uint8[]", (64).to_bytes(32, "big") + bytes(64)),
    ],
)
def test_refuses_bytes_that_are_not_canonical(declaration: str, data: bytes) -> None:
    """Each rule of the encoding, broken once."""
    with pytest.raises(AbiError):
        codec.decode([codec.parse(declaration)], data)


def test_takes_bytearrays_back() -> None:
    """A program may return the bytes it collected."""
    assert codec.parse("bytes2").encode(bytearray(b"ab")) == b"ab" + bytes(30)


def test_the_base_type_is_abstract() -> None:
    """A type has to say how it is encoded."""
    with pytest.raises(NotImplementedError):
        codec.AbiType().encode(1)
    with pytest.raises(NotImplementedError):
        codec.AbiType().decode(b"", 0)
