# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["(uint64,uint64)[] bids", "(uint64,uint64)[] asks"]
# outputs = ["uint64", "uint256", "uint256[]", "uint256[]"]
# ///
"""Clears a batch auction: one price at which most is traded, and what each order gets of it.

Orders are (limit price, size). Of prices that trade as much the lowest is taken. Better limits are served
first, and of equals the earlier; answers are the price, the volume, and the filled sizes of bids and asks.
"""

from __future__ import annotations

Order = tuple[int, int]


def main(bids: list[Order], asks: list[Order]) -> tuple[int, int, list[int], list[int]]:
    prices = sorted({price for price, _ in bids + asks})
    price = max(prices, key=lambda price: traded(price, bids, asks), default=0)
    volume = traded(price, bids, asks)
    bought = filled([(-limit, size) for limit, size in bids], -price, volume)
    return price, volume, bought, filled(asks, price, volume)


def traded(price: int, bids: list[Order], asks: list[Order]) -> int:
    """The volume at that price."""
    wanted = sum(size for limit, size in bids if limit >= price)
    offered = sum(size for limit, size in asks if limit <= price)
    return min(wanted, offered)


def filled(orders: list[Order], price: int, volume: int) -> list[int]:
    """What each order gets when those up to ``price`` are served in turn."""
    sizes = [0] * len(orders)
    for limit, at in sorted((limit, at) for at, (limit, _) in enumerate(orders)):
        if limit <= price:
            sizes[at] = min(orders[at][1], volume)
            volume -= sizes[at]
    return sizes
