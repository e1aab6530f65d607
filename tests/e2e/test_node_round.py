"""Nodes on the compiled contracts: from a request to claimed rewards, with and without rule breakers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from node_world import EAGER, World, key

from chainboy.chain.client import Chain
from chainboy.consensus.encoding import keccak
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode
from chainboy.consensus.rewards import split_reward
from chainboy.content.memory import MemoryStore
from chainboy.contracts.gateway import TaskState
from chainboy.contracts.gateway_events import RewardClaimed, TaskDelivered
from chainboy.contracts.hub_events import Committed, EntrySkipped, Finalized, Revealed
from chainboy.errors import ChainError, ConfigError, JournalError, VersionMismatch, WrongChain
from chainboy.node.policy import Delivery, Policy
from chainboy.node.runner import Node
from chainboy.testing.adversaries import copying_node, lying_node
from chainboy.testing.node_fakes import FakeSandbox
from chainboy.units import TaskId

pytestmark = pytest.mark.chain

BONDS = [400, 300, 200, 100]
WORD = (5).to_bytes(32, "big")


def work(world: World, nodes: list[Node], *tasks: TaskId, rounds: int = 150) -> None:
    """Let all nodes work, block by block, until none has anything left to do."""
    for _ in range(rounds):
        for node in nodes:
            node.step()
            while node.busy:
                threading.Event().wait(0.001)
        done = [node.parts.journal for node in nodes]
        if all(not journal.active() and all(map(journal.task, tasks)) for journal in done):
            return
        world.backend.mine()
    raise AssertionError("the nodes did not finish")


def states(nodes: list[Node], task: TaskId) -> list[str]:
    """The task's state in each node."""
    return [node.parts.journal.task(task).state.value for node in nodes]


def events(world: World, contract: Any, kind: type, task: TaskId) -> list[Any]:
    """The events of one kind that name the task."""
    logs = world.chain.logs([contract.address], [], 0, world.chain.head().number)
    return [event for event in contract.events(logs, kind) if event.task_id == task]


@pytest.fixture
def world() -> Iterator[World]:
    """An embedded chain where two blocks make one final."""
    made = World(BONDS, confirmations=2)
    yield made
    made.backend.close()


@pytest.fixture
def nodes(world: World) -> Iterator[list[Node]]:
    """Four honest nodes."""
    made = [world.node(index) for index in range(4)]
    yield made
    for node in made:
        node.close()


def test_many_tasks_take_few_transactions(world: World, nodes: list[Node]) -> None:
    """Five tasks asked while nobody looked: a node commits to all in one transaction, and reveals in one."""
    tasks = [world.ask(number.to_bytes(32, "big")) for number in range(5)]
    for _ in range(2):
        world.backend.mine()  # now all of them are final
    work(world, nodes, *tasks)
    for task in tasks:
        assert states(nodes, task) == ["done"] * 4
    for kind in (Committed, Revealed):
        carried = [event.log.tx_hash for task in tasks for event in events(world, world.hub, kind, task)]
        assert len(carried) == 20
        assert len(set(carried)) == len(nodes)


def test_tasks_of_all_modes_are_answered_and_paid(world: World, nodes: list[Node]) -> None:
    """Three tasks at once: one record each, delivered, and every reward claimed to the wei."""
    tasks = [world.ask(WORD, mode=mode) for mode in Mode]
    work(world, nodes, *tasks)
    for task in tasks:
        assert states(nodes, task) == ["done"] * 4
        (record,) = events(world, world.hub, Finalized, task)
        assert record.record.agreeing_weight == sum(BONDS)
        assert world.gateway.state_of(task) is TaskState.DELIVERED
        ordered = [event.weight for event in events(world, world.hub, Committed, task)]
        claimed = sorted(events(world, world.gateway, RewardClaimed, task), key=lambda event: event.rank)
        assert [event.amount for event in claimed] == list(split_reward(10**16, ordered).shares)
        assert events(world, world.hub, EntrySkipped, task) == []


def test_liar_is_outvoted(world: World, nodes: list[Node]) -> None:
    """A node with another answer ends outvoted; the others share without it."""
    nodes[1].close()
    nodes[1] = lying_node(**options(world, 1))
    task = world.ask(WORD)
    work(world, nodes, task)
    assert states(nodes, task) == ["done", "outvoted", "done", "done"]
    (delivered,) = events(world, world.gateway, TaskDelivered, task)
    assert Outcome.decode(delivered.outcome) == Outcome(Status.OK, 32, WORD)
    assert delivered.record.agreeing_weight == 700


def test_copied_commitment_cannot_be_revealed(world: World, nodes: list[Node]) -> None:
    """The hub takes a copied commitment, no reveal fits it, and the round goes on without the copier."""
    nodes[3].close()
    nodes[3] = copying_node(**options(world, 3))
    task = world.ask(WORD)
    work(world, nodes, task)
    assert states(nodes, task) == ["done", "done", "done", "unrevealed"]
    commits = events(world, world.hub, Committed, task)
    assert len({event.node for event in commits}) == 4
    assert len({event.commitment for event in commits}) == 3
    (record,) = events(world, world.hub, Finalized, task)
    assert record.unrevealed.bit_count() == 1


def options(world: World, index: int) -> dict[str, Any]:
    """What :meth:`Node.compose` wants for the node of this index."""
    return {
        "chain": world.chain,
        "deployment": world.deployment,
        "signer": world.signers[index],
        "content": world.content,
        "sandbox": FakeSandbox(),
        "journal": ":memory:",
        "policy": EAGER,
    }


