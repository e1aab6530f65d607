"""From what the hub tells about an attempt to the ballots that its tally counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chainboy.consensus.params import Mode
from chainboy.consensus.tally import Ballot, word_of
from chainboy.contracts.hub_events import Committed, Revealed
from chainboy.units import Address


def cast(mode: Mode, commits: Iterable[Committed], reveals: Mapping[Address, Revealed]) -> tuple[Ballot, ...]:
    """A ballot for each commit, in their order; with its word if the node revealed."""
    return tuple(
        Ballot(
            node=commit.node,
            payout=commit.payout,
            weight=commit.weight,
            word=word_of(mode, reveals[commit.node].outcome) if commit.node in reveals else None,
        )
        for commit in commits
    )
