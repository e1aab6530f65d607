"""What a node reads: requests out of logs, rounds out of events, and the memory for both."""

# ruff: noqa: ARG002 - stand-ins keep the signatures of what they stand in for

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from eth_abi.abi import encode

from chainboy.chain.call import Call
from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import ZERO_HASH, address_bytes, to_address
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.record import Record, Winner
from chainboy.consensus.request import Request
from chainboy.contracts.gateway import Gateway
from chainboy.contracts.gateway_events import TaskRefunded, TaskRequested
from chainboy.contracts.hub import Hub, RoundState
from chainboy.contracts.hub_events import AttemptOpened, Committed, Finalized, Revealed
from chainboy.errors import ChainError
from chainboy.events.log import LogEvent
from chainboy.events.source import MemorySource
from chainboy.node.history import round_log
from chainboy.node.inbox import GatewayInbox
from chainboy.node.recent import Recent
from chainboy.node.rows import Task

HUB, GATEWAY, REQUESTER, NODE = (to_address(bytes([n]) * 20) for n in range(1, 5))
PARAMS = Params(mode=Mode.EXACT, commit_window=5, fuel_limit=9, expires_at=2_000)


def request() -> Request:
    """A request with the input ``data``."""
    return Request(
        chain_id=5,
        gateway=GATEWAY,
        requester=REQUESTER,
        nonce=7,
        program=keccak(b"program"),
        input_hash=keccak(b"data"),
        price=100,
        tip=1,
        callback_gas=2,
        requested_at=1_000,
        params=PARAMS.pack(),
    )


def log(
    address: str, topics: Sequence[bytes], types: Sequence[str], values: Sequence[Any], index: int = 0
) -> LogEvent:
    """A log as a chain gives it."""
    return LogEvent(
        chain_id=5,
        block_number=10 + index,
        block_hash=bytes(32),
        tx_hash=bytes(32),
        log_index=index,
        address=address,
        topics=tuple(topics),
        data=encode(types, values),
    )


def requested(*, task_id: bytes | None = None, params: int | None = None) -> LogEvent:
    """``TaskRequested`` of :func:`request`, or a forged one."""
    asked = request() if params is None else attrs.evolve(request(), params=params)
    topics = [
        Gateway.topic(TaskRequested),
        asked.task_id if task_id is None else task_id,
        asked.program,
        address_bytes(REQUESTER).rjust(32, b"\0"),
    ]
    values = [7, 100, 1, 2, 1_000, asked.params, b"data"]
    return log(GATEWAY, topics, ["uint256"] * 6 + ["bytes"], values)


def test_request_becomes_a_task() -> None:
    """Every field arrives; the task is known until it is acknowledged."""
    source = MemorySource()
    source.emit(requested())
    inbox = GatewayInbox(source)
    (task,) = inbox.poll()
    assert (task.request, task.input, task.block) == (request(), b"data", 10)
    assert len(inbox.poll()) == 1
    inbox.acknowledge()
    assert inbox.poll() == []
    inbox.acknowledge()


def test_forged_requests_are_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    """A false task id, rules of another version, or another event: logged, and the next one is served."""
    source = MemorySource()
    other = log(GATEWAY, [Gateway.topic(TaskRefunded), ZERO_HASH, ZERO_HASH], ["uint256"], [1])
    forged = [requested(task_id=b"\7" * 32), requested(params=PARAMS.pack() | 1 << 185), other]
    for index, event in enumerate([*forged, requested()]):
        source.emit(attrs.evolve(event, log_index=index))
    assert [task.request for task in GatewayInbox(source).poll()] == [request()]
    assert caplog.text.count("is passed over") == 3


class Told:
    """A chain that tells these logs and nothing else."""

    chain_id = 5

    def __init__(self, logs: list[LogEvent]) -> None:
        self._logs = logs

    def logs(self, addresses: Sequence[str], topics: Any, first: int, last: int) -> list[LogEvent]:
        """Those in the range."""
        return [each for each in self._logs if first <= each.block_number <= last]

    def call(self, call: Call, block: int | None = None, sender: str | None = None) -> bytes:
        """Nothing is called here."""
        raise AssertionError(call)


