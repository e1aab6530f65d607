# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 euros", "uint8 exchanges", "uint16 fee_bps"]
# outputs = ["uint256", "string"]
# [files]
# rates = "bafkreicqxskbjncpfzeboqsorcplhmnjeudaipfbl2v3hh5z7cu6qtcsbq"
# ///
"""The best that could have been made of some euros since 1999, knowing every day's rates beforehand.

Once a day the whole fortune may be exchanged for another currency, at that day's reference rate of the
European Central Bank and for a fee, ``exchanges`` times in all. Returns the value on the last day in
euro cents, and the currencies held one after the other. Amounts are millionths, rounded down.
"""

from __future__ import annotations

from chainboy import files

MICRO = 10**6
DECIMALS = 5
ONE = 10**DECIMALS
WHOLE_BPS = 10_000

Way = tuple["Way", int] | None
"""How a holding came to be: the way before, and the currency exchanged for; None at the start."""


def main(euros: int, exchanges: int, fee_bps: int) -> tuple[int, str]:
    """The final value in cents, and the journey."""
    currencies, table = read_rates(files["rates"].decode("ascii"))
    value, way = best(euros * MICRO, exchanges, fee_bps, table)
    journey = []
    while way is not None:
        way, currency = way
        journey.append(currencies[currency])
    return value * 100 // MICRO, " ".join(reversed(journey))


def read_rates(text: str) -> tuple[list[str], list[list[int]]]:
    """The currencies, and for each day what one euro buys of each, in units of 10**-5."""
    header, *rows = text.splitlines()
    table = [[ONE, *map(scaled, row.split(",")[1:])] for row in rows]
    return ["EUR", *header.split(",")[1:]], table


def scaled(text: str) -> int:
    """Decimal text as an integer of 10**-5, without a float between."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(DECIMALS, "0"))


def best(start: int, exchanges: int, fee_bps: int, table: list[list[int]]) -> tuple[int, Way]:
    """The largest final value in micro-euros, and the way to it.

    ``held[k][c]`` is the most of currency c that k exchanges can have brought by today. More is never
    worse, so only the most is kept; of equals the one found first.
    """
    held: list[list[tuple[int, Way]]] = [[(0, None)] * len(table[0]) for _ in range(exchanges + 1)]
    held[0][0] = (start, None)
    for rates in table:
        for k in range(exchanges, 0, -1):  # downwards: one exchange a day
            fortune, way = in_euros(held[k - 1], rates)
            fortune = fortune * (WHOLE_BPS - fee_bps) // WHOLE_BPS
            row = held[k]
            for currency, rate in enumerate(rates):
                amount = fortune * rate // ONE
                if amount > row[currency][0]:
                    row[currency] = (amount, (way, currency))
    return max((in_euros(row, table[-1]) for row in held), key=lambda found: found[0])


def in_euros(row: list[tuple[int, Way]], rates: list[int]) -> tuple[int, Way]:
    """What of ``row`` is worth most today, in micro-euros, and the way to it."""
    fortune, way = 0, None
    for (amount, path), rate in zip(row, rates, strict=True):
        value = amount * ONE // rate
        if value > fortune:
            fortune, way = value, path
    return fortune, way
