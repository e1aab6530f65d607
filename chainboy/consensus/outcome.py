"""An outcome: what a node found a program to do, as the bytes that must agree.

Rule: protocol, section 6 "Outcome". ``abi.encode(uint8 status, uint64 fuel, bytes payload)``.
"""

from __future__ import annotations

from enum import IntEnum

import attrs

from chainboy.consensus.fields import WORD_BYTES, uint
from chainboy.errors import EncodingError
from chainboy.units import Fuel

MAX_OUTCOME = 1024
"""Most bytes of an encoded outcome."""

_HEAD = 4 * WORD_BYTES
"""Status, fuel, the payload's offset and its length."""

_OFFSET = 3 * WORD_BYTES
"""Where the payload's length stands, as the encoding says it."""


class Status(IntEnum):
    """How a run ended."""

    OK = 0
    RAISED = 1
    OUT_OF_FUEL = 2
    ABORTED = 3


@attrs.frozen
class Outcome:
    """``payload`` is the ABI-encoded return values (OK) or the exception's ASCII name (RAISED).

    Raises :class:`EncodingError` for fuel that does not fit 64 bits.
    """

    status: Status
    fuel: Fuel = attrs.field(validator=uint(64))
    payload: bytes

    def encode(self) -> bytes:
        """The canonical bytes; raises :class:`EncodingError` above :data:`MAX_OUTCOME` bytes."""
        head = (self.status, self.fuel, _OFFSET, len(self.payload))
        padding = bytes(-len(self.payload) % WORD_BYTES)
        data = b"".join(field.to_bytes(WORD_BYTES, "big") for field in head) + self.payload + padding
        if len(data) > MAX_OUTCOME:
            raise EncodingError(f"an outcome has at most {MAX_OUTCOME} bytes, not {len(data)}; return less")
        return data

    @classmethod
    def decode(cls, data: bytes) -> Outcome:
        """The outcome in ``data``; raises :class:`EncodingError` unless it is canonical."""
        words = (data[at : at + WORD_BYTES] for at in range(0, _HEAD, WORD_BYTES))
        status, fuel, _, length = (int.from_bytes(word, "big") for word in words)
        try:
            outcome = cls(Status(status), Fuel(fuel), data[_HEAD : _HEAD + length])
        except ValueError as error:
            raise EncodingError(f"these bytes are no outcome: {error}") from error
        if outcome.encode() != data:
            raise EncodingError("these bytes are not the canonical encoding of their outcome")
        return outcome