TASK = Task(request=request(), input=b"data", block=10)
STATE = RoundState(
    attempt=1,
    epoch=1,
    committed=1,
    revealed=1,
    opened_at=0,
    commit_ends_at=1_010,
    commit_ends_at_block=10,
    missing_weight=0,
    mode=Mode.EXACT,
)


def told() -> list[LogEvent]:
    """A round of one node: opened, committed, revealed, finalized."""
    node = address_bytes(NODE).rjust(32, b"\0")
    one = (1).to_bytes(32, "big")
    record = Record(
        task_id=TASK.task_id,
        outcome_hash=keccak(b"outcome"),
        agreeing_weight=5,
        total_weight=5,
        rest_weight=0,
        winners_root=ZERO_HASH,
        winners_count=1,
    )
    record = attrs.evolve(record, winners_root=Winner(rank=0, node=NODE, payout=NODE, weight=5).leaf)
    fields = "(bytes32,bytes32,uint256,uint256,uint256,bytes32,uint256)"
    return [
        log(HUB, [Hub.topic(AttemptOpened), TASK.task_id, one, one], ["uint256"], [5]),
        log(
            HUB,
            [Hub.topic(Committed), TASK.task_id, node],
            ["uint256", "uint256", "address", "uint256", "bytes32"],
            [1, 0, NODE, 5, ZERO_HASH],
            1,
        ),
        log(
            HUB,
            [Hub.topic(Revealed), TASK.task_id, node],
            ["uint256", "bytes", "bytes32"],
            [1, b"outcome", ZERO_HASH],
            2,
        ),
        log(
            HUB,
            [Hub.topic(Finalized), TASK.task_id, one],
            ["uint256", fields, "bytes32[]", "uint256[]", "uint256"],
            [0, attrs.astuple(record), [keccak(b"outcome")], [5], 0],
            3,
        ),
    ]


def read(logs: list[LogEvent], state: RoundState = STATE) -> Any:
    """The round in these logs."""
    chain = Told(logs)
    return round_log(chain, Hub(chain, HUB), TASK, state, first=0, last=20)


def test_round_is_read_and_counted() -> None:
    """Ballots, outcomes and record come out as they went in."""
    found = read(told())
    assert [(ballot.node, ballot.weight, ballot.word) for ballot in found.ballots] == [
        (NODE, 5, keccak(b"outcome"))
    ]
    assert found.outcome == b"outcome"
    assert found.record == found.tally.record
    assert read(told()[:3]).record is None


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_missing_events_are_noticed(missing: int) -> None:
    """An endpoint that leaves a part of the round out is not believed."""
    logs = told()
    del logs[missing]
    with pytest.raises(ChainError, match="do not tell the whole round"):
        read(logs)


def test_record_that_does_not_follow_is_noticed() -> None:
    """An endpoint that changes a weight contradicts the record."""
    logs = told()
    logs[1] = attrs.evolve(logs[1], data=logs[1].data[:96] + (4).to_bytes(32, "big") + logs[1].data[128:])
    with pytest.raises(ChainError, match="belie the record"):
        read(logs)


def test_round_of_another_attempt_is_not_taken() -> None:
    """The attempt that the hub's state names, or none."""
    with pytest.raises(ChainError, match="do not tell"):
        read(told(), attrs.evolve(STATE, attempt=2))


def test_recent_forgets_the_oldest_group() -> None:
    """Memory does not grow with what was seen."""
    recent, made = Recent(2), []

    def make(value: int) -> int:
        made.append(value)
        return value

    for group in (1, 2, 1, 3, 1, 2):
        assert recent.get(group, "key", lambda group=group: make(group)) == group
    assert made == [1, 2, 3, 1, 2]
