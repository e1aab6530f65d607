"""An outcome: what a node found a program to do, as the bytes that must agree.

Rule: protocol, section 6 "Outcome". ``abi.encode(uint8 status, uint64 fuel, bytes payload)``.
"""

from __future__ import annotations

from enum import IntEnum

import attrs
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_abi.exceptions import EncodingError as AbiEncodingError

from chainboy.errors import EncodingError
from chainboy.units import Fuel

MAX_OUTCOME = 1024
"""Most bytes of an encoded outcome."""

_TYPES = ("uint8", "uint64", "bytes")


class Status(IntEnum):
    """How a run ended."""

    OK = 0
    RAISED = 1
    OUT_OF_FUEL = 2
    ABORTED = 3


@attrs.frozen
class Outcome:
    """``payload`` is the ABI-encoded return values (OK) or the exception's ASCII name (RAISED)."""

    status: Status
    fuel: Fuel
    payload: bytes

    def encode(self) -> bytes:
        """The canonical bytes; raises :class:`EncodingError` above :data:`MAX_OUTCOME` bytes."""
        try:
            data = encode(_TYPES, (self.status, self.fuel, self.payload))
        except AbiEncodingError as error:
            raise EncodingError(f"this outcome has no encoding: {error}") from error
        if len(data) > MAX_OUTCOME:
            raise EncodingError(f"an outcome has at most {MAX_OUTCOME} bytes, not {len(data)}; return less")
        return data

    @classmethod
    def decode(cls, data: bytes) -> Outcome:
        """The outcome in ``data``; raises :class:`EncodingError` unless it is canonical."""
        try:
            status, fuel, payload = decode(_TYPES, data)
            outcome = cls(Status(status), Fuel(fuel), payload)
        except (DecodingError, OverflowError, ValueError) as error:
            raise EncodingError(f"these bytes are no outcome: {error}") from error
        if outcome.encode() != data:
            raise EncodingError("these bytes are not the canonical encoding of their outcome")
        return outcome
