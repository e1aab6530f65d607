"""Decimal text as an integer: exact digits, no float between.

**Rule.** A number is written as JSON writes it (RFC 8259, section 6), in at most 128 characters and with an
exponent of at most four digits. Its value times ten to the power of ``scale`` is cut at the decimal point,
toward zero: what a source says beyond the declared places does not count, so two nodes that read the same
text always have the same integer. It must fit ``int256``.
"""

from __future__ import annotations

import re

from chainboy.errors import SourceUnavailable

MAX_NUMBER = 128
"""Most characters of a number's text."""

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,4}))?")
_BITS = 255
_DIGITS = 78
"""Ten to this power is more than any ``int256``."""


def is_number(text: str) -> bool:
    """Whether ``text`` is a number as described above."""
    return len(text) <= MAX_NUMBER and _NUMBER.fullmatch(text) is not None


def scaled(text: str, scale: int) -> int:
    """The number ``text`` times ten to ``scale``, cut toward zero.

    Raises :class:`~chainboy.errors.SourceUnavailable` for text that is no number, or too large a one.
    """
    found = _NUMBER.fullmatch(text) if len(text) <= MAX_NUMBER else None
    if found is None:
        raise SourceUnavailable(f"{text[:40]!r} is no decimal number")
    sign, whole, fraction, exponent = found[1], found[2], found[3] or "", int(found[4] or 0)
    digits = (whole + fraction).lstrip("0")
    shift = exponent + scale - len(fraction)
    size = _magnitude(digits, shift)
    number = -size if sign else size
    if not -(2**_BITS) <= number < 2**_BITS:
        raise _too_large(text)
    return number


def _magnitude(digits: str, shift: int) -> int:
    if shift <= 0:
        return int(digits[: len(digits) + shift] or "0") if len(digits) + shift > 0 else 0
    if digits and len(digits) + shift > _DIGITS:
        raise _too_large(digits)
    power: int = 10**shift
    return int(digits or "0") * power


def _too_large(text: str) -> SourceUnavailable:
    return SourceUnavailable(f"{text[:40]!r}, once scaled, does not fit int256")
