"""Rewards to the wei, on worked examples."""

from __future__ import annotations

import pytest

from chainboy.consensus.rewards import pool, share_of, split_reward, treasury_share
from chainboy.errors import EncodingError


@pytest.mark.parametrize(
    ("price", "weights", "shares", "treasury", "dust"),
    [
        (100, [9], (15,), 85, 0),
        (100, [1, 9], (15, 15), 70, 0),
        (100, [1, 9, 4], (15, 15, 50), 20, 0),
        (100, [1, 9, 1, 1, 1], (15, 15, 16, 16, 16), 20, 2),
        (1001, [5, 6, 7, 8], (150, 150, 233, 266), 201, 1),
        (6, [1, 1, 1], (0, 0, 3), 3, 0),
        (0, [1, 1, 1], (0, 0, 0), 0, 0),
        (1, [1], (0,), 1, 0),
        (10**4 + 3, [1, 1, 1, 2], (1500, 1500, 1667, 3334), 2002, 0),
    ],
)
def test_split(price: int, weights: list[int], shares: tuple[int, ...], treasury: int, dust: int) -> None:
    """15 % for each of the first two, 50 % by weight for the rest, the remainder to the treasury."""
    split = split_reward(price, weights)
    assert (split.shares, split.treasury, split.dust) == (shares, treasury, dust)


@pytest.mark.parametrize(("price", "weights"), [(5, []), (-1, [1]), (5, [1, 0, 1]), (5, [1, -1])])
def test_what_cannot_be_split(price: int, weights: list[int]) -> None:
    """Nobody to pay, a negative price, or a winner without weight."""
    with pytest.raises(EncodingError):
        split_reward(price, weights)


@pytest.mark.parametrize(
    ("rest", "count", "rank", "weight", "share"),
    [
        (10, 3, 0, 99, 150),
        (10, 3, 1, 99, 150),
        (0, 2, 1, 1, 150),
        (10, 1, 1, 1, 0),
        (10, 3, 3, 1, 0),
        (10, 4, 2, 3, 150),
        (10, 4, 3, 10, 500),
        (10, 4, 3, 11, 0),
        (0, 4, 3, 0, 0),
        (10, 0, 0, 1, 0),
    ],
)
def test_one_share(rest: int, count: int, rank: int, weight: int, share: int) -> None:
    """Of a price of 1,000; nothing for who is not there or weighs more than the record can hold."""
    assert share_of(1_000, rest, count, rank, weight) == share


@pytest.mark.parametrize(("count", "share"), [(0, 1000), (1, 850), (2, 700), (3, 200), (256, 200)])
def test_treasury_takes_what_nobody_is_there_for(count: int, share: int) -> None:
    """Of a price of 1,000."""
    assert treasury_share(1_000, count) == share
    assert pool(1_000, count) == (500 if count > 2 else 0)
