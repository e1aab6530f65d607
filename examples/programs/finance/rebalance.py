# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256[] units", "uint256[] prices", "uint16[] weights"]
# outputs = ["int256[]", "uint256"]
# ///
"""The trades that bring a portfolio back to its target weights.

``weights`` are hundredths of a percent that sum up to 10,000. A positive trade buys that many units, a
negative one sells. Each is rounded towards zero; then the last purchases shrink until sales pay for them. The
second answer is the cash left over.
"""

from __future__ import annotations

WHOLE_BPS = 10_000


def main(units: list[int], prices: list[int], weights: list[int]) -> tuple[list[int], int]:
    if sum(weights) != WHOLE_BPS:
        raise ValueError
    worth = sum(held * price for held, price in zip(units, prices, strict=True))
    trades = []
    for held, price, weight in zip(units, prices, weights, strict=True):
        missing = worth * weight - held * price * WHOLE_BPS
        size = abs(missing) // (price * WHOLE_BPS)
        trades.append(size if missing > 0 else -size)
    return settled(trades, prices)


def settled(trades: list[int], prices: list[int]) -> tuple[list[int], int]:
    """The trades, of which the last purchases shrink until sales pay for them, and the cash that is left."""
    cash = -sum(trade * price for trade, price in zip(trades, prices, strict=True))
    for at in range(len(trades) - 1, -1, -1):
        while cash < 0 and trades[at] > 0:
            trades[at] -= 1
            cash += prices[at]
    return trades, cash
