# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["string numeral"]
# outputs = ["uint16"]
# ///
"""The value of a Roman numeral; one that is not written as it should be raises ``ValueError``."""

from __future__ import annotations

SIGNS = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL")),
    *((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)
MOST = 3999


def main(numeral: str) -> int:
    value, rest = 0, numeral
    for worth, sign in SIGNS:
        while rest.startswith(sign):
            value, rest = value + worth, rest.removeprefix(sign)
    if not 0 < value <= MOST or written(value) != numeral:
        raise ValueError
    return value


def written(value: int) -> str:
    """The numeral of a value."""
    text = ""
    for worth, sign in SIGNS:
        count, value = divmod(value, worth)
        text += sign * count
    return text
