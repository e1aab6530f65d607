"""One task, followed from its request to its result."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from chainboy.cid import Cid
from chainboy.consensus.fields import ZERO_HASH
from chainboy.consensus.outcome import Outcome
from chainboy.consensus.outcome import Status as Ending
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.proof import TaskProof
from chainboy.consensus.request import Request
from chainboy.consensus.rewards import split_reward
from chainboy.contracts.gateway import TaskState
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.contracts.round import Round, read_round
from chainboy.errors import (
    ContentNotFound,
    ContractRefused,
    EncodingError,
    NoConsensus,
    TaskExpired,
    TaskPending,
    TaskRefunded,
)
from chainboy.programs.program import Program
from chainboy.tasks.crossing import Carriage
from chainboy.tasks.evidence import prove
from chainboy.tasks.result import Result
from chainboy.tasks.session import Session
from chainboy.tasks.waiting import Waiting, blocking, until
from chainboy.units import Digest, Fuel, TaskId, Timestamp

if TYPE_CHECKING:
    from chainboy.chain.call import Call
    from chainboy.chain.decode import Receipt

TIMEOUT = 600.0
"""Seconds for which a result is waited for unless the caller says otherwise."""


class Status(Enum):
    """How far a task is, as of the newest block."""

    REQUESTED = "requested"
    """Nobody has committed, or no attempt is open."""
    COMMITTING = "committing"
    REVEALING = "revealing"
    FINALIZED = "finalized"
    """The hub has recorded a majority's outcome; the gateway does not have it yet."""
    DELIVERED = "delivered"
    """Rewards can be claimed, and the requester has been called if it asked for that."""
    NO_CONSENSUS = "no consensus"
    """The hub has recorded that no majority agreed; delivering credits price and tip back."""
    EXPIRED = "expired"
    """Past its time without a record; a refund credits price and tip back once it is allowed."""
    REFUNDED = "refunded"


