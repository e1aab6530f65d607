"""What the hub tells: one class an event."""

from __future__ import annotations

import attrs

from chainboy.consensus.record import Record
from chainboy.contracts.contract import ContractEvent
from chainboy.contracts.reverts import error_name
from chainboy.units import Address, Digest, Epoch, TaskId, Timestamp, Weight


@attrs.frozen(kw_only=True)
class AttemptOpened(ContractEvent):
    """A first commit; the attempt counts with the weights of ``epoch``."""

    task_id: TaskId
    attempt: int
    epoch: Epoch
    total_weight: Weight


@attrs.frozen(kw_only=True)
class Committed(ContractEvent):
    """A node's commitment; ``position`` counts from 0 in commit order."""

    task_id: TaskId
    node: Address
    attempt: int
    position: int
    payout: Address
    weight: Weight
    commitment: Digest


@attrs.frozen(kw_only=True)
class QuorumReached(ContractEvent):
    """More than half of all active weight has committed: the clock runs, in seconds and in blocks."""

    task_id: TaskId
    attempt: int
    commit_ends_at: Timestamp
    commit_ends_at_block: int


@attrs.frozen(kw_only=True)
class Revealed(ContractEvent):
    """A node's outcome, and the salt that opens its commitment."""

    task_id: TaskId
    node: Address
    attempt: int
    outcome: bytes
    salt: bytes


@attrs.frozen(kw_only=True)
class EntrySkipped(ContractEvent):
    """An entry of a batch was passed over."""

    task_id: TaskId
    node: Address
    reason: bytes

    @property
    def error(self) -> str:
        """The name of the error that the entry alone would deserve."""
        return error_name(self.reason)


@attrs.frozen(kw_only=True)
class Finalized(ContractEvent):
    """The record and every word's weight: the proof of consensus."""

    task_id: TaskId
    attempt: int
    index: int
    record: Record
    words: tuple[bytes, ...]
    weights: tuple[Weight, ...]
    unrevealed: int
