"""A gateway's money as a pure state machine: escrow, credits, rewards, treasury.

Rule: protocol, sections 4, 8 and 9; a mirror of ``contracts/src/TaskGateway.sol``, refusals by the contract's
own names. Amounts in wei.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import attrs

from chainboy.consensus.encoding import keccak, winner_leaf
from chainboy.consensus.fields import ZERO_ADDRESS, ZERO_HASH
from chainboy.consensus.merkle import verify
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.profiles import GatewayProfile
from chainboy.consensus.record import Record
from chainboy.consensus.record_verifier import RecordVerifier
from chainboy.consensus.refusal import Refused
from chainboy.consensus.request import Request
from chainboy.consensus.rewards import share_of, treasury_share
from chainboy.units import Address, Digest, TaskId, Timestamp, Wei, Weight

MAX_WINNERS = 256
"""Bits of a claim map."""


class TaskState(IntEnum):
    """Where a task stands; it only moves forward."""

    NONE = 0
    REQUESTED = 1
    DELIVERED = 2
    REFUNDED = 3


@attrs.frozen(kw_only=True)
class Claim:
    """One winner's share of one delivered task; ``price`` to ``winners_count`` are the delivered record's."""

    task_id: TaskId
    price: Wei
    winners_root: Digest
    rest_weight: Weight
    winners_count: int
    rank: int
    node: Address
    payout: Address
    weight: Weight
    proof: tuple[Digest, ...]

    @property
    def terms(self) -> tuple[int, Digest, int, int]:
        """What the gateway keeps of the delivery: all that decides who can claim what."""
        return self.price, self.winners_root, self.rest_weight, self.winners_count


@attrs.frozen(kw_only=True)
class Delivery:
    """What a delivery leads to; ``calls_back``: the requester, if it has code, is called."""

    consensus: bool
    calls_back: bool


class Escrow:
    """``TaskGateway`` without a chain, with what it asks about records: a call tells sender, value and time.

    A call may be refused with :class:`~chainboy.consensus.refusal.Refused`, having changed nothing. Callbacks
    and what they do are left out: they move no money of the gateway's.
    """

    def __init__(
        self,
        profile: GatewayProfile,
        *,
        chain_id: int,
        gateway: Address,
        treasurer: Address,
        verifier: RecordVerifier,
    ) -> None:
        self.profile = profile
        self.chain_id, self.gateway, self.treasurer = chain_id, gateway, treasurer
        self.verifier = verifier
        self.balance = Wei(0)
        self.treasury = Wei(0)
        self.credits: dict[Address, Wei] = {}
        self.nonce = 0
        self._open: dict[TaskId, Request] = {}
        self._delivered: dict[TaskId, tuple[int, Digest, int, int]] = {}
        self._refunded: set[TaskId] = set()
        self._claimed: set[tuple[TaskId, int]] = set()

    def request(
        self,
        program: bytes,
        input_bytes: bytes,
        params_word: int,
        callback_gas: int,
        tip: int,
        *,
        sender: Address,
        value: int,
        now: Timestamp,
    ) -> Request:
        """Ask and pay; price = value - tip."""
        if tip > value:
            raise Refused("TipAboveValue", tip, value)
        price = value - tip
        self._require_acceptable(program, params_word, price, callback_gas, now)
        request = Request(
            chain_id=self.chain_id,
            gateway=self.gateway,
            requester=sender,
            nonce=self.nonce,
            program=program,
            input_hash=keccak(input_bytes),
            price=Wei(price),
            tip=Wei(tip),
            callback_gas=callback_gas,
            requested_at=now,
            params=params_word,
        )
        self.nonce += 1
        self._open[request.task_id] = request
        self.balance = Wei(self.balance + value)
        return request

    def _require_acceptable(
        self, program: bytes, params_word: int, price: int, callback_gas: int, now: Timestamp
    ) -> None:
        profile = self.profile
        if price < profile.min_price:
            raise Refused("PriceBelowMinimum", price, profile.min_price)
        if callback_gas > profile.max_callback_gas:
            raise Refused("CallbackGasTooHigh", callback_gas, profile.max_callback_gas)
        params = Params.unpack(params_word)
        params.validate(profile.bounds)
        if (params.mode is Mode.RANDOM) != (program == ZERO_HASH):
            raise Refused("ProgramMismatch", program)
        earliest = now + params.commit_window + profile.reveal_window + profile.settle_time
        latest = now + profile.max_task_life
        if params.expires_at < earliest:
            raise Refused("ExpiresTooSoon", params.expires_at, earliest)
        if params.expires_at > latest:
            raise Refused("ExpiresTooLate", params.expires_at, latest)
        needed = params.expires_at + profile.refund_margin
        live_until = self.verifier.live_until
        if live_until < needed:
            raise Refused("VerifierNotLive", live_until, needed)

    def deliver(
        self,
        request: Request,
        record: Record,
        outcome: bytes,
        proof: bytes = b"",
        *,
        sender: Address,
        now: Timestamp,
    ) -> Delivery:
        """Bring the hub's record: rewards become claimable, the tip ``sender``'s; or all is credited back."""
        task_id = self._require_open(request)
        end = self._refundable_at(request)
        if now >= end:
            raise Refused("DeliveryTooLate", task_id, end)
        self._require_proven(task_id, record, outcome, proof)
        del self._open[task_id]
        terms = request.price, record.winners_root, record.rest_weight, record.winners_count
        self._delivered[task_id] = terms
        if not record.has_consensus:
            self._credit(request.requester, request.price + request.tip)
            return Delivery(consensus=False, calls_back=False)
        self.treasury = Wei(self.treasury + treasury_share(request.price, record.winners_count))
        self._credit(sender, request.tip)
        in_time = now < Params.unpack(request.params).expires_at
        return Delivery(consensus=True, calls_back=in_time and request.callback_gas > 0)

    def refund(self, request: Request, *, now: Timestamp) -> None:
        """Credit price and tip back, once no result can be delivered any more."""
        task_id = self._require_open(request)
        start = self._refundable_at(request)
        if now < start:
            raise Refused("RefundTooEarly", task_id, start)
        del self._open[task_id]
        self._refunded.add(task_id)
        self._credit(request.requester, request.price + request.tip)

    def claim(self, claims: Sequence[Claim]) -> tuple[str, ...]:
        """Credit winners' shares to their payouts; for each entry ``""``, or why it was passed over."""
        return tuple(map(self._claim, claims))

    def _claim(self, claim: Claim) -> str:
        if self._delivered.get(claim.task_id) != claim.terms:
            return "ClaimMismatch"
        if claim.rank >= min(claim.winners_count, MAX_WINNERS):
            return "NotAWinner"
        if (claim.task_id, claim.rank) in self._claimed:
            return "AlreadyClaimed"
        leaf = winner_leaf(claim.rank, claim.node, claim.payout, claim.weight)
        if not verify(leaf, claim.proof, claim.winners_root):
            return "NotAWinner"
        self._claimed.add((claim.task_id, claim.rank))
        terms = claim.price, claim.rest_weight, claim.winners_count
        self._credit(claim.payout, share_of(*terms, claim.rank, claim.weight))
        return ""

    def withdraw(self, to: Address, *, sender: Address) -> Wei:
        """Send the sender's credit to ``to``, who takes it; returns how much."""
        amount = self.credit_of(sender)
        if amount == 0:
            raise Refused("NothingToWithdraw", sender)
        if to == ZERO_ADDRESS:
            raise Refused("TransferFailed", to)
        del self.credits[sender]
        self.balance = Wei(self.balance - amount)
        return amount

    def move_treasury(self, to: Address, amount: int, *, sender: Address) -> None:
        """Send ``amount`` of the treasury to ``to``, who takes it."""
        if sender != self.treasurer:
            raise Refused("NotTreasurer", sender)
        if amount > self.treasury:
            raise Refused("TreasuryTooSmall", self.treasury)
        if to == ZERO_ADDRESS:
            raise Refused("TransferFailed", to)
        self.treasury = Wei(self.treasury - amount)
        self.balance = Wei(self.balance - amount)

    def credit_of(self, holder: Address) -> Wei:
        """What ``holder`` can withdraw."""
        return self.credits.get(holder, Wei(0))

    def state_of(self, task_id: TaskId) -> TaskState:
        """Where a task stands."""
        if task_id in self._open:
            return TaskState.REQUESTED
        if task_id in self._delivered:
            return TaskState.DELIVERED
        return TaskState.REFUNDED if task_id in self._refunded else TaskState.NONE

    def is_claimed(self, task_id: TaskId, rank: int) -> bool:
        """Whether the share of ``rank`` was credited."""
        return (task_id, rank) in self._claimed

    @property
    def open_escrow(self) -> Wei:
        """Price and tip of every task neither delivered nor refunded."""
        return Wei(sum(request.price + request.tip for request in self._open.values()))

    def _require_open(self, request: Request) -> TaskId:
        here = attrs.evolve(request, chain_id=self.chain_id, gateway=self.gateway)
        if here.task_id not in self._open:
            raise Refused("TaskNotOpen", here.task_id)
        return here.task_id

    def _refundable_at(self, request: Request) -> int:
        return Params.unpack(request.params).expires_at + self.profile.refund_margin

    def _require_proven(self, task_id: TaskId, record: Record, outcome: bytes, proof: bytes) -> None:
        if record.task_id != task_id:
            raise Refused("RecordOfAnotherTask", record.task_id)
        self.verifier.require_record(record, proof)
        matches = keccak(outcome) == record.outcome_hash if record.has_consensus else outcome == b""
        if not matches:
            raise Refused("OutcomeMismatch", record.outcome_hash)

    def _credit(self, holder: Address, amount: int) -> None:
        self.credits[holder] = Wei(self.credit_of(holder) + amount)
