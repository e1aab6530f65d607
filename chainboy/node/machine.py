"""A task's life in a node, as one table: state and event to the next state, and each state's duty.

Pure: it knows no clock, chain or disk. The same table draws the diagram in the docs.
Rule: protocol, section 6 (what a node may do when) and section 12, invariant 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from chainboy.errors import ChainBoyError


class State(Enum):
    """Where a task stands in this node."""

    SEEN = "seen"
    """Its request is K blocks deep; nothing is decided."""
    ACCEPTED = "accepted"
    """The policy takes it, or a commitment of ours is on the hub already: its program is to be run."""
    COMPUTED = "computed"
    """A valid outcome is in the journal."""
    COMMITTING = "committing"
    """A commitment to the journalled attempt may be under way."""
    COMMITTED = "committed"
    """The hub holds our commitment; the salt is secret."""
    REVEALING = "revealing"
    """The commit phase is over by a block K deep: the salt may be out."""
    REVEALED = "revealed"
    """The hub has our outcome; no record is K deep yet."""
    EXPOSED = "exposed"
    """RANDOM: the salt is out but a reorganisation took our commitment; never commit again."""
    FINALIZED = "finalized"
    """The record is K deep and we are a winner."""
    SPLIT = "split"
    """The record is K deep: no consensus."""
    DELIVERED = "delivered"
    """The gateway has the record: our reward can be claimed."""
    DONE = "done"
    """Nothing is left to do or to earn."""
    ABSTAINED = "abstained"
    """We do not answer; the journal holds the reason."""
    MISSED = "missed"
    """The round went on without us, or too little time was left."""
    OUTVOTED = "outvoted"
    """The majority agreed on another outcome."""
    UNREVEALED = "unrevealed"
    """The round ended before our reveal: the bond can be slashed."""
    LAPSED = "lapsed"
    """It was not delivered in time: the escrow goes back to the requester."""


class Event(Enum):
    """What happened to a task. "Deep" events hold in a block that is K deep, "seen" ones in the head."""

    ACCEPT = "accept"
    ABSTAIN = "abstain"
    OUTCOME = "outcome"
    """The program was run and its outcome has the shape that its mode asks for."""
    COMMIT = "commit"
    """We decide to commit to an attempt; journalled before anything is sent."""
    COMMIT_SEEN = "commit seen"
    COMMIT_LOST = "commit lost"
    """A reorganisation took our commitment."""
    VOID = "void"
    """Deep: the attempt ended without a quorum."""
    TOO_LATE = "too late"
    """Deep: no commitment of ours can be taken any more."""
    PHASE_OVER = "phase over"
    """Deep: nobody can commit any more, so the salt may go out."""
    REVEAL_SEEN = "reveal seen"
    REVEAL_LOST = "reveal lost"
    """A reorganisation took our reveal, our commitment is still there."""
    EXPOSE = "expose"
    """A reorganisation took our commitment to a RANDOM task after the salt may have gone out."""
    ROUND_OVER = "round over"
    """Deep: nobody can reveal any more, and we did not."""
    WON = "won"
    """Deep: the record names us."""
    LOST = "lost"
    """Deep: the record has a consensus that does not name us."""
    NO_CONSENSUS = "no consensus"
    """Deep: the record has no consensus."""
    DELIVERED = "delivered"
    """Deep."""
    CLAIMED = "claimed"
    """Deep."""
    LAPSE = "lapse"
    """Deep: the request was refunded, or can be, and can no longer be delivered."""
    UNDONE = "undone"
    """A reorganisation deeper than K took what the state followed from: it is looked at anew."""


class Duty(Enum):
    """What a node does, again and again, while a task stays in a state. Each can be repeated safely."""

    JUDGE = "judge"
    RUN = "run"
    DECIDE = "decide"
    """Choose the attempt to commit to."""
    COMMIT = "commit"
    WATCH = "watch"
    REVEAL = "reveal"
    FINALIZE = "finalize"
    DELIVER = "deliver"
    CLAIM = "claim"
    ALIVE = "alive"
    """Of no task: show the registry that we are there."""
    ENTER = "enter"
    """Of no task: take a seat in the active set."""
    ATTEST = "attest"
    """Of no task: publish our signature over a sealed checkpoint."""
    SLASH = "slash"
    """Of no state: have those slashed who did not reveal in a task's round."""
    REST = "rest"
    """Nothing, for ever: the state is terminal."""


class IllegalEvent(ChainBoyError, RuntimeError):
    """The event cannot happen in this state; the state is as it was. It is a bug, report it."""


DUTIES: Mapping[State, Duty] = MappingProxyType(
    {
        State.SEEN: Duty.JUDGE,
        State.ACCEPTED: Duty.RUN,
        State.COMPUTED: Duty.DECIDE,
        State.COMMITTING: Duty.COMMIT,
        State.COMMITTED: Duty.WATCH,
        State.REVEALING: Duty.REVEAL,
        State.REVEALED: Duty.FINALIZE,
        State.EXPOSED: Duty.WATCH,
        State.FINALIZED: Duty.DELIVER,
        State.SPLIT: Duty.DELIVER,
        State.DELIVERED: Duty.CLAIM,
        State.DONE: Duty.REST,
        State.ABSTAINED: Duty.REST,
        State.MISSED: Duty.REST,
        State.OUTVOTED: Duty.REST,
        State.UNREVEALED: Duty.REST,
        State.LAPSED: Duty.REST,
    }
)
"""Each state's duty. A restarted node takes the duty of the journalled state up again."""

