"""Decimal text to integers: against the standard library's decimal arithmetic, to the last digit."""

from __future__ import annotations

import decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import SourceUnavailable
from chainboy.sources.scaling import is_number, scaled

EXACT = decimal.Context(prec=20_000, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)


@pytest.mark.parametrize(
    ("text", "scale", "value"),
    [
        ("1.2345", 4, 12_345),
        ("1.2345", 2, 123),
        ("-1.2399", 2, -123),
        ("-0.5", 0, 0),
        ("0.1", 18, 10**17),
        ("1e3", 0, 1_000),
        ("12.5E-1", 2, 125),
        ("5e-9999", 77, 0),
        ("0e9999", 77, 0),
        ("0.00000000", 8, 0),
        ("9007199254740993", 0, 9_007_199_254_740_993),
        (str(2**255 - 1), 0, 2**255 - 1),
        (str(-(2**255)), 0, -(2**255)),
        ("0." + "1" * 126, 77, int("1" * 77)),
    ],
)
def test_digits_are_kept_and_cut(text: str, scale: int, value: int) -> None:
    """No float between, the rest cut toward zero."""
    assert scaled(text, scale) == value


@pytest.mark.parametrize(
    "text",
    [
        *("", "abc", "+1", " 1", "1 ", "01", ".5", "5.", "1,5", "1_000", "0x10", "1e", "1e10000"),
        *("NaN", "Infinity", "--1", "1e5.0", "1.2.3", "\u0661", "1\n", "9" * 129),
    ],
)
def test_what_is_no_number(text: str) -> None:
    """Nothing but JSON's own grammar, and not without end."""
    assert not is_number(text)
    with pytest.raises(SourceUnavailable, match="no decimal number"):
        scaled(text, 0)


@pytest.mark.parametrize(
    ("text", "scale"), [(str(2**255), 0), (str(-(2**255) - 1), 0), ("1", 77), ("1e9999", 0), ("6e76", 0)]
)
def test_what_does_not_fit(text: str, scale: int) -> None:
    """More than 256 bits with sign is refused, however it is written; no huge power is computed."""
    with pytest.raises(SourceUnavailable, match="int256"):
        scaled(text, scale)


_numbers = st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)


@given(_numbers, st.integers(0, 77))
def test_as_decimal_arithmetic(text: str, scale: int) -> None:
    """The standard library, at a precision that rounds nothing, cuts to the same integer or one too large."""
    with decimal.localcontext(EXACT):
        exact = decimal.Decimal(text).scaleb(scale)
        expected = int(exact.to_integral_value(rounding=decimal.ROUND_DOWN))
    if -(2**255) <= expected < 2**255:
        assert scaled(text, scale) == expected
    else:
        with pytest.raises(SourceUnavailable):
            scaled(text, scale)


@given(st.text(max_size=40), st.integers(0, 77))
def test_any_text(text: str, scale: int) -> None:
    """Whatever comes is a number or refused."""
    try:
        scaled(text, scale)
    except SourceUnavailable:
        return
    assert is_number(text)
