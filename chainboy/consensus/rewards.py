"""How the price of a task is split among its winners and the treasury.

Rule: protocol, section 8. All shares are rounded down to whole wei.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import attrs

from chainboy.errors import EncodingError
from chainboy.units import Wei, Weight

FIRST_PERCENT = 15
"""The share of each of the first two winners, in percent of the price."""

LEADERS = 2
"""How many winners have a fixed share."""

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


def split_reward(price: Wei, weights_in_commit_order: Sequence[Weight]) -> Rewards:
    """Split ``price`` (wei) among winners of these weights, in one pass.

    Raises :class:`EncodingError` without winners (the price then goes back to the requester), for a negative
    price, or for a weight that is not positive.
    """
    weights = weights_in_commit_order
    if not weights:
        raise EncodingError("a price is split among winners, and there are none; credit it back")
    if price < 0 or min(weights) <= 0:
        raise EncodingError("a price is not negative and every winner has weight; check what was passed")
    first = price * FIRST_PERCENT // 100
    pool = price * POOL_PERCENT // 100 if len(weights) > LEADERS else 0
    rest = weights[LEADERS:]
    rest_weight = sum(rest)
    shared = [pool * weight // rest_weight for weight in rest]
    leaders = [first] * min(len(weights), LEADERS)
    return Rewards(
        shares=tuple(cast(list[Wei], leaders + shared)),
        treasury=Wei(price - sum(leaders) - pool),
        dust=Wei(pool - sum(shared)),
    )
