"""Following a task: each status, the result or why there is none, delivery, refund and proof."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest
from eth_abi import encode
from fake_network import (
    DEPLOYMENT,
    IDLE,
    NODES,
    PROFILE,
    SOURCE,
    TOTAL,
    FakeNetwork,
    FakeSender,
    returning,
)

from chainboy.consensus.encoding import random_outcome
from chainboy.consensus.outcome import Outcome
from chainboy.consensus.outcome import Status as Ending
from chainboy.consensus.proof import TaskProof
from chainboy.content import MemoryStore
from chainboy.contracts.gateway import TaskState
from chainboy.contracts.hub_events import AttemptOpened, Committed, Finalized
from chainboy.errors import (
    ChainError,
    ContentNotFound,
    ContractRefused,
    EncodingError,
    NoConsensus,
    ProofInvalid,
    TaskExpired,
    TaskFailed,
    TaskPending,
    TaskRefunded,
)
from chainboy.programs import Program
from chainboy.tasks import Status, Task, TaskClient
from chainboy.units import Fuel

ANSWER = returning(encode(["uint256"], [42]))
LIE = returning(encode(["uint256"], [43]))


@pytest.fixture
def task(client: TaskClient, program: Program) -> Task:
    """A task nobody has answered."""
    return client.submit(program, 5, price=1_000)


def test_result(network: FakeNetwork, task: Task, program: Program) -> None:
    """The majority's value, its weight, its winners in commit order and what each earns."""
    network.finalize(task, [ANSWER, LIE, ANSWER])
    result = task.result(timeout=0)
    assert (result.value, result.ok, result.status) == (42, True, Ending.OK)
    assert (result.agreeing_weight, result.total_weight) == (70, TOTAL)
    assert [winner.node for winner in result.winners] == [NODES[0], NODES[2]]
    assert result.rewards.shares == (150, 150)
    assert sum(result.rewards.shares) + result.rewards.treasury + result.rewards.dust == 1_000
    assert result.program == program
    assert result.task_id == task.id


def test_failures_are_results(network: FakeNetwork, client: TaskClient, program: Program) -> None:
    """What the majority agrees on may be a failure; only its value is an error, and it says which."""
    endings = {
        "raised KeyError": Outcome(Ending.RAISED, Fuel(3), b"KeyError"),
        "out of fuel": Outcome(Ending.OUT_OF_FUEL, Fuel(9), b""),
        "aborted": Outcome(Ending.ABORTED, Fuel(3), b""),
    }
    for message, outcome in endings.items():
        task = client.submit(program, 5, price=1)
        network.finalize(task, [outcome.encode()] * 3)
        result = task.result(timeout=0)
        assert not result.ok
        assert result.outcome == outcome
        with pytest.raises(TaskFailed, match=message):
            _ = result.value


def test_bytes_that_are_no_outcome(network: FakeNetwork, task: Task) -> None:
    """A majority may agree on anything: what is no outcome counts as aborted, as at the gateway."""
    network.finalize(task, [b"nonsense"] * 3)
    assert task.result(timeout=0).outcome == Outcome(Ending.ABORTED, Fuel(0), b"")
    assert task.deliver() is not None


def test_no_consensus(network: FakeNetwork, task: Task) -> None:
    """Half is not a majority: the result is an error, and the status says so."""
    network.finalize(task, [ANSWER, LIE, LIE])
    with pytest.raises(NoConsensus, match="more than half of 120"):
        task.result(timeout=0)
    assert task.status() is Status.NO_CONSENSUS


def test_median(network: FakeNetwork, client: TaskClient, program: Program) -> None:
    """MEDIAN's outcome is the median of what was revealed, fuel aside."""
    task = client.submit(program, 5, price=1, mode="median", tolerance_bps=500)
    network.finalize(task, [returning(encode(["int256"], [v]), fuel=v) for v in (101, 104, 100)])
    assert task.result(timeout=0).value == 101


def test_random(network: FakeNetwork, client: TaskClient) -> None:
    """A random number is an integer made of all contributions."""
    task = client.random(price=1)
    contributions = [bytes([i]) * 32 for i in (1, 2, 3)]
    network.finalize(task, [returning(each, fuel=0) for each in contributions])
    expected = int.from_bytes(random_outcome(task.id, contributions).payload, "big")
    result = task.result(timeout=0)
    assert (result.value, result.program) == (expected, None)


