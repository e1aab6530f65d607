"""What the journal keeps, as values and as rows."""

from __future__ import annotations

import json
from typing import Any

import attrs

from chainboy.consensus.params import Params
from chainboy.consensus.request import Request
from chainboy.errors import JournalError
from chainboy.node.machine import Duty, Event, State
from chainboy.units import Address, Digest, TaskId, Timestamp, Wei

SCHEMA_VERSION = 2

SCHEMA = (
    """CREATE TABLE tasks (
        task_id {blob} PRIMARY KEY, request TEXT NOT NULL, input {blob} NOT NULL, block {integer} NOT NULL,
        state TEXT NOT NULL, attempt {integer} NOT NULL, outcome {blob}, rank {integer}, reason TEXT NOT NULL,
        terminal {flag}) {keyed}""",
    "CREATE INDEX active ON tasks (block) WHERE NOT terminal",
    """CREATE TABLE transitions (
        id {serial}, task_id {blob} NOT NULL, source TEXT NOT NULL, event TEXT NOT NULL,
        target TEXT NOT NULL, attempt {integer} NOT NULL, block {integer} NOT NULL, reason TEXT NOT NULL)""",
    "CREATE INDEX transitions_of ON transitions (task_id)",
    """CREATE TABLE transactions (
        id {serial}, nonce {integer} NOT NULL, tx_hash {blob} NOT NULL UNIQUE, raw {blob} NOT NULL,
        duty TEXT NOT NULL, task_id {blob}, settled {flag})""",
    "CREATE INDEX unsettled ON transactions (nonce) WHERE NOT settled",
    "CREATE TABLE cursors (name TEXT PRIMARY KEY, value TEXT NOT NULL) {keyed}",
)
"""The tables of version 1, but for the words that each database has its own of."""

MIGRATIONS = {
    1: (
        "CREATE TABLE readings (id {serial}, task_id {blob} NOT NULL, transcript TEXT NOT NULL)",
        "CREATE INDEX readings_of ON readings (task_id)",
    ),
}
"""What makes of each version's tables those of the next."""


@attrs.frozen(kw_only=True)
class Identity:
    """Whose journal it is: one node on one hub of one chain."""

    chain_id: int
    hub: Address
    node: Address

    @property
    def text(self) -> str:
        """One line that names all three."""
        return f"node {self.node} on hub {self.hub} of chain {self.chain_id}"

    def check(self, kept: str | None, place: str) -> None:
        """Raise :class:`~chainboy.errors.JournalError` unless the journal in ``place`` is ours."""
        if kept != self.text:
            raise JournalError(
                f"the journal {place} belongs to {kept}, this node is {self.text}; use another journal"
            )


@attrs.frozen(kw_only=True)
class Task:
    """A task as the node knows it; ``block`` is its request's, ``attempt`` 0 before the first commitment."""

    request: Request
    input: bytes
    block: int
    state: State = State.SEEN
    attempt: int = 0
    outcome: bytes | None = None
    rank: int | None = None
    """Ours among the winners, once the record is K deep."""
    reason: str = ""
    """Why we abstained, or the last thing that kept us."""
    task_id: TaskId = attrs.field(init=False)
    params: Params = attrs.field(init=False)

    @task_id.default
    def _task_id(self) -> TaskId:
        return self.request.task_id

    @property
    def looked_at(self) -> int:
        """The attempt in which our ballot matters; 0: whichever is current."""
        return 0 if self.state in (State.SEEN, State.ACCEPTED, State.COMPUTED) else self.attempt

    @params.default
    def _params(self) -> Params:
        return Params.unpack(self.request.params)


@attrs.frozen(kw_only=True)
class Transition:
    """One line of a task's history; ``block`` is the head's number when it was written."""

    task_id: TaskId
    source: State
    event: Event
    target: State
    attempt: int
    block: int
    reason: str = ""


@attrs.frozen(kw_only=True)
class Sent:
    """A signed transaction; ``task_id`` is ``None`` when it serves no single task."""

    nonce: int
    tx_hash: bytes
    raw: bytes
    duty: Duty
    task_id: TaskId | None = None


def task_row(task: Task) -> tuple[object, ...]:
    """The task's columns, in the journal's order."""
    return (
        task.task_id,
        _request_text(task.request),
        task.input,
        task.block,
        task.state.value,
        task.attempt,
        task.outcome,
        task.rank,
        task.reason,
    )


def task_of(row: tuple[Any, ...]) -> Task:
    """The task in these columns."""
    _, request, data, block, state, attempt, outcome, rank, reason = row
    return Task(
        request=_request_of(request),
        input=bytes(data),
        block=block,
        state=State(state),
        attempt=attempt,
        outcome=outcome,
        rank=rank,
        reason=reason,
    )


def _request_text(request: Request) -> str:
    fields = attrs.asdict(request)
    return json.dumps({name: v.hex() if isinstance(v, bytes) else v for name, v in fields.items()})


def _request_of(text: str) -> Request:
    fields = json.loads(text)
    return Request(
        chain_id=fields["chain_id"],
        gateway=Address(fields["gateway"]),
        requester=Address(fields["requester"]),
        nonce=fields["nonce"],
        program=bytes.fromhex(fields["program"]),
        input_hash=Digest(bytes.fromhex(fields["input_hash"])),
        price=Wei(fields["price"]),
        tip=Wei(fields["tip"]),
        callback_gas=fields["callback_gas"],
        requested_at=Timestamp(fields["requested_at"]),
        params=fields["params"],
    )
