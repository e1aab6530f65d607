"""The gateway: where tasks are asked for, paid, answered and rewarded."""

from __future__ import annotations

from collections.abc import Sequence

from chainboy.chain.call import Call
from chainboy.consensus.escrow import Claim, TaskState
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request
from chainboy.contracts import gateway_events as events
from chainboy.contracts.contract import Contract, structure
from chainboy.contracts.profile import GatewayProfile
from chainboy.units import Address, TaskId, Wei

__all__ = ["Claim", "Gateway", "TaskState"]


class Gateway(Contract):
    """``TaskGateway``; amounts in wei."""

    ABI = "ITaskGateway"
    EVENTS = (
        events.TaskRequested,
        events.TaskDelivered,
        events.CallbackDone,
        events.TaskRefunded,
        events.RewardClaimed,
        events.ClaimSkipped,
        events.Withdrawn,
        events.TreasuryMoved,
    )

    def request(
        self,
        *,
        program: bytes,
        input: bytes,  # noqa: A002 - the protocol's word
        params: int,
        price: int,
        tip: int = 0,
        callback_gas: int = 0,
    ) -> Call:
        """Ask for ``program`` (the digest in its CID; 32 zero bytes in RANDOM) to be run on ``input``.

        ``params`` is the packed word of :class:`~chainboy.consensus.params.Params`; the call carries price
        and tip.
        """
        value = Wei(price + tip)
        return self._write("request", program, input, params, callback_gas, tip, value=value)

    def deliver(self, request: Request, record: Record, outcome: bytes, proof: bytes = b"") -> Call:
        """Bring the hub's record; ``proof`` is empty on the home chain."""
        return self._write("deliver", request, record, outcome, proof)

    def retry(self, request: Request, record: Record, outcome: bytes, proof: bytes = b"") -> Call:
        """Call the requester again after its callback failed."""
        return self._write("retry", request, record, outcome, proof)

    def refund(self, request: Request) -> Call:
        """Credit price and tip back once the task is refundable."""
        return self._write("refund", request)

    def claim(self, claims: Sequence[Claim]) -> Call:
        """Credit winners' shares; entries that cannot be taken are skipped and reported."""
        return self._write("claim", claims)

    def withdraw(self, to: Address) -> Call:
        """Send the sender's credit to ``to``."""
        return self._write("withdraw", to)

    def move_treasury(self, to: Address, amount: int) -> Call:
        """Send part of the treasury to ``to``; the treasurer's alone."""
        return self._write("moveTreasury", to, amount)

    def verifier(self) -> Address:
        """The contract that tells whether the hub made a record."""
        return Address(self._read("verifier"))

    def treasurer(self) -> Address:
        """Who may move the treasury."""
        return Address(self._read("treasurer"))

    def profile(self) -> GatewayProfile:
        """The figures of this deployment."""
        profile: GatewayProfile = structure(GatewayProfile, self._read("profile"))
        return profile

    def nonce(self) -> int:
        """The nonce of the next request."""
        return int(self._read("nonce"))

    def treasury(self) -> Wei:
        """What the treasurer may move."""
        return Wei(self._read("treasury"))

    def credit_of(self, holder: Address) -> Wei:
        """What ``holder`` may withdraw."""
        return Wei(self._read("creditOf", holder))

    def state_of(self, task_id: TaskId) -> TaskState:
        """How far a task is."""
        return TaskState(self._read("stateOf", task_id))

    def callback_failed(self, task_id: TaskId) -> bool:
        """Whether the requester's callback failed, and has not succeeded since."""
        return bool(self._read("callbackFailed", task_id))

    def is_claimed(self, task_id: TaskId, rank: int) -> bool:
        """Whether the share of this rank is claimed."""
        return bool(self._read("isClaimed", task_id, rank))

    def task_id_of(self, request: Request) -> TaskId:
        """The contract's own name for a request."""
        return TaskId(self._read("taskIdOf", request))

    def reward_of(self, *, price: int, rest_weight: int, winners_count: int, rank: int, weight: int) -> Wei:
        """A winner's share in wei, rounded down."""
        return Wei(self._read("rewardOf", price, rest_weight, winners_count, rank, weight))

    def treasury_share_of(self, price: int, winners_count: int) -> Wei:
        """What stays in the treasury at delivery, in wei."""
        return Wei(self._read("treasuryShareOf", price, winners_count))
