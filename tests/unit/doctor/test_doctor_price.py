"""What a program costs, by hand and against the measured figures."""

from __future__ import annotations

import json
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.consensus.params import Mode, Params
from chainboy.contracts.profile import Profile
from chainboy.doctor import Rates
from chainboy.doctor.price import MOST_FUEL, REQUEST_GAS, cost, whole_gas
from chainboy.errors import InputError
from chainboy.node.policy import Policy
from chainboy.units import Fuel, Timestamp, Wei

GAS = Path(__file__).resolve().parents[3] / "contracts" / "snapshots" / "gas.json"
WEI = st.integers(0, 10**30)


def test_gas_is_what_was_measured() -> None:
    """The figures that are kept beside the contracts."""
    measured = {row["step"]: row["gas"] for row in json.loads(GAS.read_text())["rows"]}
    assert measured["request, 32-byte input"] == REQUEST_GAS
    assert measured["whole task, 5 nodes, asked by an account"] == whole_gas(5)
    assert measured["whole task, 10 nodes, asked by an account"] == whole_gas(10)
    assert whole_gas(1) < whole_gas(2) < whole_gas(31)


def test_the_largest_limit_is_the_networks() -> None:
    """That of both profiles."""
    for profile in (Profile.production, Profile.local):
        assert profile(genesis_time=Timestamp(0)).hub.bounds.max_fuel == MOST_FUEL


def test_by_hand() -> None:
    """A quarter more fuel, each part rounded up to whole wei."""
    found = cost(Fuel(1_000_000), Rates(per_megafuel=3, gas_price=2, nodes=5, min_price=7))
    assert found.fuel_limit == 1_250_001
    assert found.fuel_price == 4
    assert found.nodes_gas == 2 * (898_252 - 60_597)
    assert found.price == found.fuel_price + found.nodes_gas
    assert found.request_gas == 2 * 60_597
    assert found.total == 4 + 2 * 898_252
    assert cost(Fuel(1), Rates(min_price=7)).price == 7


@given(fuel=st.integers(0, MOST_FUEL), rate=WEI, least=WEI, gas_price=WEI, nodes=st.integers(1, 256))
def test_a_node_takes_the_price(fuel: int, rate: int, least: int, gas_price: int, nodes: int) -> None:
    """It is not below what nodes ask for at these rates, and one wei less for the fuel alone would be."""
    rates = Rates(per_megafuel=rate, min_price=least, gas_price=gas_price, nodes=nodes)
    found = cost(Fuel(fuel), rates)
    assert found.fuel_price == ceil(Fraction(rate * found.fuel_limit, 10**6))
    policy = Policy(min_price=Wei(least), min_price_per_megafuel=Wei(rate))
    params = Params(
        mode=Mode.EXACT, tolerance=0, commit_window=60, fuel_limit=found.fuel_limit, expires_at=Timestamp(9)
    )
    assert policy._price_refusal(found.price, params) is None
    below = Wei(max(found.fuel_price, least) - 1)
    assert below < 0 or policy._price_refusal(below, params)
    assert found.fuel_limit <= MOST_FUEL
    assert found.fuel_limit > min(fuel, MOST_FUEL - 1)


@pytest.mark.parametrize(
    "wrong", [{"nodes": 0}, {"per_megafuel": -1}, {"min_price": 0.5}, {"gas_price": True}], ids=str
)
def test_rates_are_whole_numbers(wrong: dict[str, object]) -> None:
    """Told by name."""
    with pytest.raises(InputError, match=next(iter(wrong))):
        Rates(**wrong)  # type: ignore[arg-type]