def test_abstention_has_a_reason(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A price below the minimum is refused, logged and journalled; so is a program nobody serves."""
    caplog.set_level(logging.INFO)
    node = world.node(0, policy=Policy(min_price=10**17))
    cheap = world.ask(WORD)
    work(world, [node], cheap)
    (line,) = node.parts.journal.transitions(cheap)
    assert "below our minimum" in line.reason
    assert "below our minimum" in caplog.text
    node.close()


def test_unknown_content_is_waited_for_then_let_go(world: World) -> None:
    """A program that no store has is tried a few times; then the node abstains."""
    node = world.node(0, content=MemoryStore())
    task = world.ask(WORD)
    work(world, [node], task)
    line = node.parts.journal.transitions(task)[-1]
    assert line.target.value == "abstained"
    node.close()


def test_node_without_a_seat_runs_nothing(world: World) -> None:
    """An account without weight waits for some, and neither runs nor sends anything meanwhile."""
    sandbox = FakeSandbox()
    node = world.node(0, signer=key("stranger"), sandbox=sandbox)
    task = world.ask(WORD, life=100)
    for _ in range(8):
        node.step()
        world.backend.mine(1, seconds=20)
    assert node.parts.journal.task(task).state.value == "abstained"
    assert sandbox.jobs == []
    assert world.chain.nonce(node.address) == 0
    node.close()


def test_delivery_waits_for_a_tip_that_pays(world: World) -> None:
    """By default a node delivers only what pays for its gas."""
    paid_only = attrs.evolve(EAGER, delivery=Delivery.IF_PAID)
    nodes = [world.node(index, policy=paid_only) for index in range(4)]
    free, paid = world.ask(WORD), world.ask(WORD, tip=10**17)
    for _ in range(30):
        for node in nodes:
            node.step()
        world.backend.mine()
    assert world.gateway.state_of(free) is TaskState.REQUESTED
    assert world.gateway.state_of(paid) is TaskState.DELIVERED
    for node in nodes:
        node.close()


def test_rewards_are_claimed_in_batches(world: World) -> None:
    """With a batch of three, three rewards are claimed in one transaction."""
    batched = attrs.evolve(EAGER, claim_batch=3)
    nodes = [world.node(index, policy=batched) for index in range(4)]
    tasks = [world.ask(WORD) for _ in range(3)]
    work(world, nodes, *tasks)
    claims = [event for task in tasks for event in events(world, world.gateway, RewardClaimed, task)]
    assert len(claims) == 12
    assert len({event.log.tx_hash for event in claims}) == 4
    for node in nodes:
        node.close()


def test_wrong_chain_is_refused(world: World) -> None:
    """An endpoint that serves another chain than its profile says is not worked with."""
    other = attrs.evolve(world.profile, chain_id=999)
    chain = Chain(world.backend.web3, other, lock=world.chain.lock)
    with pytest.raises(WrongChain, match="not test"):
        world.node(0, chain=chain)


def test_contracts_of_another_kind_are_refused(world: World) -> None:
    """A deployment that names something else than these contracts is not trusted."""
    nobody = attrs.evolve(world.deployment, hub=key("nobody").address)
    with pytest.raises(VersionMismatch, match="no contract"):
        world.node(0, deployment=nobody)
    crossed = attrs.evolve(world.deployment, token=world.deployment.gateway)
    with pytest.raises(ConfigError, match=r"registry\.token"):
        world.node(0, deployment=crossed)


def test_full_disk_stops_the_node_before_it_sends(world: World, tmp_path: Path) -> None:
    """When the journal cannot be written nothing is sent that it does not hold."""
    node = world.node(0, tmp_path / "journal.sqlite")
    world.ask(WORD)
    world.backend.mine(3)
    sent = world.chain.nonce(node.address)
    database = node.parts.journal._db._connection
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    database.execute("PRAGMA cache_size = 1")

    def until_full() -> None:
        for _ in range(40):
            world.ask(bytes(4_096))
            world.backend.mine(3)
            node.step()

    with pytest.raises(JournalError, match="free disk space"):
        until_full()
    held = len(node.parts.journal.unsettled()) + settled(node)
    assert world.chain.nonce(node.address) - sent <= held
    node.close()


def settled(node: Node) -> int:
    """How many transactions the journal knows to be final."""
    ((count,),) = node.parts.journal._db.read("SELECT count(*) FROM transactions WHERE settled")
    return int(count)


def test_endpoint_that_is_down_is_waited_for(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The loop survives an endpoint that fails, says so, and ends when told to."""
    node = world.node(0)
    stop = threading.Event()

    class Down:
        clocks = node.parts.home.clocks
        calls = 0

        def blocks(self) -> None:
            Down.calls += 1
            if Down.calls == 3:
                stop.set()
            raise ChainError("the endpoint does not answer; try again later")

    node.replacing(home=Down()).run(stop, pause=0.001)
    assert Down.calls == 3
    assert "does not answer" in caplog.text
    node.close()


def test_early_commit_does_not_hide_a_ballot(world: World) -> None:
    """A commitment older than the request's block is found: nobody can make a round unfinalisable by it."""
    task_id = world.ask(WORD)
    node = world.node(0)
    world.backend.mine(2)
    node.step()
    while node.busy:
        threading.Event().wait(0.001)
    node.step()
    world.backend.mine(3)
    task = node.parts.journal.task(task_id)
    late = attrs.evolve(task, block=world.chain.head().number)
    log = node.parts.home.round_log(late, world.chain.head())
    assert [ballot.node for ballot in log.ballots] == [node.address]
    assert keccak(b"") not in log.tally.words
    node.close()