def test_a_program_that_was_lost(network: FakeNetwork, task: Task, content: MemoryStore) -> None:
    """Without the program's types the outcome is still there; only the value has to wait."""
    network.finalize(task, [ANSWER] * 3)
    content.blobs.clear()
    result = task.result(timeout=0)
    assert result.outcome == Outcome.decode(ANSWER)
    with pytest.raises(ContentNotFound, match="content store"):
        _ = result.value
    content.put(SOURCE)
    assert task.result(timeout=0).value == 42


def test_a_payload_of_other_types(network: FakeNetwork, task: Task) -> None:
    """A value that does not fit the declared types is an error, not a guess."""
    network.finalize(task, [returning(b"\1" * 31)] * 3)
    with pytest.raises(EncodingError, match="uint256"):
        _ = task.result(timeout=0).value


def test_waiting(make: Callable[..., TaskClient], network: FakeNetwork, program: Program) -> None:
    """Looks until it is there, pausing in between; the record must be final first."""
    pauses: list[float] = []

    def sleep(pause: float) -> None:
        pauses.append(pause)
        if len(pauses) == 2:
            network.finalize(task, [ANSWER] * 3)
        network.mine()

    network.profile = attrs.evolve(network.profile, confirmations=3)
    task = make(sleep=sleep, poll_interval=0.01).submit(program, 5, price=1)
    assert task.result(timeout=60).value == 42
    assert pauses == [0.01] * 4


def test_too_late(task: Task, network: FakeNetwork) -> None:
    """After the timeout the error says how far the task is."""
    with pytest.raises(TaskPending, match="is requested after 0 s"):
        task.result(timeout=0)
    assert task.poll() is None
    network.mine()


def test_waiting_for_delivery(
    make: Callable[..., TaskClient], network: FakeNetwork, program: Program
) -> None:
    """On demand the wait goes on until the gateway has the record."""
    task = make(sleep=lambda _: network.settle(task, TaskState.DELIVERED)).submit(program, 5, price=1)
    network.finalize(task, [ANSWER] * 3)
    assert task.status() is Status.FINALIZED
    assert task.result(timeout=60, delivered=True).value == 42
    assert task.status() is Status.DELIVERED


def test_statuses_of_a_round(task: Task, network: FakeNetwork) -> None:
    """Void and absent attempts wait for commits; then the clock and the missing weight decide."""
    hub, open_round = PROFILE.hub, attrs.evolve(IDLE, attempt=1, opened_at=network.time)
    assert task.status() is Status.REQUESTED
    network.round = open_round
    assert task.status() is Status.COMMITTING
    network.mine(seconds=hub.attempt_life)
    assert task.status() is Status.REQUESTED
    network.round = attrs.evolve(
        open_round,
        commit_ends_at_block=network.number + hub.phase_blocks,
        commit_ends_at=network.time + 5,
        missing_weight=1,
    )
    assert task.status() is Status.COMMITTING
    network.mine(seconds=5)
    assert task.status() is Status.COMMITTING
    network.mine(blocks=hub.phase_blocks)
    assert task.status() is Status.REVEALING
    network.round = attrs.evolve(network.round, commit_ends_at_block=network.number + 20, missing_weight=0)
    assert task.status() is Status.REVEALING


def test_expiry_and_refund(task: Task, network: FakeNetwork, sender: FakeSender) -> None:
    """Expired, then refundable, then refunded: once, whoever does it."""
    network.mine(seconds=task.params.expires_at - network.time)
    assert task.status() is Status.EXPIRED
    assert task.poll() is None
    network.mine(seconds=task.refundable_at - network.time)
    with pytest.raises(TaskExpired, match="refund it"):
        task.result(timeout=60)
    assert task.refund() is not None
    assert task.status() is Status.REFUNDED
    assert task.refund() is None
    assert len(sender.sent) == 2
    with pytest.raises(TaskRefunded, match="credited back"):
        task.poll()


def test_a_result_outlives_the_refund(task: Task, network: FakeNetwork) -> None:
    """A record that nobody delivered in time is still the majority's answer."""
    network.finalize(task, [ANSWER] * 3)
    network.mine(seconds=task.refundable_at - network.time)
    assert task.result(timeout=0).value == 42


def test_deliver(task: Task, network: FakeNetwork, sender: FakeSender) -> None:
    """The record and the outcome go to the gateway, unless somebody was faster."""
    with pytest.raises(TaskPending, match="no final record"):
        task.deliver()
    network.finalize(task, [ANSWER, LIE, ANSWER])
    assert task.deliver() is not None
    assert ANSWER in sender.sent[-1].data
    assert LIE not in sender.sent[-1].data
    assert task.status() is Status.DELIVERED
    assert task.deliver() is None
    assert len(sender.sent) == 2


