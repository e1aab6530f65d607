# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["string[] names"]
# outputs = ["string[]", "bool"]
# ///
"""The Soundex codes of names, and whether all of them sound alike.

As American archives index them: a letter and three digits; H and W do not separate letters of one digit,
vowels do.
"""

from __future__ import annotations

GROUPS = ("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R")
DIGITS = {letter: str(i) for i, group in enumerate(GROUPS, 1) for letter in group}
SILENT = "HW"
LENGTH = 4


def main(names: list[str]) -> tuple[list[str], bool]:
    codes = [code(name) for name in names]
    return codes, len(set(codes)) <= 1


def code(name: str) -> str:
    """The code of one name; letters outside A to Z are passed over."""
    letters = [letter for letter in name.upper() if "A" <= letter <= "Z"]
    found = letters[0]
    last = DIGITS.get(letters[0])
    for letter in letters[1:]:
        if letter in SILENT:
            continue
        digit = DIGITS.get(letter)
        if digit is not None and digit != last:
            found += digit
        last = digit
    return found[:LENGTH].ljust(LENGTH, "0")
