"""What two blocks, the head and the one K below it, mean for a task: the next event, and what may be sent.

Pure. The chain is the authority: a node that lost its memory, or was killed, comes to the same answers.
Irreversible steps follow the deep block alone; the head only tells what need not be sent again.
Rule: protocol, section 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import attrs

from chainboy.consensus.params import Mode
from chainboy.node.machine import Event, State
from chainboy.node.view import BallotState, Clocks, TaskState, View
from chainboy.units import Timestamp

_HELD = (BallotState.COMMITTED, BallotState.REVEALED)


@attrs.frozen(kw_only=True)
class Verdict:
    """What the record says of us: ``rank`` among the winners, ``None`` if we are none."""

    consensus: bool
    rank: int | None


@attrs.frozen(kw_only=True)
class Sight:
    """One task as the node sees it now; times in block time, ``attempt`` 0 before the first commitment."""

    state: State
    mode: Mode
    commit_window: int
    expires_at: Timestamp
    attempt: int
    head: View
    deep: View
    clocks: Clocks
    verdict: Verdict | None = None
    """Known once the record is K deep and has been read."""

    @property
    def bound(self) -> bool:
        """The hub holds a commitment of ours in an attempt that lives: we must reveal."""
        return self.head.ballot in _HELD and not self._ended(self.head)

    @property
    def commit_by(self) -> Timestamp:
        """The hub takes no commitment after it, as the head has it; a quorum still to come can change it."""
        head = self.head
        if head.quorum:
            return head.round.commit_ends_at
        return Timestamp(self.expires_at - self.commit_window - self.clocks.reveal_window)

    @property
    def too_late(self) -> bool:
        """No commitment of ours can be taken any more, in any block after the deep one."""
        deep, clocks = self.deep, self.clocks
        if deep.recorded or deep.commits_over(clocks):
            return True
        needed = self.commit_window + clocks.reveal_window
        return not deep.quorum and deep.timestamp + needed > self.expires_at

    @property
    def attempt_void(self) -> bool:
        """The journalled attempt ended without a quorum, K deep."""
        deep = self.deep
        return deep.round.attempt > self.attempt or (
            deep.round.attempt == self.attempt and deep.void(self.clocks)
        )

    @property
    def lapsed(self) -> bool:
        """The gateway has refunded the task, or would refuse to deliver it."""
        if self.deep.task is TaskState.DELIVERED:
            return False
        refundable_at = self.expires_at + self.clocks.refund_margin
        return self.deep.task is TaskState.REFUNDED or self.deep.timestamp >= refundable_at

    def _ended(self, view: View) -> bool:
        return view.ballot_attempt != view.round.attempt or view.void(self.clocks)


def next_event(sight: Sight) -> Event | None:
    """The event that the chain shows and the task's state has not taken in; ``None``: nothing new."""
    watch = _WATCHES.get(sight.state)
    return None if watch is None else watch(sight)


def may_send(sight: Sight) -> bool:
    """Whether the state's duty has something to send that the head does not show yet."""
    gate = _GATES.get(sight.state)
    return gate is not None and gate(sight)


def _undecided(sight: Sight) -> Event | None:
    """Before a commitment of this journal: the round may go on without us, or know us from before."""
    if sight.bound:
        if sight.head.ballot is BallotState.REVEALED:
            return Event.REVEAL_SEEN
        if _silent(sight):
            return Event.ROUND_OVER
        seen = {State.SEEN: Event.ACCEPT, State.COMPUTED: Event.COMMIT_SEEN}
        return seen.get(sight.state)
    return Event.TOO_LATE if sight.too_late else None


def _committing(sight: Sight) -> Event | None:
    if sight.bound:
        return Event.COMMIT_SEEN
    if sight.attempt_void:
        return Event.VOID
    return Event.TOO_LATE if sight.too_late else None


def _committed(sight: Sight) -> Event | None:
    if sight.head.ballot is BallotState.REVEALED:
        return Event.REVEAL_SEEN
    if sight.attempt_void:
        return Event.VOID
    if sight.head.ballot is BallotState.NONE:
        return Event.COMMIT_LOST
    if _silent(sight):
        return Event.ROUND_OVER
    over = sight.deep.commits_over(sight.clocks) and sight.deep.ballot in _HELD
    return Event.PHASE_OVER if over else None