def test_somebody_delivers_meanwhile(
    task: Task, network: FakeNetwork, sender: FakeSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal because the task is delivered by now is no error; any other refusal is."""
    network.finalize(task, [ANSWER] * 3)

    def faster(*_: object, **__: object) -> None:
        network.settle(task, TaskState.DELIVERED)
        raise ContractRefused("not open", "TaskNotOpen")

    monkeypatch.setattr(sender, "send", faster)
    assert task.deliver() is None
    with pytest.raises(ContractRefused):
        task.retry()


def test_a_refused_delivery(task: Task, network: FakeNetwork, sender: FakeSender) -> None:
    """A task that was refunded meanwhile cannot be delivered: the contract's words reach the caller."""
    network.finalize(task, [ANSWER] * 3)
    network.settle(task, TaskState.REFUNDED)
    with pytest.raises(ContractRefused, match="not open"):
        task.deliver()
    assert len(sender.sent) == 2


def test_delivering_no_consensus(task: Task, network: FakeNetwork, sender: FakeSender) -> None:
    """It goes with an empty outcome and gives the money back; a failed callback can be tried again."""
    network.finalize(task, [ANSWER, LIE, None])
    assert task.deliver() is not None
    assert ANSWER not in sender.sent[-1].data
    assert task.retry() is not None


def test_proof(network: FakeNetwork, client: TaskClient, program: Program) -> None:
    """The proof file holds every ballot, is bound to the hub's records, and checks itself offline."""
    first, second = (client.submit(program, n, price=1_000) for n in (5, 6))
    network.finalize(first, [ANSWER] * 3)
    network.finalize(second, [ANSWER, None, LIE])
    third = client.submit(program, 7, price=1)
    network.finalize(third, [ANSWER] * 3)
    for task in (first, second, third):
        proof = TaskProof.from_json(task.proof().to_json())
        proof.verify(expected_hub=DEPLOYMENT.hub, expected_chain_id=1337)
        assert proof.task_id == task.id
        assert proof.inclusion.records_count == 3
    revealed = [ballot.outcome for ballot in second.proof().ballots]
    assert revealed == [ANSWER, None, LIE]
    with pytest.raises(ProofInvalid):
        attrs.evolve(second.proof(), attempt=2).verify()


def test_proof_before_the_record(task: Task) -> None:
    """There is nothing to prove yet."""
    with pytest.raises(TaskPending):
        task.proof()


class TestLies:
    """An endpoint that leaves logs out or changes them is caught by counting again."""

    def test_missing_commit(self, task: Task, network: FakeNetwork) -> None:
        """One commitment less gives another record."""
        network.finalize(task, [ANSWER] * 3)
        network.events = [log for log in network.events if log.log_index != 2]
        with pytest.raises(ChainError, match="belie"):
            task.result(timeout=0)

    def test_missing_round(self, task: Task, network: FakeNetwork) -> None:
        """Logs that do not reach back to the round's beginning."""
        network.finalize(task, [ANSWER] * 3)
        network.events = network.events[-1:]
        with pytest.raises(ChainError, match="whole round"):
            task.result(timeout=0)

    def test_missing_first_record(self, client: TaskClient, network: FakeNetwork, program: Program) -> None:
        """Without it the others stand in wrong places."""
        tasks = [client.submit(program, n, price=1) for n in (1, 2)]
        for task in tasks:
            network.finalize(task, [ANSWER] * 3)
        finalized = tasks[0]._session.hub.topic(Finalized)
        lost = next(log for log in network.events if log.topics[0] == finalized)
        network.events.remove(lost)
        with pytest.raises(ChainError, match="belie the hub's records"):
            tasks[1].proof()

    def test_other_records(self, client: TaskClient, network: FakeNetwork, program: Program) -> None:
        """Records that do not lead to the hub's root are not put into a proof."""
        tasks = [client.submit(program, n, price=1) for n in (1, 2, 3)]
        for task in tasks:
            network.finalize(task, [ANSWER] * 3)
        network.leaves[0] = network.leaves[1]
        with pytest.raises(ChainError, match="belie the hub's records"):
            tasks[2].proof()


def test_earlier_attempts_do_not_count(task: Task, network: FakeNetwork) -> None:
    """Commitments of a void attempt before stay out of the tally."""
    network.finalize(task, [LIE] * 3)
    hub = task._session.hub
    kept = {hub.topic(event) for event in (AttemptOpened, Committed)} | {network.events[0].topics[0]}
    network.events = [log for log in network.events if log.topics[0] in kept]
    network.leaves.clear()
    network.mine()
    network.finalize(task, [ANSWER] * 3)
    assert len(hub.events(network.events, Committed)) == 6
    assert task.result(timeout=0).value == 42
