"""From ballots to the record, on worked examples of each mode."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from chainboy.consensus.encoding import random_outcome, signed_word
from chainboy.consensus.fields import to_address
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.record import Record
from chainboy.consensus.tally import UNREVEALED, Ballot, Tally, tally, word_of
from chainboy.errors import EncodingError
from chainboy.units import Address

TASK = b"\x77" * 32
A, B = b"\x01" * 32, b"\xf2" * 32


def _account(number: int) -> Address:
    return to_address(bytes([number]) * 20)


def _count(mode: Mode, total: int, votes: list[tuple[bytes | None, int]], tolerance: int = 0) -> Tally:
    rules = Params(mode=mode, tolerance=tolerance, commit_window=60, fuel_limit=0, expires_at=0)
    ballots = [
        Ballot(node=_account(i + 1), payout=_account(i + 101), weight=weight, word=word)
        for i, (word, weight) in enumerate(votes)
    ]
    return tally(TASK, rules, total, ballots)


def test_exact() -> None:
    """Winners are ranked densely in commit order; words ascend as signed integers."""
    counted = _count(Mode.EXACT, 20, [(A, 1), (B, 2), (None, 3), (A, 4), (A, 6)])
    record = counted.record
    assert (record.outcome_hash, record.agreeing_weight, record.total_weight) == (A, 11, 20)
    assert (record.rest_weight, record.winners_count) == (6, 3)
    assert [(winner.rank, winner.node, winner.weight) for winner in counted.winners] == [
        (0, to_address(b"\x01" * 20), 1),
        (1, to_address(b"\x04" * 20), 4),
        (2, to_address(b"\x05" * 20), 6),
    ]
    assert (counted.words, counted.weights) == ((B, A), (2, 11))
    assert counted.choices == (1, 0, UNREVEALED, 1, 1)
    assert counted.unrevealed == 0b100
    assert counted.outcome is None


def test_no_consensus() -> None:
    """Everything but task and total is zero, and nobody wins."""
    counted = _count(Mode.EXACT, 22, [(A, 11), (B, 2)])
    assert counted.record == Record.without_consensus(TASK, 22)
    assert (counted.winners, counted.outcome) == ((), None)
    assert counted.weights == (2, 11)


def test_no_consensus_when_nobody_revealed() -> None:
    """An empty tally has a record too."""
    counted = _count(Mode.RANDOM, 5, [(None, 3)])
    assert counted.record == Record.without_consensus(TASK, 5)
    assert (counted.words, counted.unrevealed) == ((), 1)


def test_median() -> None:
    """The outcome is the median's own, without fuel."""
    votes = [(signed_word(value), 2) for value in (-100, -101, -99, 5)]
    counted = _count(Mode.MEDIAN, 11, votes, tolerance=100)
    assert counted.outcome == Outcome(Status.OK, 0, encode(["int256"], (-100,)))
    assert counted.record.outcome_hash == keccak(counted.outcome.encode())
    assert [winner.weight for winner in counted.winners] == [2, 2, 2]


def test_random() -> None:
    """The outcome hashes the contributions in commit order, not in word order."""
    counted = _count(Mode.RANDOM, 5, [(A, 1), (None, 1), (B, 2)])
    assert counted.outcome == random_outcome(TASK, [A, B])
    assert counted.record.outcome_hash == keccak(counted.outcome.encode())
    assert counted.record.agreeing_weight == 3


def test_equal_contributions_share_a_word() -> None:
    """Two nodes with the same contribution both win."""
    counted = _count(Mode.RANDOM, 3, [(A, 1), (A, 1)])
    assert counted.words == (A,)
    assert counted.outcome == random_outcome(TASK, [A, A])


def _encoded(status: int, fuel: int, payload: bytes) -> bytes:
    return Outcome(Status(status), fuel, payload).encode()


@pytest.mark.parametrize("data", [b"", b"anything", bytes(1024)])
def test_exact_words_are_hashes_of_opaque_bytes(data: bytes) -> None:
    """Up to 1,024 of them."""
    assert word_of(Mode.EXACT, data) == keccak(data)


@pytest.mark.parametrize("value", [0, -1, 2**200, -(2**200)])
def test_median_words_are_values(value: int) -> None:
    """Within 2**200 of zero, whatever the fuel."""
    assert word_of(Mode.MEDIAN, _encoded(0, 99, signed_word(value))) == signed_word(value)


def test_random_words_are_contributions() -> None:
    """Any 32 bytes."""
    assert word_of(Mode.RANDOM, _encoded(0, 0, B)) == B


@pytest.mark.parametrize(
    ("mode", "data"),
    [
        (Mode.EXACT, bytes(1025)),
        (Mode.MEDIAN, b""),
        (Mode.MEDIAN, _encoded(1, 0, A)),
        (Mode.MEDIAN, _encoded(0, 0, A + A)),
        (Mode.MEDIAN, _encoded(0, 0, A[:31])),
        (Mode.MEDIAN, _encoded(0, 0, signed_word(2**200 + 1))),
        (Mode.MEDIAN, _encoded(0, 0, signed_word(-(2**200) - 1))),
        (Mode.RANDOM, _encoded(0, 1, A)),
        (Mode.RANDOM, _encoded(3, 0, A)),
        (Mode.RANDOM, _encoded(0, 0, b"")),
        (Mode.RANDOM, _encoded(0, 0, A) + bytes(32)),
    ],
)
def test_outcomes_a_mode_does_not_take(mode: Mode, data: bytes) -> None:
    """A node abstains rather than commit to one of these."""
    with pytest.raises(EncodingError):
        word_of(mode, data)


def test_a_ballots_word_has_32_bytes() -> None:
    """Anything else is refused when the ballot is made."""
    node = to_address(bytes(20))
    with pytest.raises(EncodingError, match="32 bytes"):
        Ballot(node=node, payout=node, weight=1, word=b"short")
