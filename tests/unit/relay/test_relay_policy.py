"""What a relay carries: a tip must exceed the cost by its margin, to the wei."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from chainboy.relay import RelayPolicy

AMOUNTS = st.integers(0, 10**24)
MARGINS = st.integers(0, 100_000)


@given(AMOUNTS, AMOUNTS, MARGINS)
def test_one_delivery(tip: int, cost: int, margin: int) -> None:
    """Exactly when the tip is the cost and the margin on it, as fractions tell."""
    policy = RelayPolicy(margin_bps=margin)
    assert policy.pays(tip, cost) is (tip >= cost * (1 + Fraction(margin, 10_000)))


@given(AMOUNTS, MARGINS)
def test_the_least_tip(cost: int, margin: int) -> None:
    """It pays, and one wei less does not."""
    policy = RelayPolicy(margin_bps=margin)
    least = -(-cost * (10_000 + margin) // 10_000)
    assert policy.pays(least, cost)
    assert least == 0 or not policy.pays(least - 1, cost)


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), max_size=8), AMOUNTS, MARGINS)
def test_deliveries_that_share_a_checkpoint(pairs: list[tuple[int, int]], shared: int, margin: int) -> None:
    """What they leave together must be something, and worth it; those that cost more do not count."""
    policy = RelayPolicy(margin_bps=margin)
    left = sum(max(0, tip - cost) for tip, cost in pairs)
    together = policy.pays_together([tip for tip, _ in pairs], [cost for _, cost in pairs], shared)
    assert together is (left > 0 and left >= shared * (1 + Fraction(margin, 10_000)))


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=8), AMOUNTS, AMOUNTS, MARGINS)
def test_more_tasks_never_pay_less(
    pairs: list[tuple[int, int]], extra: int, shared: int, margin: int
) -> None:
    """Another waiting task, or a higher tip, never stops a checkpoint."""
    policy = RelayPolicy(margin_bps=margin)
    tips, costs = [tip for tip, _ in pairs], [cost for _, cost in pairs]
    if policy.pays_together(tips[1:], costs[1:], shared):
        assert policy.pays_together(tips, costs, shared)
    if policy.pays_together(tips, costs, shared):
        assert policy.pays_together([tips[0] + extra, *tips[1:]], costs, shared)


@given(AMOUNTS, AMOUNTS)
def test_unpaid(tip: int, cost: int) -> None:
    """Who carries for nothing carries everything."""
    policy = RelayPolicy(unpaid=True)
    assert policy.pays(tip, cost)
    assert policy.pays_together([tip], [cost], cost)
    assert policy.pays_together([], [], cost)
