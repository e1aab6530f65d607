"""One attempt at a task, and when its phases end.

Rule: protocol, section 6; a mirror of ``contracts/src/libraries/Rounds.sol``. Windows are half-open: a
phase ends in the first block that is late enough, in seconds and in block numbers both.
"""

from __future__ import annotations

from enum import IntEnum

import attrs

from chainboy.consensus.params import Mode
from chainboy.consensus.profiles import HubProfile
from chainboy.units import Address, Digest, Epoch, Timestamp, Weight


@attrs.frozen
class Moment:
    """The block a call happens in: its number, and its time in seconds."""

    number: int
    timestamp: Timestamp


class BallotState(IntEnum):
    """Where a node's ballot stands in one attempt."""

    NONE = 0
    COMMITTED = 1
    REVEALED = 2
    SLASHED = 3


@attrs.define(kw_only=True)
class Ballot:
    """A committed node; ``word`` once revealed. Weight and payout are those of the round's epoch."""

    position: int
    payout: Address
    weight: Weight
    commitment: Digest
    state: BallotState = BallotState.COMMITTED
    word: bytes | None = None


@attrs.define(kw_only=True)
class Round:
    """A task's current attempt; fields as the hub's ``roundOf``.

    ``commit_ends_at_block`` 0: no quorum yet. ``missing_weight`` is before the quorum what is missing until
    it, after it what is missing until every active token has committed.
    """

    profile: HubProfile
    attempt: int = 0
    epoch: Epoch = Epoch(0)  # noqa: RUF009 - a number
    mode: Mode = Mode.EXACT
    opened_at: Timestamp = Timestamp(0)  # noqa: RUF009 - a number
    commit_ends_at: Timestamp = Timestamp(0)  # noqa: RUF009 - a number
    commit_ends_at_block: int = 0
    missing_weight: Weight = Weight(0)  # noqa: RUF009 - a number
    ballots: dict[Address, Ballot] = attrs.field(factory=dict)

    @property
    def committed(self) -> int:
        """How many nodes committed."""
        return len(self.ballots)

    @property
    def revealed(self) -> int:
        """How many of them revealed."""
        return sum(ballot.state is BallotState.REVEALED for ballot in self.ballots.values())

    @property
    def has_quorum(self) -> bool:
        """Whether committed weight exceeds half of the round's total, so that the clock runs."""
        return self.commit_ends_at_block != 0

    def is_void(self, at: Moment) -> bool:
        """The next commit opens the next attempt: there is none yet, or this one found no quorum in time."""
        if self.has_quorum:
            return False
        return self.attempt == 0 or at.timestamp >= self.opened_at + self.profile.attempt_life

    def is_commit_phase_over(self, at: Moment) -> bool:
        """No more commits, reveals may start: the window is over, or nobody is missing."""
        if not self.has_quorum:
            return False
        late = at.timestamp >= self.commit_ends_at
        long = at.number >= self.commit_ends_at_block
        return self.missing_weight == 0 or (late and long)

    def is_over(self, at: Moment) -> bool:
        """No more reveals: both windows are over."""
        late = at.timestamp >= self.commit_ends_at + self.profile.reveal_window
        long = at.number >= self.commit_ends_at_block + self.profile.phase_blocks
        return self.has_quorum and late and long

    def take(self, node: Address, ballot: Ballot, total: Weight, window: int, at: Moment) -> None:
        """Count a commit towards the quorum, which starts the clock.

        ``total`` is all active weight of the round's epoch, ``window`` the commit window in seconds.
        """
        self.ballots[node] = ballot
        if self.has_quorum or ballot.weight < self.missing_weight:
            self.missing_weight = Weight(self.missing_weight - ballot.weight)
            return
        self.missing_weight = Weight(total - sum(each.weight for each in self.ballots.values()))
        self.opened_at = Timestamp(0)
        self.commit_ends_at = Timestamp(at.timestamp + window)
        self.commit_ends_at_block = at.number + self.profile.commit_blocks(window)
