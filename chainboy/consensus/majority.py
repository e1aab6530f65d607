"""Which words the majority of tokens stands behind, by integers alone and without an object per vote.

Rule: protocol, section 6 "Modes". A word is what is compared: keccak-256 of the outcome in EXACT, the
value as an ``int256`` in MEDIAN, the contribution in RANDOM. Words are ordered as ``int256``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

import attrs

from chainboy.consensus.params import Mode, Params
from chainboy.units import Weight

BASIS = 10_000
"""A tolerance of this many hundredths of a percent is the median itself."""


@attrs.frozen(kw_only=True)
class Verdict:
    """The words that agree, their weight, and the single word that stands for them; no words: no consensus.

    The single word is the majority's in EXACT and the median in MEDIAN; RANDOM has none.
    """

    agreeing: frozenset[bytes]
    agreeing_weight: Weight
    word: bytes | None


def value_of(word: bytes) -> int:
    """The ``int256`` in a word."""
    return int.from_bytes(word, "big", signed=True)


def ascending(words: Iterable[bytes]) -> list[bytes]:
    """The words by their values, least first."""
    # Bytes compare faster than integers made of them; only the negative values then come last.
    ordered = sorted(words)
    negative = bisect_left(ordered, b"\x80")
    return ordered[negative:] + ordered[:negative]


def weigh(words: Iterable[bytes | None], weights: Iterable[Weight]) -> dict[bytes, Weight]:
    """The weight behind each revealed word, in one pass; ``None`` is an unrevealed ballot."""
    sums: defaultdict[bytes | None, int] = defaultdict(int)
    for word, weight in zip(words, weights, strict=True):
        sums[word] += weight
    sums.pop(None, None)
    return sums  # type: ignore[return-value]


def decide(params: Params, total_weight: Weight, sums: Mapping[bytes, Weight]) -> Verdict:
    """Which words agree, from the weight behind each.

    Consensus iff 2 x agreeing weight > ``total_weight``, that is all active weight of the round's epoch.
    """
    word, agreeing, weight = _most(params, sums)
    if 2 * weight <= total_weight:
        return Verdict(agreeing=frozenset(), agreeing_weight=Weight(0), word=None)
    return Verdict(agreeing=frozenset(agreeing), agreeing_weight=Weight(weight), word=word)


def _most(params: Params, sums: Mapping[bytes, Weight]) -> tuple[bytes | None, Iterable[bytes], int]:
    """The word that stands for those that agree, those that agree, and their weight."""
    if not sums or params.mode is Mode.RANDOM:
        return None, sums, sum(sums.values())
    if params.mode is Mode.EXACT:
        word = max(sums, key=sums.__getitem__)
        return word, [word], sums[word]
    words = ascending(sums)
    cumulative = list(accumulate(map(sums.__getitem__, words)))
    word = median(words, cumulative)
    agreeing = near(word, params.tolerance, words)
    below = cumulative[agreeing.start - 1] if agreeing.start else 0
    return word, words[agreeing], cumulative[agreeing.stop - 1] - below


def median(words: Sequence[bytes], cumulative: Sequence[int]) -> bytes:
    """The first of ascending ``words`` whose ``cumulative`` weight x 2 reaches the weight of all."""
    return words[bisect_left(cumulative, (cumulative[-1] + 1) // 2)]


def near(median_word: bytes, tolerance: int, words: Sequence[bytes]) -> slice:
    """Which of ascending ``words`` lie within ``tolerance`` hundredths of a percent of the median."""
    middle = value_of(median_word)
    reach = tolerance * abs(middle) // BASIS
    first = bisect_left(words, middle - reach, key=value_of)
    return slice(first, bisect_right(words, middle + reach, key=value_of))
