"""Several numbers made one: against exact fractions, and what a liar among the sources can do."""

from __future__ import annotations

import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import SourceUnavailable
from chainboy.programs import By, Combination
from chainboy.sources.combine import combined, first_good, mean_of_middle, median

_numbers = st.lists(st.integers(-(2**255), 2**255 - 1), min_size=1, max_size=5)
_small = st.lists(st.integers(-9, 9), min_size=1, max_size=5)


@given(st.one_of(_numbers, _small))
def test_median_is_the_statisticians(values: list[int]) -> None:
    """The standard library's, over exact fractions, cut toward zero."""
    assert median(values) == int(statistics.median(map(Fraction, values)))


@given(st.one_of(_numbers, _small))
def test_mean_of_middle(values: list[int]) -> None:
    """Without one smallest and one largest, as long as that leaves one."""
    left = list(values)
    if len(left) > 2:
        left.remove(min(left))
        left.remove(max(left))
    assert mean_of_middle(values) == int(Fraction(sum(left), len(left)))


@pytest.mark.parametrize("rule", [median, mean_of_middle])
@given(st.lists(st.integers(-1_000, 1_000), min_size=2, max_size=4), st.integers(-(2**255), 2**255 - 1))
def test_one_liar_stays_among_the_honest(rule: object, honest: list[int], lie: int) -> None:
    """With two honest ones or more, whatever one more source says, the result is not outside of theirs."""
    assert callable(rule)
    assert min(honest) <= rule([*honest, lie]) <= max(honest)


def test_halves_are_cut_toward_zero() -> None:
    """Both signs alike."""
    assert (median([1, 2]), median([-1, -2])) == (1, -1)
    assert (mean_of_middle([0, 1]), mean_of_middle([0, -1])) == (0, 0)
    assert mean_of_middle([5, 1, 2, 2, 90]) == 3


def test_first_good_is_the_first() -> None:
    """In the order declared."""
    assert first_good([3, 1, 2]) == 3


@pytest.mark.parametrize(("by", "value"), [(By.MEDIAN, 5), (By.MEAN_OF_MIDDLE, 5), (By.FIRST_GOOD, 7)])
def test_who_did_not_answer_is_left_out(by: By, value: int) -> None:
    """The rest decides, in the order declared."""
    rule = Combination(("a", "b", "c", "d"), by, 3)
    assert combined(rule, {"d": 4, "a": 7, "c": 5, "other": 99}) == value


def test_too_few() -> None:
    """Fewer than declared is no number."""
    rule = Combination(("a", "b", "c"), By.MEDIAN, 2)
    with pytest.raises(SourceUnavailable, match="1 of 3 sources answered, 2 are needed"):
        combined(rule, {"c": 1, "other": 99})
