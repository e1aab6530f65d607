"""Several sources' numbers made one, as a program declares it; integers only, halves cut toward zero."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from chainboy.errors import SourceUnavailable
from chainboy.programs.metadata import By, Combination

_ENDS = 2


def combined(rule: Combination, values: Mapping[str, int]) -> int:
    """The number that ``rule`` makes of its members that have a value.

    Raises :class:`~chainboy.errors.SourceUnavailable` when fewer than ``rule.least`` have one.
    """
    good = [values[name] for name in rule.of if name in values]
    if len(good) < rule.least:
        raise SourceUnavailable(f"{len(good)} of {len(rule.of)} sources answered, {rule.least} are needed")
    return _RULES[rule.by](good)


def median(values: Sequence[int]) -> int:
    """The middle one; of an even number the mean of the two in the middle."""
    middle, odd = divmod(len(values), 2)
    ordered = sorted(values)
    return ordered[middle] if odd else _mean(ordered[middle - 1 : middle + 1])


def mean_of_middle(values: Sequence[int]) -> int:
    """The mean without the smallest and the largest; of one or two values the mean of all."""
    ordered = sorted(values)
    return _mean(ordered[1:-1] if len(ordered) > _ENDS else ordered)


def first_good(values: Sequence[int]) -> int:
    """The first in the order declared."""
    return values[0]


def _mean(values: Sequence[int]) -> int:
    total = sum(values)
    size = abs(total) // len(values)
    return size if total >= 0 else -size


_RULES: Mapping[By, Callable[[Sequence[int]], int]] = MappingProxyType(
    {By.MEDIAN: median, By.MEAN_OF_MIDDLE: mean_of_middle, By.FIRST_GOOD: first_good}
)
