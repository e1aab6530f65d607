"""Events of a task made up: rounds that would take a real chain hours."""

from __future__ import annotations

from typing import Any

import attrs

from chainboy.consensus.fields import to_address
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.tally import tally
from chainboy.contracts.ballots import cast
from chainboy.contracts.contract import ContractEvent
from chainboy.contracts.gateway_events import RewardClaimed, TaskDelivered, TaskRefunded, TaskRequested
from chainboy.contracts.hub_events import AttemptOpened, Committed, Finalized, QuorumReached, Revealed
from chainboy.events.log import LogEvent
from chainboy.explain.told import Told, Transaction, key_of
from chainboy.units import Address, Digest, Epoch, Fuel, TaskId, Timestamp, Wei, Weight

TASK = TaskId(b"t" * 32)
HOME, FAR = 1, 2
CONTRACT, REQUESTER, RELAY = (to_address(bytes([each]) * 20) for each in (0xC0, 0xAA, 0xBB))


def node(number: int) -> Address:
    """A node's address."""
    return to_address(bytes([number]) * 20)


def value(number: int, fuel: int = 3) -> bytes:
    """An outcome of one integer."""
    return Outcome(Status.OK, Fuel(fuel), number.to_bytes(32, "big", signed=True)).encode()


@attrs.define
class Scene:
    """A task on chain ``asking``; every step is a transaction of its own unless told otherwise."""

    asking: int = HOME
    mode: Mode = Mode.EXACT
    price: int = 1000
    tip: int = 10
    program: bytes = bytes(32)
    tolerance: int = 0
    hub: list[ContractEvent] = attrs.field(factory=list)
    gateway: list[ContractEvent] = attrs.field(factory=list)
    sent: dict[Any, Transaction] = attrs.field(factory=dict)
    count: int = 0
    params: Params = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        params = Params(
            mode=self.mode,
            tolerance=self.tolerance,
            commit_window=60,
            fuel_limit=Fuel(0 if self.mode is Mode.RANDOM else 10**6),
            expires_at=Timestamp(9),
        )
        self.params = params
        self._told(
            self.gateway,
            TaskRequested,
            REQUESTER,
            task_id=TASK,
            program=self.program,
            requester=REQUESTER,
            nonce=0,
            price=Wei(self.price),
            tip=Wei(self.tip),
            callback_gas=0,
            requested_at=Timestamp(1),
            params=params.pack(),
            input=b"",
        )

    def open(self, attempt: int = 1, total: int = 10) -> None:
        """The first commit of an attempt."""
        self._told(
            self.hub,
            AttemptOpened,
            node(1),
            fee=0,
            task_id=TASK,
            attempt=attempt,
            epoch=Epoch(attempt),
            total_weight=Weight(total),
        )

    def commit(self, number: int, weight: int, attempt: int = 1, *, by: Address | None = None) -> None:
        """A node commits, or a relay for it."""
        position = sum(isinstance(each, Committed) and each.attempt == attempt for each in self.hub)
        self._told(
            self.hub,
            Committed,
            by or node(number),
            task_id=TASK,
            node=node(number),
            attempt=attempt,
            position=position,
            payout=node(number + 100),
            weight=Weight(weight),
            commitment=Digest(bytes(32)),
        )

    def quorum(self, attempt: int = 1) -> None:
        """More than half have committed."""
        fields = {"attempt": attempt, "commit_ends_at": Timestamp(5), "commit_ends_at_block": 5}
        self._told(self.hub, QuorumReached, node(1), fee=0, task_id=TASK, **fields)

    def reveal(self, number: int, outcome: bytes, attempt: int = 1) -> None:
        """A node reveals."""
        fields = {"attempt": attempt, "outcome": outcome, "salt": bytes(32)}
        self._told(self.hub, Revealed, node(number), task_id=TASK, node=node(number), **fields)

    def finalize(self, by: int, attempt: int = 1, **wrong: Any) -> None:
        """Somebody has the hub count."""
        commits = [each for each in self.hub if isinstance(each, Committed) and each.attempt == attempt]
        reveals = {each.node: each for each in self.hub if isinstance(each, Revealed)}
        (total,) = (
            each.total_weight
            for each in self.hub
            if isinstance(each, AttemptOpened) and each.attempt == attempt
        )
        counted = tally(TASK, self.params, total, cast(self.mode, commits, reveals))
        self._told(
            self.hub,
            Finalized,
            node(by),
            task_id=TASK,
            attempt=attempt,
            index=0,
            record=attrs.evolve(counted.record, **wrong),
            words=counted.words,
            weights=counted.weights,
            unrevealed=counted.unrevealed,
        )

    def deliver(self, by: int) -> None:
        """A node brings the record."""
        (finalized,) = (each for each in self.hub if isinstance(each, Finalized))
        fields = {"record": finalized.record, "outcome": b"", "deliverer": node(by)}
        self._told(self.gateway, TaskDelivered, node(by), task_id=TASK, **fields)

    def refund(self) -> None:
        """The requester gets its price back."""
        fields = {"requester": REQUESTER, "amount": Wei(self.price + self.tip)}
        self._told(self.gateway, TaskRefunded, REQUESTER, task_id=TASK, **fields)

    def claim(self, number: int, rank: int, *, own: int = 1, events: int = 1) -> None:
        """A node claims, maybe for several tasks in one transaction."""
        fields = {"rank": rank, "payout": node(number + 100), "amount": Wei(0)}
        self._told(self.gateway, RewardClaimed, node(number), own=own, events=events, task_id=TASK, **fields)

    def told(self, *slashed: Address) -> Told:
        """All of it."""
        (requested,) = (each for each in self.gateway if isinstance(each, TaskRequested))
        return Told(
            home_chain_id=HOME,
            requested=requested,
            hub=tuple(self.hub),
            gateway=tuple(self.gateway),
            transactions=self.sent,
            slashed=frozenset(slashed),
        )

    def _told(
        self,
        events_of: list[ContractEvent],
        kind: type[ContractEvent],
        sender: Address,
        *,
        fee: int = 100,
        own: int = 1,
        events: int = 1,
        **fields: Any,
    ) -> None:
        self.count += 1
        log = LogEvent(
            chain_id=HOME if events_of is self.hub else self.asking,
            block_number=self.count,
            block_hash=Digest(bytes(32)),
            tx_hash=Digest(self.count.to_bytes(32, "big")),
            log_index=0,
            address=CONTRACT,
            topics=(),
            data=b"",
        )
        events_of.append(kind(log=log, **fields))
        self.sent[key_of(log)] = Transaction(sender=sender, fee=Wei(fee), own=own, events=events)
