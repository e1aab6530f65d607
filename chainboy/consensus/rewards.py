"""How the price of a task is split among its winners and the treasury.

Rule: protocol, section 8; a mirror of ``contracts/src/libraries/Rewards.sol``. Shares are rounded down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import attrs

from chainboy.errors import EncodingError
from chainboy.units import Wei, Weight

LEADERS = 2
"""How many winners have a fixed share."""

LEADER_PERCENT = 15
"""The share of each of them, in percent of the price."""

POOL_PERCENT = 50
"""What all further winners share by weight, in percent of the price."""


@attrs.frozen(kw_only=True)
class Rewards:
    """Wei for each winner in commit order, for the treasury, and what rounding leaves to nobody.

    ``sum(shares) + treasury + dust`` is the price; ``dust`` is less than the number of winners.
    """

    shares: tuple[Wei, ...]
    treasury: Wei
    dust: Wei


def leader_share(price: int) -> Wei:
    """What each of the first two winners gets."""
    return Wei(price * LEADER_PERCENT // 100)


def pool(price: int, winners_count: int) -> Wei:
    """What the winners of rank 2 and above share."""
    return Wei(price * POOL_PERCENT // 100 if winners_count > LEADERS else 0)


def treasury_share(price: int, winners_count: int) -> Wei:
    """What stays with the treasury at delivery: the shares nobody is there to take among it."""
    return Wei(price - min(winners_count, LEADERS) * leader_share(price) - pool(price, winners_count))


def share_of(price: int, rest_weight: int, winners_count: int, rank: int, weight: int) -> Wei:
    """The share of the winner at ``rank``, as the gateway's ``rewardOf``.

    Zero for ranks that nobody took, and for a weight that the record behind ``rest_weight`` cannot hold.
    """
    if rank >= winners_count:
        return Wei(0)
    if rank < LEADERS:
        return leader_share(price)
    if rest_weight == 0 or weight > rest_weight:
        return Wei(0)
    return Wei(pool(price, winners_count) * weight // rest_weight)


def split_reward(price: Wei, weights_in_commit_order: Sequence[Weight]) -> Rewards:
    """Split ``price`` (wei) among winners of these weights.

    Raises :class:`EncodingError` without winners (the price then goes back to the requester), for a negative
    price, or for a weight that is not positive.
    """
    weights = weights_in_commit_order
    count = len(weights)
    if count == 0:
        raise EncodingError("a price is split among winners, and there are none; credit it back")
    if price < 0 or min(weights) <= 0:
        raise EncodingError("a price is not negative and every winner has weight; check what was passed")
    rest = weights[LEADERS:]
    rest_weight, shared = sum(rest), pool(price, count)
    leaders = [leader_share(price)] * min(count, LEADERS)
    # A cast: to call Wei on each of a million shares would cost as much as the shares.
    shares = cast("tuple[Wei, ...]", (*leaders, *[shared * weight // rest_weight for weight in rest]))
    treasury = treasury_share(price, count)
    return Rewards(shares=shares, treasury=treasury, dust=Wei(price - treasury - sum(shares)))
