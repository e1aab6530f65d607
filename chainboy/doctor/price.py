"""What a task costs at given rates: whole numbers of wei, rounded up.

The gas figures are those of `docs/gas.md`; a test holds them to the measured ones.
"""

from __future__ import annotations

import attrs

from chainboy.errors import InputError
from chainboy.tasks.trial import with_margin
from chainboy.units import Fuel, Wei

REQUEST_GAS = 60_597
"""A request with one word of input."""
GAS_OF_FIVE, GAS_OF_TEN = 898_252, 1_544_366
"""A whole task asked by an account and answered by so many nodes, from request to the last reward."""
MOST_FUEL = Fuel(10**11)
"""The largest fuel limit of the networks that come with this package."""
_MEGAFUEL = 10**6
_FIVE = 5


@attrs.frozen(kw_only=True)
class Rates:
    """What nodes ask for: wei for each million of fuel, a least price in wei, and what gas costs them."""

    per_megafuel: int = 0
    min_price: int = 0
    nodes: int = _FIVE
    """How many answer."""
    gas_price: int = 0
    """Wei for one unit of gas on the home chain."""

    def __attrs_post_init__(self) -> None:
        for name in ("per_megafuel", "min_price", "gas_price"):
            _whole(name, getattr(self, name), 0)
        _whole("nodes", self.nodes, 1)


@attrs.frozen(kw_only=True)
class Cost:
    """What to ask with, and what it comes to; amounts in wei."""

    fuel_limit: Fuel
    """A quarter more than was used."""
    fuel_price: Wei
    """What nodes ask for this limit."""
    nodes_gas: Wei
    """What commits, reveals, the count, delivery and claims cost in gas, all nodes together."""
    price: Wei
    """The least price that pays for both, and is not below the least one there is."""
    request_gas: Wei
    """What the request itself costs in gas."""

    @property
    def total(self) -> Wei:
        """All that the requester pays."""
        return Wei(self.price + self.request_gas)


def cost(fuel: Fuel, rates: Rates) -> Cost:
    """The cost of a program that used ``fuel``."""
    limit = with_margin(fuel, MOST_FUEL)
    fuel_price = -(-rates.per_megafuel * limit // _MEGAFUEL)
    nodes_gas = (whole_gas(rates.nodes) - REQUEST_GAS) * rates.gas_price
    return Cost(
        fuel_limit=limit,
        fuel_price=Wei(fuel_price),
        nodes_gas=Wei(nodes_gas),
        price=Wei(max(rates.min_price, fuel_price + nodes_gas)),
        request_gas=Wei(REQUEST_GAS * rates.gas_price),
    )


def whole_gas(nodes: int) -> int:
    """Gas of a whole task that so many nodes answer, on the line through the two that are measured."""
    return GAS_OF_FIVE - (GAS_OF_TEN - GAS_OF_FIVE) * (_FIVE - nodes) // _FIVE


def _whole(name: str, value: object, least: int) -> None:
    if type(value) is not int or value < least:
        raise InputError(f"{name} is {value!r}; give a whole number of at least {least}")
