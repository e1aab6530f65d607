"""What a node remembers of its last tasks to forecast the next ones: how they ended, and what they cost.

Pure. Bounded, so that it is the last weeks that count, and that the journal keeps it as one line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import Enum
from typing import Any, Self, TypeVar

import attrs

from chainboy.node.machine import Duty
from chainboy.units import Fuel, Wei

T = TypeVar("T")

ENDINGS, TRANSACTIONS, RUNS, OFFERS = 64, 128, 256, 64
"""How many of each kind are remembered; the oldest goes first."""


class Ending(Enum):
    """What a task that we took came to."""

    LEADER = "leader"
    """We were first or second among the winners."""
    FOLLOWER = "follower"
    """We were a later winner and shared by weight."""
    NOTHING = "nothing"
    """Too late, outvoted, no consensus, or never delivered."""


@attrs.frozen
class Spent:
    """What a final transaction of ours took: gas, for so many ``entries`` of one batch."""

    duty: Duty
    gas: int
    entries: int = 1

    @property
    def share(self) -> int:
        """The gas of one entry, rounded up."""
        return -(-self.gas // self.entries)


@attrs.frozen
class Ran:
    """One run of a program here; ``milliseconds`` rounded up."""

    program: bytes
    fuel: Fuel
    milliseconds: int


@attrs.frozen
class Offer:
    """What a request offered, and for how much fuel at most."""

    price: Wei
    fuel_limit: Fuel


@attrs.frozen(kw_only=True)
class History:
    """The last of each kind, oldest first."""

    endings: tuple[Ending, ...] = ()
    transactions: tuple[Spent, ...] = ()
    runs: tuple[Ran, ...] = ()
    offers: tuple[Offer, ...] = ()

    def ended(self, ending: Ending) -> Self:
        """A task that we took is over."""
        return attrs.evolve(self, endings=_last(self.endings, ending, ENDINGS))

    def spent(self, spent: Spent) -> Self:
        """A transaction of ours is final."""
        return attrs.evolve(self, transactions=_last(self.transactions, spent, TRANSACTIONS))

    def ran(self, run: Ran) -> Self:
        """A program ran here."""
        return attrs.evolve(self, runs=_last(self.runs, run, RUNS))

    def offered(self, offer: Offer) -> Self:
        """Somebody asked."""
        return attrs.evolve(self, offers=_last(self.offers, offer, OFFERS))

    def to_json(self) -> str:
        """As one line."""
        return json.dumps(
            {
                "endings": [ending.value for ending in self.endings],
                "transactions": [(each.duty.value, each.gas, each.entries) for each in self.transactions],
                "runs": [(run.program.hex(), run.fuel, run.milliseconds) for run in self.runs],
                "offers": [(offer.price, offer.fuel_limit) for offer in self.offers],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What :meth:`to_json` wrote."""
        kept: dict[str, list[Any]] = json.loads(text)
        return cls(
            endings=tuple(map(Ending, kept["endings"])),
            transactions=tuple(Spent(Duty(duty), *rest) for duty, *rest in kept["transactions"]),
            runs=tuple(Ran(bytes.fromhex(program), *rest) for program, *rest in kept["runs"]),
            offers=tuple(Offer(*offer) for offer in kept["offers"]),
        )


def _last(kept: Sequence[T], new: T, most: int) -> tuple[T, ...]:
    return (*kept, new)[-most:]
