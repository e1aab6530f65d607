"""Which of a chain's endpoints can be asked now; pure.

An endpoint rests after a failure, longer after each, is left alone while it lags behind the others or sees
another block where they agree on one, and is never asked again once it has served another chain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import attrs

LAG = 3
"""Blocks that an endpoint may be behind the others."""

_SHORTEST_REST, _LONGEST_REST = 0.5, 60.0


@attrs.frozen(kw_only=True)
class Health:
    """What is known of one endpoint; times in seconds of a clock that only goes forward."""

    head: int = 0
    """The newest block it has told of."""
    failures: int = 0
    """In a row."""
    rests_until: float = 0.0
    wrong_chain: int | None = None
    """The id of the other chain that it served."""
    astray: bool = False
    """Most of the others have another block where it has one."""

    def failed(self, now: float) -> Health:
        """After one more failure."""
        rest = min(_LONGEST_REST, _SHORTEST_REST * 2**self.failures)
        return attrs.evolve(self, failures=self.failures + 1, rests_until=now + rest)

    def found(self, *, astray: bool) -> Health:
        """After it was compared with the others."""
        return attrs.evolve(self, astray=astray)

    def answered(self) -> Health:
        """After an answer."""
        return attrs.evolve(self, failures=0, rests_until=0.0)


def awake(healths: Mapping[str, Health], now: float) -> list[str]:
    """The endpoints that serve the chain and do not rest, in the order given.

    If all of them rest, all: there is nothing better to ask.
    """
    serving = [name for name, health in healths.items() if health.wrong_chain is None]
    return [name for name in serving if healths[name].rests_until <= now] or serving


def best_head(healths: Mapping[str, Health], now: float) -> int:
    """The newest block that the endpoints which are awake vouch for.

    Of three or more it is the second highest: one of them alone cannot make all others look late.
    """
    heads = sorted((healths[name].head for name in awake(healths, now)), reverse=True)
    return heads[min(1, len(heads) - 1) if len(heads) > 2 else 0] if heads else 0  # noqa: PLR2004 - three


def readable(healths: Mapping[str, Health], now: float) -> list[str]:
    """The endpoints to read from, in the order given: awake, not behind, not astray."""
    best = best_head(healths, now)
    return [
        name
        for name in awake(healths, now)
        if healths[name].head >= best - LAG and not healths[name].astray
    ]


def strays(seen: Mapping[str, bytes]) -> Sequence[str]:
    """Who has another block of one number than most; of two equal halves, who is not with the first."""
    if not seen:
        return []
    counts = Counter(seen.values())
    agreed = max(counts, key=lambda block: counts[block])
    return [name for name, block in seen.items() if block != agreed]
