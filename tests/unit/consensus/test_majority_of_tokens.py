"""The majority on worked examples: ties, edges of the tolerance, negative and zero medians."""

from __future__ import annotations

from itertools import accumulate

import pytest

from chainboy.consensus.encoding import signed_word
from chainboy.consensus.majority import ascending, decide, median, near, value_of, weigh
from chainboy.consensus.params import Mode, Params

A, B, C = (bytes([n]) * 32 for n in (1, 2, 3))


def _rules(mode: Mode, tolerance: int = 0) -> Params:
    return Params(mode=mode, tolerance=tolerance, commit_window=60, fuel_limit=0, expires_at=0)


def _median_of(values: dict[int, int]) -> int:
    sums = {signed_word(value): weight for value, weight in values.items()}
    words = ascending(sums)
    return value_of(median(words, list(accumulate(map(sums.__getitem__, words)))))


def test_weigh_passes_over_the_unrevealed() -> None:
    """Weights add up by word."""
    assert weigh([A, None, B, A], [1, 50, 2, 4]) == {A: 5, B: 2}
    assert weigh([], []) == {}


@pytest.mark.parametrize(("weight", "total", "agrees"), [(51, 100, True), (50, 100, False), (51, 101, True)])
def test_exact_needs_more_than_half_of_all_tokens(weight: int, total: int, agrees: bool) -> None:
    """Half is not enough."""
    verdict = decide(_rules(Mode.EXACT), total, {A: weight, B: 1})
    expected = (frozenset({A}), weight) if agrees else (frozenset(), 0)
    assert (verdict.agreeing, verdict.agreeing_weight) == expected
    assert verdict.word == (A if agrees else None)


@pytest.mark.parametrize("mode", list(Mode))
def test_nobody_revealed(mode: Mode) -> None:
    """No words, no consensus, even in a total of zero."""
    assert decide(_rules(mode), 0, {}).agreeing == frozenset()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({5: 1}, 5),
        ({1: 1, 2: 1}, 1),
        ({1: 1, 2: 1, 3: 1}, 2),
        ({1: 1, 2: 2}, 2),
        ({-3: 1, -2: 1, -1: 1}, -2),
        ({-1: 1, 0: 1, 1: 2}, 0),
        ({-(2**200): 1, 2**200: 1}, -(2**200)),
    ],
)
def test_median_is_the_least_at_half(values: dict[int, int], expected: int) -> None:
    """Cumulative weight x 2 reaches the revealed weight, values ascending as signed integers."""
    assert _median_of(values) == expected


@pytest.mark.parametrize(
    ("middle", "tolerance", "value", "agrees"),
    [
        (10_000, 100, 10_100, True),
        (10_000, 100, 10_101, False),
        (10_000, 100, 9_900, True),
        (10_000, 100, 9_899, False),
        (-10_000, 100, -10_100, True),
        (-10_000, 100, -9_899, False),
        (0, 10_000, 0, True),
        (0, 10_000, 1, False),
        (7, 0, 7, True),
        (7, 0, 8, False),
        (1, 10_000, 2, True),
        (1, 10_000, 0, True),
        (1, 10_000, -1, False),
    ],
)
def test_tolerance_is_of_the_median(middle: int, tolerance: int, value: int, agrees: bool) -> None:
    """In hundredths of a percent, edges included; around zero nothing but zero agrees."""
    word = signed_word(value)
    assert [word][near(signed_word(middle), tolerance, [word])] == ([word] if agrees else [])


def test_median_takes_the_neighbours() -> None:
    """All within the tolerance agree, and their weight is what counts."""
    sums = {signed_word(value): weight for value, weight in {99: 3, 100: 3, 101: 3, 150: 3}.items()}
    verdict = decide(_rules(Mode.MEDIAN, 100), 17, sums)
    assert {value_of(word) for word in verdict.agreeing} == {99, 100, 101}
    assert (verdict.agreeing_weight, verdict.word) == (9, signed_word(100))
    assert decide(_rules(Mode.MEDIAN, 100), 18, sums).agreeing == frozenset()


def test_random_takes_all_revealers() -> None:
    """Whatever they contributed, if they are the majority."""
    verdict = decide(_rules(Mode.RANDOM), 5, {A: 1, B: 1, C: 1})
    assert (verdict.agreeing, verdict.agreeing_weight, verdict.word) == (frozenset({A, B, C}), 3, None)
    assert decide(_rules(Mode.RANDOM), 6, {A: 1, B: 1, C: 1}).agreeing == frozenset()
