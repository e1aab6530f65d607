"""Single values of an endpoint's answers: right, or garbage with a name."""

from __future__ import annotations

from typing import Any

import pytest

from chainboy.chain import decode
from chainboy.errors import ChainError

GARBAGE: list[tuple[Any, Any]] = [
    (decode.quantity, "0xzz"),
    (decode.quantity, None),
    (decode.quantity, True),
    (decode.quantity, -1),
    (decode.quantity, "-0x1"),
    (decode.data, "0x123"),
    (decode.data, "1234"),
    (decode.data, 5),
    (decode.digest, "0x1234"),
    (decode.address, "0x1234"),
    (decode.block_ref, None),
    (decode.block_ref, {}),
    (lambda value: decode.log_events(value, 1), "0x"),
    (lambda value: decode.log_events(value, 1), [{"topics": "0x"}]),
    (lambda value: decode.receipt(value, 1), []),
]


@pytest.mark.parametrize(("read", "value"), GARBAGE)
def test_garbage_is_refused(read: Any, value: Any) -> None:
    """One ChainError that says to use another endpoint."""
    with pytest.raises(ChainError, match="use another endpoint"):
        read(value)


def test_values() -> None:
    """Text of JSON, and what in-process backends give."""
    assert (decode.quantity("0x10"), decode.quantity(16)) == (16, 16)
    assert (decode.data("0x"), decode.data(b"\x01")) == (b"", b"\x01")
    assert decode.address("0x" + "ab" * 20) == "0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB"


def test_long_garbage_is_cut() -> None:
    """An error message stays short whatever the endpoint sent."""
    with pytest.raises(ChainError) as caught:
        decode.quantity("x" * 10**6)
    assert len(str(caught.value)) < 200


def entry(**changes: Any) -> dict[str, Any]:
    """A log as an endpoint lists it."""
    right: dict[str, Any] = {
        "address": "0x" + "ab" * 20,
        "topics": ["0x" + "01" * 32],
        "data": "0x05",
        "blockNumber": "0x10",
        "blockHash": "0x" + "02" * 32,
        "transactionHash": "0x" + "03" * 32,
        "logIndex": "0x10",
    }
    return right | changes


def test_what_logs_share_stays_in_its_own_field() -> None:
    """The same text twice in an answer has the same meaning, and another one another."""
    first, second = decode.log_events([entry(), entry(logIndex="0x11", topics=["0x" + "03" * 32])], 7)
    assert (first.block_number, first.log_index) == (16, 16)
    assert (second.block_number, second.log_index) == (16, 17)
    assert first.topics == (bytes([1]) * 32,)
    assert second.topics == (second.tx_hash,) == (bytes([3]) * 32,)
    assert first.chain_id == second.chain_id == 7


@pytest.mark.parametrize("wrong", [True, 1.0])
def test_what_only_equals_a_number_is_refused(wrong: object) -> None:
    """In Python ``True == 1 == 1.0``; that a log before it has the number is no excuse."""
    assert decode.log_events([entry(logIndex=1)], 1)[0].log_index == 1
    with pytest.raises(ChainError, match="use another endpoint"):
        decode.log_events([entry(logIndex=1), entry(logIndex=wrong)], 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "0x" + "02" * 32},
        {"blockHash": "0x" + "ab" * 20},
        {"blockNumber": "0x"},
        {"logIndex": ["0x10"]},
        {"topics": [{}]},
        {"data": None},
    ],
)
def test_garbage_after_a_right_log_is_refused(wrong: dict[str, Any]) -> None:
    """What one field knows is no excuse for another, and what nothing can be known by is refused, too."""
    with pytest.raises(ChainError, match="use another endpoint"):
        decode.log_events([entry(), entry(**wrong)], 1)
