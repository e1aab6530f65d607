"""What an operator asks for: the least profit of a task, and what a run costs. From the table [policy]."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs

from chainboy.tables import Table, flag, positive, wei
from chainboy.units import Wei

COIN = 10**18
"""Wei in one coin of any chain."""


@attrs.frozen(kw_only=True)
class Tariff:
    """By default nothing is asked for. Amounts in wei of the home chain's coin."""

    profit_gate: bool = False
    """Take only tasks that will probably pay."""
    min_profit: Wei = attrs.field(default=Wei(0))
    compute_price_per_gigafuel: Wei = attrs.field(default=Wei(0))
    """What 10**9 units of fuel cost us."""
    compute_price_per_hour: Wei = attrs.field(default=Wei(0))
    """What an hour of running costs us, for runtimes that do not meter."""
    min_market_percent: int = 0
    """Least price per fuel, in percent of the median of what was offered lately; 0: any."""
    exchange: Mapping[int, Wei] = attrs.field(factory=dict)
    """What one coin of each other chain is worth, by chain id."""

    @property
    def asks(self) -> bool:
        """Something is asked for, so that a history is needed."""
        return self.profit_gate or self.min_market_percent > 0

    def at_home(self, amount: Wei, chain_id: int) -> Wei:
        """An amount of another chain's coin in the home chain's, rounded down; without a rate as it is."""
        rate = self.exchange.get(chain_id)
        return amount if rate is None else Wei(amount * rate // COIN)


def configured(table: Table) -> Tariff:
    """What the table [policy] says of it; raises :class:`~chainboy.errors.ConfigError`."""
    usual = Tariff()
    return Tariff(
        profit_gate=table.take("profit_gate", flag, usual.profit_gate),
        min_profit=table.take("min_profit", wei, usual.min_profit),
        compute_price_per_gigafuel=table.take("compute_price_per_gigafuel", wei, Wei(0)),
        compute_price_per_hour=table.take("compute_price_per_hour", wei, Wei(0)),
        min_market_percent=table.take("min_market_percent", positive, usual.min_market_percent),
        exchange=table.take("exchange", _exchange, usual.exchange),
    )


def _exchange(value: Any) -> Mapping[int, Wei]:
    if not isinstance(value, dict) or not all(name.isascii() and name.isdecimal() for name in value):
        raise TypeError('give wei by chain id, as { 1 = "2000000000000000000" }')
    return MappingProxyType({int(name): wei(rate) for name, rate in value.items()})