class Task:
    """A task by its request. Made by a client; any process with the same chain can make it again from ``id``.

    Methods that send need a client with a signer, and raise what
    :meth:`~chainboy.chain.sender.Sender.send` raises.
    """

    def __init__(self, session: Session, event: TaskRequested) -> None:
        self.request: Request = event.request
        self.id: TaskId = event.task_id
        self.input: bytes = event.input
        self.params = Params.unpack(event.params)
        self._session = session
        self._found: Round | None = None

    def __repr__(self) -> str:
        return f"<task 0x{self.id.hex()}>"

    def status(self) -> Status:
        """How far the task is now; the newest block may still be reorganised away."""
        state = self._session.gateway.state_of(self.id)
        if state is TaskState.REFUNDED:
            return Status.REFUNDED
        home = self._session.home.head()
        if self._recorded(None):
            found = self._found or read_round(
                self._session.home, self._session.hub, self.request, last=home.number
            )
            if not found.record.has_consensus:
                return Status.NO_CONSENSUS
            return Status.DELIVERED if state is TaskState.DELIVERED else Status.FINALIZED
        asked = self._session.chain.head() if self._session.remote else home
        if asked.timestamp >= self.params.expires_at:
            return Status.EXPIRED
        return self._round_status(home.number, home.timestamp)

    def poll(self) -> Result | None:
        """The result if it is final, None while there is none; looks once.

        Raises :class:`~chainboy.errors.NoConsensus`, :class:`~chainboy.errors.TaskRefunded`,
        :class:`~chainboy.errors.TaskExpired` when there will be none.
        """
        found = self._round()
        if found is None:
            self._raise_if_over()
            return None
        if not found.record.has_consensus:
            raise NoConsensus(
                f"no outcome of {self!r} had more than half of {found.total_weight} tokens; "
                "deliver it to get price and tip credited back"
            )
        return Result(
            task_id=self.id,
            mode=self.params.mode,
            outcome=_read_outcome(found.outcome),
            record=found.record,
            winners=found.tally.winners,
            rewards=split_reward(self.request.price, [winner.weight for winner in found.tally.winners]),
            program=self._program(),
            carriage=self._carriage(),
        )

    def result(self, timeout: float = TIMEOUT, *, delivered: bool = False) -> Result:
        """Wait until the hub's record is final, K blocks deep, and give the result.

        The record is what counts, so this does not wait until somebody delivers it to the gateway, unless
        ``delivered`` is set; whoever wants that sooner calls :meth:`deliver`. Raises what :meth:`poll`
        raises, and :class:`~chainboy.errors.TaskPending` after ``timeout`` seconds.
        """
        return blocking(self.waiting(timeout, delivered=delivered), self._session.sleep)

    def waiting(self, timeout: float = TIMEOUT, *, delivered: bool = False) -> Waiting[Result]:
        """The wait of :meth:`result`, for a driver of one's own."""

        def look() -> Result | None:
            # Asked first: a result that has arrived tells what carried it.
            arrived = not delivered or self._delivered()
            result = self.poll()
            return result if arrived else None

        def late() -> TaskPending:
            return TaskPending(f"{self!r} is {self.status().value} after {timeout:g} s; wait for it again")

        return until(look, timeout=timeout, interval=self._session.interval, late=late)

    def deliver(self, timeout: float = TIMEOUT) -> Receipt | None:
        """Bring the record to the gateway: rewards become claimable, the tip comes to this account.

        To a remote chain a checkpoint is brought first if none there has the record: it is sealed on the home
        chain, where this account then needs coins, too, and nodes are waited for to sign it. Without
        consensus price and tip are credited back to the requester. None when somebody was faster. Raises
        :class:`~chainboy.errors.TaskPending` while there is no final record, and after ``timeout`` seconds.
        """
        self._session.signing()
        gateway, found = self._session.gateway, self._final()
        proof = blocking(self._proving(timeout), self._session.sleep)
        return self._settle(
            gateway.deliver(self.request, found.record, found.outcome, proof), TaskState.DELIVERED
        )

    def retry(self) -> Receipt:
        """Have a requester contract called again whose callback failed; before the task expires."""
        found, crossing = self._final(), self._session.crossing
        proof = b"" if crossing is None else crossing.proof(self.id)
        if proof is None:
            raise TaskPending(f"no checkpoint has brought {self!r} yet; deliver it first")
        call = self._session.gateway.retry(self.request, found.record, found.outcome, proof)
        return self._session.signing().send(call)

    def refund(self) -> Receipt | None:
        """Credit price and tip back to the requester once the task is refundable; None if that is done.

        The credit leaves the gateway with :meth:`~chainboy.tasks.TaskClient.withdraw`.
        """
        return self._settle(self._session.gateway.refund(self.request), TaskState.REFUNDED)

    def proof(self) -> TaskProof:
        """All that the result follows from, to be checked offline; raises ``TaskPending`` before.

        For a task of a remote chain it tells how the record came there, too, once it has.
        """
        session, found = self._session, self._final()
        last = max(session.home.final_number(), found.finalized.log.block_number)
        passage = None if session.crossing is None else session.crossing.passage(self.id)
        return prove(session.home, session.hub, self.request, self.input, found, last=last, passage=passage)

    @property
    def refundable_at(self) -> Timestamp:
        """From when on a refund needs no proof, in block time."""
        return Timestamp(self.params.expires_at + self._session.gateway.profile().refund_margin)

    def _proving(self, timeout: float) -> Waiting[bytes]:
        """The wait for what the gateway is shown, moving it on meanwhile."""
        crossing = self._session.crossing

        def look() -> bytes | None:
            return b"" if crossing is None else crossing.move_on(self.id)

        def late() -> TaskPending:
            return TaskPending(
                f"no checkpoint with {self!r} is signed by a majority after {timeout:g} s; try again later"
            )

        return until(look, timeout=timeout, interval=self._session.interval, late=late)

    def _carriage(self) -> Carriage | None:
        """What brought the result here; ``None`` on the home chain, and before it is delivered."""
        crossing = self._session.crossing
        return crossing.carriage(self.id) if crossing is not None and self._delivered() else None

    def _settle(self, call: Call, settled: TaskState) -> Receipt | None:
        """Send ``call`` unless the task has come to ``settled`` by itself, or does so meanwhile."""
        sender = self._session.signing()
        if self._session.gateway.state_of(self.id) is settled:
            return None
        try:
            return sender.send(call)
        except ContractRefused:
            if self._session.gateway.state_of(self.id) is settled:
                return None
            raise

    def _final(self) -> Round:
        found = self._round()
        if found is None:
            raise TaskPending(f"{self!r} has no final record yet; wait for its result")
        return found

    def _round(self) -> Round | None:
        """The finalized round once it is K deep; kept, for it never changes."""
        if self._found is None:
            last = self._session.home.final_number()
            if self._recorded(last):
                self._found = read_round(self._session.home, self._session.hub, self.request, last=last)
        return self._found

    def _recorded(self, block: int | None) -> bool:
        hub = self._session.hub if block is None else self._session.hub.at(block)
        return hub.record_hash_of(self.id) != ZERO_HASH

    def _final_at_home(self, here: int) -> int:
        """The home chain's newest final block; ``here`` is that of the chain that asked."""
        return self._session.home.final_number() if self._session.remote else here

    def _delivered(self) -> bool:
        last = self._session.chain.final_number()
        return self._session.gateway.at(last).state_of(self.id) is TaskState.DELIVERED

    def _raise_if_over(self) -> None:
        if self._session.chain.head().timestamp < self.params.expires_at:
            return
        last = self._session.chain.block(self._session.chain.final_number())
        if last.timestamp < self.refundable_at or self._recorded(self._final_at_home(last.number)):
            return
        if self._session.gateway.at(last.number).state_of(self.id) is TaskState.REFUNDED:
            raise TaskRefunded(f"{self!r} expired without a result; its price and tip were credited back")
        raise TaskExpired(f"{self!r} expired without a result; refund it to get price and tip credited back")

    def _round_status(self, number: int, now: Timestamp) -> Status:
        hub = self._session.hub
        state, profile = hub.round_of(self.id), hub.profile()
        if state.attempt == 0:
            return Status.REQUESTED
        if state.commit_ends_at_block == 0:
            void = now >= state.opened_at + profile.attempt_life
            return Status.REQUESTED if void else Status.COMMITTING
        over = now >= state.commit_ends_at and number >= state.commit_ends_at_block
        return Status.REVEALING if over or state.missing_weight == 0 else Status.COMMITTING

    def _program(self) -> Program | None:
        """The program, if it can be had: only its output types are wanted."""
        if self.params.mode is Mode.RANDOM:
            return None
        try:
            return Program(self._session.content.get(Cid(Digest(self.request.program))))
        except ContentNotFound:
            return None


def _read_outcome(data: bytes) -> Outcome:
    """The outcome in ``data``; bytes that are none count as aborted, as they do at the gateway.

    Rule: protocol, section 6: in EXACT the hub counts opaque bytes, whatever a majority agrees on.
    """
    try:
        return Outcome.decode(data)
    except EncodingError:
        return Outcome(Ending.ABORTED, Fuel(0), b"")
