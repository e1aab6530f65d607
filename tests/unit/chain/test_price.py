"""Offers: what the chain asks for, more at each try by what pools ask for, and never above the limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.chain.price import Capped, Fees, Fixed, Price, Probe
from chainboy.errors import ConfigError

MODERN = Fees(maximum=203, priority=3, block_gas=1, base=100)
LEGACY = Fees(maximum=100, priority=None, block_gas=1)

amounts = st.integers(0, 2**96)
prices = st.one_of(
    st.builds(lambda maximum: Price(maximum=maximum), amounts),
    st.builds(lambda tip, rest: Price(maximum=tip + rest, priority=tip), amounts, amounts),
)
markets = prices.map(lambda price: Fees(maximum=price.maximum, priority=price.priority, block_gas=1))


def test_the_first_offer_is_the_chain_s() -> None:
    """By either rule; a fixed price never moves; a cap cuts both fees."""
    assert Capped().first(MODERN) == Price(maximum=203, priority=3)
    assert Capped().first(LEGACY) == Price(maximum=100)
    assert Probe().again(LEGACY, [Price(maximum=7)]) == Price(maximum=100)
    assert Fixed(Price(maximum=5)).first(MODERN) == Price(maximum=5)
    assert Capped(cap=2).first(MODERN) == Price(maximum=2, priority=2)


def test_an_eighth_more_of_both() -> None:
    """Rounded up; or what the chain asks for by now, if that is more."""
    calm = Fees(maximum=1, priority=1, block_gas=1)
    assert Capped().again(calm, [Price(maximum=200, priority=10)]) == Price(maximum=225, priority=12)
    assert Capped().again(MODERN, [Price(maximum=100, priority=1)]) == Price(maximum=203, priority=3)
    assert Capped().again(LEGACY, [Price(maximum=100)]) == Price(maximum=113)
    assert Capped(bump_bps=10_000).again(LEGACY, [Price(maximum=100)]) == Price(maximum=200)


def test_no_more_than_the_limit() -> None:
    """Up to the cap or the multiple, whichever is lower; what would not be enough more is not offered."""
    tried = [Price(maximum=100)]
    assert Capped(cap=113).again(LEGACY, tried) == Price(maximum=113)
    assert Capped(cap=112).again(LEGACY, tried) is None
    assert Capped(multiple=1).again(LEGACY, tried) is None
    spike = Fees(maximum=10**6, priority=None, block_gas=1)
    assert Capped(multiple=2).again(spike, tried) == Price(maximum=200)
    assert Capped(multiple=2).again(spike, [*tried, Price(maximum=200)]) is None
    assert Capped(base=Fixed(Price(maximum=100))).again(spike, tried) == Price(maximum=113)


def test_a_chain_that_changes_its_rule() -> None:
    """From a legacy price to EIP-1559: the pool compares both of the new fees with the old price."""
    offered = Capped().again(MODERN, [Price(maximum=200)])
    assert offered == Price(maximum=225, priority=225)


@pytest.mark.parametrize("bad", [{"bump_bps": 999}, {"multiple": 0}])
def test_rules_that_cannot_work(bad: dict[str, int]) -> None:
    """Are told at once."""
    with pytest.raises(ConfigError, match="must"):
        Capped(**bad)


@given(
    markets=st.lists(markets, min_size=1, max_size=20),
    multiple=st.integers(1, 50),
    cap=st.none() | amounts,
    bump=st.integers(1_000, 30_000),
)
def test_every_offer_is_one_that_pools_take(
    markets: list[Fees], multiple: int, cap: int | None, bump: int
) -> None:
    """Whatever the chain asks: a tenth more of both fees each time, within the limits, tip within maximum."""
    strategy, tried = Capped(bump_bps=bump, multiple=multiple, cap=cap), list[Price]()
    for market in markets:
        offered = strategy.again(market, tried) if tried else strategy.first(market)
        if offered is None:
            assert tried
            continue
        assert 0 <= offered.tip <= offered.maximum
        assert cap is None or offered.maximum <= cap
        if tried:
            assert offered.maximum * 10 >= tried[-1].maximum * 11
            assert offered.tip * 10 >= tried[-1].tip * 11
            assert offered.maximum > tried[-1].maximum
            assert offered.tip > tried[-1].tip
            assert offered.maximum <= max(1, tried[0].maximum) * multiple
        tried.append(offered)