def _revealing(sight: Sight) -> Event | None:
    if sight.head.ballot is BallotState.REVEALED:
        return Event.REVEAL_SEEN
    if sight.head.ballot is BallotState.NONE:
        return _commitment_gone(sight)
    return Event.ROUND_OVER if _silent(sight) else None


def _revealed(sight: Sight) -> Event | None:
    if sight.head.ballot is BallotState.NONE:
        return _commitment_gone(sight)
    if sight.head.ballot is BallotState.COMMITTED:
        return Event.REVEAL_LOST
    if sight.deep.ballot is not BallotState.REVEALED:
        return None
    if sight.verdict is not None:
        return _judgement(sight.verdict)
    return Event.LAPSE if sight.lapsed and not sight.deep.recorded else None


def _exposed(sight: Sight) -> Event | None:
    if sight.bound:
        return Event.COMMIT_SEEN
    return Event.TOO_LATE if sight.too_late or sight.attempt_void else None


def _undelivered(sight: Sight) -> Event | None:
    if sight.deep.task is TaskState.DELIVERED:
        return Event.DELIVERED
    return Event.LAPSE if sight.lapsed else None


def _delivered(sight: Sight) -> Event | None:
    return Event.CLAIMED if sight.deep.claimed else None


def _commitment_gone(sight: Sight) -> Event:
    return Event.EXPOSE if sight.mode is Mode.RANDOM else Event.COMMIT_LOST


def _judgement(verdict: Verdict) -> Event:
    if not verdict.consensus:
        return Event.NO_CONSENSUS
    return Event.LOST if verdict.rank is None else Event.WON


def _silent(sight: Sight) -> bool:
    """The round ended K deep and our reveal is in no block."""
    if sight.head.ballot is BallotState.REVEALED:
        return False
    return sight.deep.recorded or sight.deep.round_over(sight.clocks)


def _can_commit(sight: Sight) -> bool:
    head = sight.head
    if sight.bound or head.recorded or head.commits_over(sight.clocks):
        return False
    if head.void(sight.clocks) and not sight.deep.void(sight.clocks):
        return False  # a reorganisation could bring the attempt back to life
    return sight.state is State.COMPUTED or head.open_attempt(sight.clocks) == sight.attempt


def _can_reveal(sight: Sight) -> bool:
    head = sight.head
    return head.ballot is BallotState.COMMITTED and not head.recorded and not head.round_over(sight.clocks)


def _can_finalize(sight: Sight) -> bool:
    head = sight.head
    return not head.recorded and (head.all_revealed or head.round_over(sight.clocks))


def _can_deliver(sight: Sight) -> bool:
    refundable_at = sight.expires_at + sight.clocks.refund_margin
    return sight.head.task is TaskState.REQUESTED and sight.head.timestamp < refundable_at


def _can_claim(sight: Sight) -> bool:
    return sight.head.task is TaskState.DELIVERED and not sight.head.claimed


_WATCHES: Mapping[State, Callable[[Sight], Event | None]] = MappingProxyType(
    {
        State.SEEN: _undecided,
        State.ACCEPTED: _undecided,
        State.COMPUTED: _undecided,
        State.COMMITTING: _committing,
        State.COMMITTED: _committed,
        State.REVEALING: _revealing,
        State.REVEALED: _revealed,
        State.EXPOSED: _exposed,
        State.FINALIZED: _undelivered,
        State.SPLIT: _undelivered,
        State.DELIVERED: _delivered,
    }
)

_GATES: Mapping[State, Callable[[Sight], bool]] = MappingProxyType(
    {
        State.COMPUTED: _can_commit,
        State.COMMITTING: _can_commit,
        State.REVEALING: _can_reveal,
        State.REVEALED: _can_finalize,
        State.FINALIZED: _can_deliver,
        State.SPLIT: _can_deliver,
        State.DELIVERED: _can_claim,
    }
)
