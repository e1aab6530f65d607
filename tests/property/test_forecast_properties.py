"""The forecast's arithmetic against exact fractions: no more reward, no less cost, and never far off."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from statistics import median_high

from hypothesis import given
from hypothesis import strategies as st

from chainboy.consensus.rewards import split_reward
from chainboy.node.economics.forecast import (
    GAS,
    LEAST,
    below_market,
    cost_of_run,
    gas,
    market_price,
    reward,
)
from chainboy.node.economics.history import Ending, History, Offer, Ran, Spent
from chainboy.node.economics.tariff import COIN, Tariff
from chainboy.node.machine import Duty

WEI = st.integers(0, 10**24)
WEIGHT = st.integers(1, 2**96 - 1)
ENDINGS = st.lists(st.sampled_from(Ending), max_size=20)
SPENT = st.builds(
    Spent,
    st.sampled_from([Duty.COMMIT, Duty.REVEAL, Duty.FINALIZE, Duty.DELIVER, Duty.CLAIM, Duty.ALIVE]),
    st.integers(21_000, 5_000_000),
    st.integers(1, 20),
)
OFFERS = st.lists(st.builds(Offer, WEI, st.integers(0, 10**11)), max_size=30)


@given(price=WEI, weight=WEIGHT, others=st.integers(0, 2**97), endings=ENDINGS)
def test_reward_is_the_mean_of_the_shares(
    price: int, weight: int, others: int, endings: list[Ending]
) -> None:
    """At most the exact mean of 15 %, our part of 50 % and nothing; less than three wei below it."""
    total = weight + others
    leader, follower = Fraction(price * 15, 100), Fraction(price * 50, 100) * weight / total
    worth = {Ending.LEADER: leader, Ending.FOLLOWER: follower, Ending.NOTHING: Fraction(0)}
    padding = [min(leader, follower)] * (LEAST - len(endings))
    shares = [worth[ending] for ending in endings] + padding
    exact = sum(shares, Fraction(0)) / len(shares)
    assert exact - 3 < reward(price, weight, total, endings) <= exact


@given(price=WEI, weights=st.lists(WEIGHT, min_size=1, max_size=12), silent=WEIGHT)
def test_without_history_no_winner_gets_less(price: int, weights: list[int], silent: int) -> None:
    """Whatever its rank, in every round that the mirror can split; those who did not agree weigh, too."""
    total = sum(weights) + silent
    for weight, share in zip(weights, split_reward(price, weights).shares, strict=True):
        assert reward(price, weight, total, []) <= share


@given(transactions=st.lists(SPENT, max_size=40), delivers=st.booleans())
def test_gas_is_the_mean_of_what_was_used(transactions: list[Spent], delivers: bool) -> None:
    """At least the exact mean of each step, and of our part in what one does for all; hardly more."""

    def seen(duty: Duty) -> list[Fraction]:
        return [Fraction(each.gas, each.entries) for each in transactions if each.duty is duty]

    exact = Fraction(0)
    for duty in (Duty.COMMIT, Duty.REVEAL, Duty.CLAIM):
        each = seen(duty) or [Fraction(GAS[duty])]
        exact += sum(each) / len(each)
    tasks = len(seen(Duty.REVEAL))
    for duty in (Duty.FINALIZE, Duty.DELIVER)[: 1 + delivers]:
        padded = [Fraction(GAS[duty])] * max(0, LEAST - tasks)
        exact += (sum(padded) + sum(seen(duty))) / (tasks + len(padded))
    # A batch's part is rounded up, each by less than one; so is each mean.
    slack = 5 + len(transactions)
    assert exact <= gas(transactions, delivers=delivers) < exact + slack


@given(fuel=st.integers(0, 10**11), time=st.integers(0, 10**9), by_fuel=WEI, by_hour=WEI)
def test_a_run_costs_at_least_its_exact_price(fuel: int, time: int, by_fuel: int, by_hour: int) -> None:
    """Fuel and time at the operator's prices, less than two wei above the exact sum."""
    tariff = Tariff(compute_price_per_gigafuel=by_fuel, compute_price_per_hour=by_hour)
    exact = Fraction(fuel * by_fuel, 10**9) + Fraction(time * by_hour, 3_600_000)
    assert exact <= cost_of_run(fuel, time, tariff) < exact + 2


@given(amount=WEI, rate=WEI)
def test_another_coin_is_worth_no_more_than_its_rate(amount: int, rate: int) -> None:
    """Rounded down; the home chain's own coin is what it is."""
    tariff = Tariff(exchange={5: rate})
    assert tariff.at_home(amount, 5) == floor(Fraction(amount * rate, COIN))
    assert tariff.at_home(amount, 6) == amount


@given(offers=OFFERS, percent=st.integers(1, 300), price=WEI, limit=st.integers(1, 10**11))
def test_market_is_the_median_of_what_was_offered(
    offers: list[Offer], percent: int, price: int, limit: int
) -> None:
    """Of all that named fuel; nothing is asked before eight have."""
    rates = [floor(Fraction(offer.price * 10**9, offer.fuel_limit)) for offer in offers if offer.fuel_limit]
    least = market_price(offers, percent)
    if len(rates) < LEAST:
        assert least is None
        return
    assert least == ceil(Fraction(median_high(rates) * percent, 100))
    assert below_market(price, limit, least) == (Fraction(price * 10**9, limit) < least)


@given(
    endings=st.lists(st.sampled_from(Ending), max_size=100),
    transactions=st.lists(SPENT, max_size=150),
    runs=st.lists(st.builds(Ran, st.binary(max_size=32), st.integers(0, 2**63), WEI), max_size=30),
    offers=OFFERS,
)
def test_history_survives_and_is_bounded(
    endings: list[Ending], transactions: list[Spent], runs: list[Ran], offers: list[Offer]
) -> None:
    """What is read back is what was written: the last of each kind."""
    history = History()
    for ending in endings:
        history = history.ended(ending)
    for spent in transactions:
        history = history.spent(spent)
    for run in runs:
        history = history.ran(run)
    for offer in offers:
        history = history.offered(offer)
    assert History.from_json(history.to_json()) == history
    assert history.endings == tuple(endings[-64:])
    assert history.transactions == tuple(transactions[-128:])
    assert (history.runs, history.offers) == (tuple(runs), tuple(offers))
