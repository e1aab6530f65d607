"""Outcomes: one encoding each, and nothing else decodes."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode

from chainboy.consensus.outcome import MAX_OUTCOME, Outcome, Status
from chainboy.errors import EncodingError

TYPES = ["uint8", "uint64", "bytes"]


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("payload", [b"", b"x", b"y" * 32, b"z" * 896])
def test_round_trip(status: Status, payload: bytes) -> None:
    """As ``eth_abi`` encodes it, and back."""
    outcome = Outcome(status, 2**64 - 1, payload)
    assert outcome.encode() == encode(TYPES, (int(status), 2**64 - 1, payload))
    assert Outcome.decode(outcome.encode()) == outcome


def test_the_largest_outcome() -> None:
    """A payload of 896 bytes fills 1,024; one more word does not fit."""
    assert len(Outcome(Status.OK, 0, bytes(896)).encode()) == MAX_OUTCOME
    with pytest.raises(EncodingError, match="at most 1024"):
        Outcome(Status.OK, 0, bytes(897)).encode()


def test_fuel_fits_64_bits() -> None:
    """No outcome has more."""
    with pytest.raises(EncodingError, match="fuel"):
        Outcome(Status.OK, 2**64, b"")


GOOD = Outcome(Status.OK, 1, b"abc").encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GOOD[:-1],
        GOOD + b"\0",
        GOOD + bytes(32),
        GOOD[:-1] + b"\1",
        b"\1" + GOOD[1:],
        encode(TYPES, (4, 0, b"")),
        encode(["uint256", "uint256", "uint256", "uint256", "uint256"], (0, 0, 128, 0, 0)),
        encode(["uint256", "uint256", "uint256", "uint256"], (0, 0, 2**255, 0)),
        encode(["uint256", "uint256", "uint256", "uint256"], (0, 2**64, 96, 0)),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    """Truncated, padded, out of range or with another layout."""
    with pytest.raises(EncodingError):
        Outcome.decode(data)
