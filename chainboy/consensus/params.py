"""The one word of rules that a task is tallied under.

Rule: protocol, section 4; layout as in ``contracts/src/libraries/Params.sol``. From the least significant
bit on: expiresAt 64, fuelLimit 64, commitWindow 32, tolerance 16, mode 8, version 8; the remaining 64
bits are zero.
"""

from __future__ import annotations

from enum import IntEnum

import attrs

from chainboy.consensus.fields import uint
from chainboy.consensus.refusal import Refused
from chainboy.errors import EncodingError
from chainboy.units import Fuel, Timestamp

VERSION = 1
"""The protocol's version, as every params word carries it."""

MAX_TOLERANCE = 10_000
"""Most hundredths of a percent by which MEDIAN answers may differ from the median and still agree."""


class Mode(IntEnum):
    """How outcomes are compared."""

    EXACT = 0
    MEDIAN = 1
    RANDOM = 2


@attrs.frozen(kw_only=True)
class Bounds:
    """What the gateways and the hub of one deployment accept: windows in seconds, fuel in instructions."""

    min_commit_window: int
    max_commit_window: int
    max_fuel: int


def _known_version(_instance: object, _field: object, value: int) -> None:
    if value != VERSION:
        raise EncodingError(f"this package speaks version {VERSION} of the protocol, not {value!r}")


@attrs.frozen(kw_only=True)
class Params:
    """The rules of one task: tolerance in basis points, window in seconds, expiry in block time."""

    mode: Mode = attrs.field(converter=Mode)
    tolerance: int = attrs.field(default=0, validator=uint(16))
    commit_window: int = attrs.field(validator=uint(32))
    fuel_limit: Fuel = attrs.field(validator=uint(64))
    expires_at: Timestamp = attrs.field(validator=uint(64))
    version: int = attrs.field(default=VERSION, validator=_known_version)

    def pack(self) -> int:
        """The params word."""
        return (
            self.expires_at
            | self.fuel_limit << 64
            | self.commit_window << 128
            | self.tolerance << 160
            | self.mode << 176
            | self.version << 184
        )

    @classmethod
    def unpack(cls, word: int) -> Params:
        """The rules in ``word``.

        Refused as by the contracts: ``NonzeroPadding``, ``UnsupportedVersion``, ``UnknownMode``.
        """
        if word >> 192:
            raise Refused("NonzeroPadding", word)
        version, mode = word >> 184, word >> 176 & 0xFF
        if version != VERSION:
            raise Refused("UnsupportedVersion", version)
        if mode > max(Mode):
            raise Refused("UnknownMode", mode)
        return cls(
            mode=Mode(mode),
            tolerance=word >> 160 & 0xFFFF,
            commit_window=word >> 128 & 0xFFFFFFFF,
            fuel_limit=Fuel(word >> 64 & 0xFFFFFFFFFFFFFFFF),
            expires_at=Timestamp(word & 0xFFFFFFFFFFFFFFFF),
        )

    def validate(self, bounds: Bounds) -> None:
        """Refuse what lies outside ``bounds``, with the contracts' own errors and in their order.

        Tolerance is MEDIAN's alone; RANDOM runs no program and so has no fuel, the others have some.
        ``Params.unpack(word).validate(bounds)`` is ``Params.validate(word, bounds)`` of the contracts.
        """
        if self.tolerance > (MAX_TOLERANCE if self.mode is Mode.MEDIAN else 0):
            raise Refused("ToleranceOutOfRange", self.tolerance)
        if not bounds.min_commit_window <= self.commit_window <= bounds.max_commit_window:
            raise Refused("CommitWindowOutOfRange", self.commit_window)
        if (self.mode is Mode.RANDOM) != (self.fuel_limit == 0) or self.fuel_limit > bounds.max_fuel:
            raise Refused("FuelLimitOutOfRange", self.fuel_limit)
