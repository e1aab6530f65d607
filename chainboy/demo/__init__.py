"""What ``chainboy demo`` runs: programs of every kind of ending, and the real data one of them needs."""

from __future__ import annotations

from importlib.resources import files

from chainboy.content import ContentStore
from chainboy.programs.program import Program

EURO_RATES = "euro_rates"
"""The heavy one: ``(uint256 euros, uint8 exchanges, uint16 fee_bps) -> (uint256 cents, string journey)``."""

RAISES = "raises"
"""``(uint256 dividend, uint256 divisor) -> uint256``: raises ``ZeroDivisionError`` for a divisor of 0."""

ENDLESS = "endless"
"""``(uint256 n) -> uint256``: runs out of fuel for every n but 0."""

EXCHANGE_RATE = "exchange_rate"
"""``(string currency) -> int256``: the median of what five sources say that a euro buys, times 10**8."""

PROGRAMS = (EURO_RATES, RAISES, ENDLESS, EXCHANGE_RATE)


def load(name: str) -> Program:
    """The program of :data:`PROGRAMS` called ``name``."""
    return Program((files(__name__) / "programs" / f"{name}.py").read_bytes())


def rates() -> bytes:
    """The European Central Bank's daily euro rates since 1999, as CSV text."""
    return (files(__name__) / "data" / "ecb_rates.csv").read_bytes()


def publish(store: ContentStore) -> None:
    """Put the programs and their data where nodes find them."""
    for name in PROGRAMS:
        store.put(load(name).source)
    store.put(rates())
