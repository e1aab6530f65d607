"""Which words the majority of tokens stands behind, by integers alone and without an object per vote.

Rule: protocol, section 6 "Modes". A word is what is compared: keccak-256 of the outcome in EXACT, the
value as an ``int256`` in MEDIAN, the contribution in RANDOM. Words are ordered as ``int256``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

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
    word: bytes | None = None
    agreeing: Iterable[bytes] = sums
    if params.mode is Mode.EXACT:
        agreeing = [word] if (word := max(sums, key=sums.__getitem__, default=None)) is not None else []
    elif params.mode is Mode.MEDIAN and sums:
        word = median(sums)
        agreeing = near(word, params.tolerance, sums)
    agreeing = frozenset(agreeing)
    weight = sum(sums[each] for each in agreeing)
    if 2 * weight <= total_weight:
        return Verdict(agreeing=frozenset(), agreeing_weight=Weight(0), word=None)
    return Verdict(agreeing=agreeing, agreeing_weight=Weight(weight), word=word)


def median(sums: Mapping[bytes, Weight]) -> bytes:
    """The least word whose cumulative weight x 2 reaches the weight of all that was revealed."""
    ascending = iter(sorted(sums, key=value_of))
    half = sum(sums.values())
    cumulative = 0
    word = next(ascending)
    while 2 * (cumulative := cumulative + sums[word]) < half:
        word = next(ascending)
    return word


def near(median_word: bytes, tolerance: int, words: Iterable[bytes]) -> list[bytes]:
    """The words within ``tolerance`` hundredths of a percent of the median, by integers alone."""
    middle = value_of(median_word)
    reach = tolerance * abs(middle)
    return [word for word in words if abs(value_of(word) - middle) * BASIS <= reach]
