# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint64 start", "uint64 end"]
# outputs = ["uint256", "uint256", "uint256"]
# [files]
# trades = "bafkreicgd273j4d63fhpngouy4onczze45ilrqtkskkimltz5p6cr2nvge"
# ///
"""Average prices of a market between two moments, from a data file of trades: by volume, and by time.

The file has a line ``second,price,volume`` for each trade, in order. Answers are the volume-weighted and
the time-weighted average price, in units of 10**-6 rounded down, and the volume. A price holds until the
next trade.
"""

from __future__ import annotations

from chainboy import files

DECIMALS = 6


def main(start: int, end: int) -> tuple[int, int, int]:
    trades = list(read(files["trades"].decode("ascii")))
    inside = [(price, volume) for second, price, volume in trades if start <= second < end]
    volume = sum(volume for _, volume in inside)
    by_volume = sum(price * volume for price, volume in inside) // volume
    return by_volume, time_weighted(trades, start, end), volume


def read(text: str) -> list[tuple[int, int, int]]:
    """Each trade's second, price in units of 10**-6, and volume."""
    rows = [line.split(",") for line in text.splitlines()[1:]]
    return [(int(second), scaled(price), int(volume)) for second, price, volume in rows]


def scaled(text: str) -> int:
    """Decimal text as an integer, without a float between."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(DECIMALS, "0"))


def time_weighted(trades: list[tuple[int, int, int]], start: int, end: int) -> int:
    """The average over the seconds that have a price."""
    total = seconds = 0
    for i, (second, price, _) in enumerate(trades):
        until = trades[i + 1][0] if i + 1 < len(trades) else end
        held = max(0, min(until, end) - max(second, start))
        total += price * held
        seconds += held
    return total // seconds
