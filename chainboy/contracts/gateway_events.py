"""What a gateway tells: one class an event."""

from __future__ import annotations

import attrs

from chainboy.consensus.encoding import keccak
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request
from chainboy.contracts.contract import ContractEvent
from chainboy.contracts.reverts import error_name
from chainboy.units import Address, TaskId, Timestamp, Wei


@attrs.frozen(kw_only=True)
class TaskRequested(ContractEvent):
    """All that a node needs to know of a task."""

    task_id: TaskId
    program: bytes
    requester: Address
    nonce: int
    price: Wei
    tip: Wei
    callback_gas: int
    requested_at: Timestamp
    params: int
    input: bytes

    @property
    def request(self) -> Request:
        """The request as the gateway took it."""
        return Request(
            chain_id=self.log.chain_id,
            gateway=self.log.address,
            requester=self.requester,
            nonce=self.nonce,
            program=self.program,
            input_hash=keccak(self.input),
            price=self.price,
            tip=self.tip,
            callback_gas=self.callback_gas,
            requested_at=self.requested_at,
            params=self.params,
        )


@attrs.frozen(kw_only=True)
class TaskDelivered(ContractEvent):
    """The record is here; without consensus price and tip were credited back."""

    task_id: TaskId
    record: Record
    outcome: bytes
    deliverer: Address


@attrs.frozen(kw_only=True)
class CallbackDone(ContractEvent):
    """The requester's callback ended; one without success can be tried again."""

    task_id: TaskId
    success: bool


@attrs.frozen(kw_only=True)
class TaskRefunded(ContractEvent):
    """Price and tip were credited back to the requester."""

    task_id: TaskId
    requester: Address
    amount: Wei


@attrs.frozen(kw_only=True)
class RewardClaimed(ContractEvent):
    """A winner's share was credited to its payout."""

    task_id: TaskId
    rank: int
    payout: Address
    amount: Wei


@attrs.frozen(kw_only=True)
class ClaimSkipped(ContractEvent):
    """An entry of a batch was passed over."""

    task_id: TaskId
    rank: int
    reason: bytes

    @property
    def error(self) -> str:
        """The name of the error that the entry alone would deserve."""
        return error_name(self.reason)


@attrs.frozen(kw_only=True)
class Withdrawn(ContractEvent):
    """A holder took out its credit."""

    holder: Address
    to: Address
    amount: Wei


@attrs.frozen(kw_only=True)
class TreasuryMoved(ContractEvent):
    """The treasurer moved part of the treasury."""

    to: Address
    amount: Wei
