"""A question to an endpoint as data, so that several can be asked together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import attrs

from chainboy.errors import ChainBoyError

RATE_LIMITED = (-32005, -32016, 429)
"""Codes of errors of endpoints that were asked too often."""


@attrs.frozen
class Question:
    """One JSON-RPC method without effects, and its parameters."""

    method: str
    params: Sequence[Any] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Equal for equal questions."""
        return self.method, repr(self.params)


class Batches(Protocol):
    """A provider of web3's that can send several requests as one: standard JSON-RPC batches."""

    def ask_together(self, questions: Sequence[Question]) -> Sequence[Any] | None:
        """JSON-RPC's answers in the order asked, None for each that has none; None: it takes no batches."""
        ...


@attrs.frozen
class Answer:
    """What one question came to: a value, or the error in its place."""

    value: Any = None
    error: ChainBoyError | None = None

    def get(self) -> Any:
        """The value; raises the error that stands in its place."""
        if self.error is not None:
            raise self.error
        return self.value
