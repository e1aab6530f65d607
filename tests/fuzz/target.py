"""What can be fuzzed: a reader of hostile bytes, and an oracle that says what it may make of them."""

from __future__ import annotations

from collections.abc import Callable

import attrs


@attrs.frozen(kw_only=True)
class Target:
    """``check`` takes any bytes, returns whether they were accepted, and raises where something is wrong.

    Wrong is an exception that the reader does not document, or an acceptance, or a refusal, that an
    independent implementation does not share.
    """

    name: str
    check: Callable[[bytes], bool]
    seeds: tuple[bytes, ...]
    """Inputs to start from; the first is accepted."""
    tokens: tuple[bytes, ...] = ()
    """Words of the format, for mutations to insert."""
    guided: bool = True
    """Whether coverage of this process tells anything about an input."""
    tries: int = 1500
    """Mutations of a short run."""


def text_of(data: bytes) -> str:
    """The text in ``data``; what is not UTF-8 becomes a lone surrogate, which no reader may choke on."""
    return data.decode("utf-8", "surrogateescape")


def words(text: str) -> tuple[bytes, ...]:
    """The tokens in ``text``, between blanks; in each, Python's escapes stand for what cannot be written."""
    return tuple(word.encode().decode("unicode_escape").encode("latin-1") for word in text.split())