TERMINAL: frozenset[State] = frozenset(state for state, duty in DUTIES.items() if duty is Duty.REST)
"""States that nothing leaves but a reorganisation deeper than K."""

TABLE: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (State.SEEN, Event.ACCEPT): State.ACCEPTED,
        (State.SEEN, Event.ABSTAIN): State.ABSTAINED,
        (State.SEEN, Event.TOO_LATE): State.MISSED,
        (State.SEEN, Event.REVEAL_SEEN): State.REVEALED,
        (State.SEEN, Event.ROUND_OVER): State.UNREVEALED,
        (State.ACCEPTED, Event.OUTCOME): State.COMPUTED,
        (State.ACCEPTED, Event.ABSTAIN): State.ABSTAINED,
        (State.ACCEPTED, Event.TOO_LATE): State.MISSED,
        (State.ACCEPTED, Event.REVEAL_SEEN): State.REVEALED,
        (State.ACCEPTED, Event.ROUND_OVER): State.UNREVEALED,
        (State.COMPUTED, Event.COMMIT): State.COMMITTING,
        (State.COMPUTED, Event.COMMIT_SEEN): State.COMMITTED,
        (State.COMPUTED, Event.TOO_LATE): State.MISSED,
        (State.COMPUTED, Event.REVEAL_SEEN): State.REVEALED,
        (State.COMPUTED, Event.ROUND_OVER): State.UNREVEALED,
        (State.COMMITTING, Event.COMMIT_SEEN): State.COMMITTED,
        (State.COMMITTING, Event.VOID): State.COMPUTED,
        (State.COMMITTING, Event.TOO_LATE): State.MISSED,
        (State.COMMITTED, Event.COMMIT_LOST): State.COMMITTING,
        (State.COMMITTED, Event.VOID): State.COMPUTED,
        (State.COMMITTED, Event.PHASE_OVER): State.REVEALING,
        (State.COMMITTED, Event.REVEAL_SEEN): State.REVEALED,
        (State.COMMITTED, Event.ROUND_OVER): State.UNREVEALED,
        (State.REVEALING, Event.REVEAL_SEEN): State.REVEALED,
        (State.REVEALING, Event.COMMIT_LOST): State.COMMITTING,
        (State.REVEALING, Event.EXPOSE): State.EXPOSED,
        (State.REVEALING, Event.ROUND_OVER): State.UNREVEALED,
        (State.REVEALED, Event.REVEAL_LOST): State.REVEALING,
        (State.REVEALED, Event.COMMIT_LOST): State.COMMITTING,
        (State.REVEALED, Event.EXPOSE): State.EXPOSED,
        (State.REVEALED, Event.WON): State.FINALIZED,
        (State.REVEALED, Event.LOST): State.OUTVOTED,
        (State.REVEALED, Event.NO_CONSENSUS): State.SPLIT,
        (State.REVEALED, Event.LAPSE): State.LAPSED,
        (State.EXPOSED, Event.COMMIT_SEEN): State.REVEALING,
        (State.EXPOSED, Event.TOO_LATE): State.MISSED,
        (State.FINALIZED, Event.DELIVERED): State.DELIVERED,
        (State.FINALIZED, Event.LAPSE): State.LAPSED,
        (State.SPLIT, Event.DELIVERED): State.DONE,
        (State.SPLIT, Event.LAPSE): State.LAPSED,
        (State.DELIVERED, Event.CLAIMED): State.DONE,
        (State.FINALIZED, Event.UNDONE): State.REVEALED,
        (State.SPLIT, Event.UNDONE): State.REVEALED,
        (State.DELIVERED, Event.UNDONE): State.REVEALED,
        (State.DONE, Event.UNDONE): State.REVEALED,
        (State.OUTVOTED, Event.UNDONE): State.REVEALED,
        (State.LAPSED, Event.UNDONE): State.REVEALED,
    }
)
"""Every legal transition; what is not here is illegal."""


def advance(state: State, event: Event) -> State:
    """The state that ``event`` leads to from ``state``.

    Raises :class:`IllegalEvent` when the table has no such transition.
    """
    try:
        return TABLE[state, event]
    except KeyError:
        raise IllegalEvent(
            f"a task that is {state.value} cannot take the event '{event.value}'; its state is unchanged"
        ) from None


def diagram() -> str:
    """The table as a Mermaid state diagram, in the table's order; ends with a line break."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.SEEN.value}"]
    lines += [f"    {a.value} --> {b.value}: {event.value}" for (a, event), b in TABLE.items()]
    lines += [f"    {state.value} --> [*]" for state in State if state in TERMINAL]
    return "\n".join(lines) + "\n"
