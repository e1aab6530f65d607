"""What a node sees of one task at one block: plain values, and what follows from them.

Rule: protocol, section 6 "Commit" for the clocks. Pure.
"""

from __future__ import annotations

import attrs

from chainboy.consensus.escrow import TaskState
from chainboy.consensus.round import BallotState
from chainboy.units import Timestamp

__all__ = ["BallotState", "Clocks", "RoundView", "TaskState", "View"]


@attrs.frozen(kw_only=True)
class Clocks:
    """The deployment's windows that a node reckons with: in seconds, ``phase_blocks`` in blocks."""

    reveal_window: int
    phase_blocks: int
    attempt_life: int
    max_task_life: int
    refund_margin: int


@attrs.frozen(kw_only=True)
class RoundView:
    """A task's current attempt, as the hub shows it; weights and times as in its ``Round``."""

    attempt: int = 0
    committed: int = 0
    revealed: int = 0
    opened_at: Timestamp = attrs.field(default=Timestamp(0))
    commit_ends_at: Timestamp = attrs.field(default=Timestamp(0))
    commit_ends_at_block: int = 0
    missing_weight: int = 0


@attrs.frozen(kw_only=True)
class View:
    """One task at one block; ``ballot`` is ours in the attempt that ``ballot_attempt`` names."""

    number: int
    """The block's."""
    timestamp: Timestamp
    """The block's."""
    round: RoundView
    ballot_attempt: int = 0
    ballot: BallotState = BallotState.NONE
    recorded: bool = False
    """The hub has made the task's record."""
    task: TaskState = TaskState.REQUESTED
    claimed: bool = False
    """Our reward is credited."""

    @property
    def quorum(self) -> bool:
        """Committed weight exceeded half of the total: the clock runs."""
        return self.round.commit_ends_at_block > 0

    @property
    def all_committed(self) -> bool:
        """All active weight has committed, so nothing more can be copied."""
        return self.quorum and self.round.missing_weight == 0

    @property
    def all_revealed(self) -> bool:
        """Every committed node has revealed."""
        return self.quorum and self.round.revealed == self.round.committed

    def void(self, clocks: Clocks) -> bool:
        """The current attempt ended without a quorum; before the first there is none to end."""
        opened = self.round.attempt > 0 and not self.quorum
        return opened and self.timestamp >= self.round.opened_at + clocks.attempt_life

    def commits_over(self, clocks: Clocks) -> bool:
        """No commit is taken from this block on, and reveals are."""
        return self.all_committed or self._past(clocks, phases=0)

    def round_over(self, clocks: Clocks) -> bool:
        """No reveal is taken from this block on."""
        return self._past(clocks, phases=1)

    def open_attempt(self, clocks: Clocks) -> int:
        """The only attempt that a commitment may name now."""
        return self.round.attempt + 1 if self.void(clocks) or self.round.attempt == 0 else self.round.attempt

    def _past(self, clocks: Clocks, *, phases: int) -> bool:
        """So many phases after the commit phase are over, in seconds and in blocks."""
        return (
            self.quorum
            and self.timestamp >= self.round.commit_ends_at + phases * clocks.reveal_window
            and self.number >= self.round.commit_ends_at_block + phases * clocks.phase_blocks
        )
