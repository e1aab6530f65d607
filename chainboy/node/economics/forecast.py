"""What a task will probably bring and cost: integers alone, and every rounding against us.

Pure. Where the node has seen too little, what is missing is filled up with the worst that can happen to a
node that agrees, so that a young history promises nothing.
Rule: protocol, section 8, for what winners get.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median_high
from types import MappingProxyType

import attrs

from chainboy.consensus.params import Mode
from chainboy.consensus.rewards import LEADERS, leader_share, pool
from chainboy.node.budget import Pace
from chainboy.node.economics.history import Ending, History, Offer, Spent
from chainboy.node.economics.tariff import Tariff
from chainboy.node.machine import Duty
from chainboy.node.rows import Task
from chainboy.units import Fuel, Wei, Weight

LEAST = 8
"""So many of a kind tell enough; what is missing to them is taken to be as bad as it gets."""

RECENT_RUNS = 8
"""Runs of a program that its fuel and time are the mean of."""

GAS: Mapping[Duty, int] = MappingProxyType(
    {
        Duty.COMMIT: 100_000,
        Duty.REVEAL: 50_000,
        Duty.FINALIZE: 110_000,
        Duty.DELIVER: 80_000,
        Duty.CLAIM: 45_000,
    }
)
"""What each costs while we have not seen it: the figures of docs/gas.md for five nodes, rounded up."""

_GIGAFUEL = 10**9
_HOUR = 3_600_000
"""In milliseconds."""


@attrs.frozen(kw_only=True)
class Forecast:
    """One task as we expect it, in wei of the home chain's coin; ``gas`` in units of gas."""

    price: Wei
    """In the coin of the chain that asked."""
    reward: Wei
    gas: int
    gas_price: Wei
    compute: Wei

    @property
    def gas_cost(self) -> Wei:
        """What all our transactions for it cost."""
        return Wei(self.gas * self.gas_price)

    @property
    def profit(self) -> Wei:
        """What is left; below 0 a loss."""
        return Wei(self.reward - self.gas_cost - self.compute)

    def __str__(self) -> str:
        return (
            f"price {self.price} wei brings about {self.reward}, less {self.gas} gas at {self.gas_price} wei "
            f"and {self.compute} for the run is {self.profit}"
        )


def forecast(
    task: Task,
    history: History,
    tariff: Tariff,
    *,
    weight: Weight,
    total: Weight,
    gas_price: Wei,
    delivers: bool,
) -> Forecast:
    """What ``task`` comes to for a node of ``weight`` among ``total``; the chain that asked is in ``tariff``.

    ``delivers``: we bring results to the gateway even unpaid.
    """
    price = task.request.price
    return Forecast(
        price=price,
        reward=tariff.at_home(reward(price, weight, total, history.endings), task.request.chain_id),
        gas=gas(history.transactions, delivers=delivers),
        gas_price=gas_price,
        compute=compute(task, history, tariff),
    )


def reward(price: Wei, weight: Weight, total: Weight, endings: Sequence[Ending]) -> Wei:
    """The mean of what a task of ``price`` brings, by how the last ones ended, rounded down.

    A later winner is taken to share with all of ``total``, as if the first two weighed nothing: no winner of
    this weight gets less than the lesser of the two shares.
    """
    leader = leader_share(price)
    follower = pool(price, LEADERS + 1) * weight // total if total else 0
    missing = max(0, LEAST - len(endings))
    brought = leader * endings.count(Ending.LEADER) + follower * endings.count(Ending.FOLLOWER)
    return Wei((brought + min(leader, follower) * missing) // (len(endings) + missing))


def gas(transactions: Sequence[Spent], *, delivers: bool) -> int:
    """Gas for commit, reveal and claim, and our share of finalising and delivering, rounded up."""
    tasks = sum(spent.duty is Duty.REVEAL for spent in transactions)
    shared = (Duty.FINALIZE, Duty.DELIVER) if delivers else (Duty.FINALIZE,)
    each = sum(_mean_gas(transactions, duty) for duty in (Duty.COMMIT, Duty.REVEAL, Duty.CLAIM))
    return each + sum(_shared_gas(transactions, duty, tasks) for duty in shared)


def compute(task: Task, history: History, tariff: Tariff) -> Wei:
    """What a run costs at the operator's prices, rounded up: as the program's last ones, else its limit."""
    if task.params.mode is Mode.RANDOM:
        return Wei(0)
    limit = task.params.fuel_limit
    runs = [run for run in history.runs if run.program == task.request.program][-RECENT_RUNS:]
    fuel = min(limit, _mean_up([run.fuel for run in runs])) if runs else limit
    time = _mean_up([run.milliseconds for run in runs]) if runs else Pace().milliseconds(limit)
    return cost_of_run(Fuel(fuel), time, tariff)


def cost_of_run(fuel: Fuel, milliseconds: int, tariff: Tariff) -> Wei:
    """What so much costs at the operator's prices, each part rounded up."""
    by_fuel = -(-fuel * tariff.compute_price_per_gigafuel // _GIGAFUEL)
    return Wei(by_fuel - (-milliseconds * tariff.compute_price_per_hour // _HOUR))


def market_price(offers: Sequence[Offer], percent: int) -> Wei | None:
    """So many percent of the median price per 10**9 fuel, rounded up; None while too few have asked."""
    asked = [offer.price * _GIGAFUEL // offer.fuel_limit for offer in offers if offer.fuel_limit]
    return Wei(-(-median_high(asked) * percent // 100)) if len(asked) >= LEAST else None


def below_market(price: Wei, fuel_limit: Fuel, least: Wei) -> bool:
    """Whether ``price`` for so much fuel is less than ``least`` wei per 10**9 fuel."""
    return price * _GIGAFUEL < least * fuel_limit


def _mean_gas(transactions: Sequence[Spent], duty: Duty) -> int:
    seen = [spent.share for spent in transactions if spent.duty is duty]
    return _mean_up(seen) if seen else GAS[duty]


def _shared_gas(transactions: Sequence[Spent], duty: Duty, tasks: int) -> int:
    """What one of us does for all: our own part of it, by how often it was us."""
    seen = sum(spent.share for spent in transactions if spent.duty is duty)
    missing = max(0, LEAST - tasks)
    return -(-(seen + GAS[duty] * missing) // (tasks + missing))


def _mean_up(values: Sequence[int]) -> int:
    return -(-sum(values) // len(values))
