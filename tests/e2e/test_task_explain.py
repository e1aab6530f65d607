"""Tasks of a real network explained and replayed, against what the contracts and balances themselves say."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from chainboy.abi import uint256
from chainboy.chain.client import Chain
from chainboy.cli import task as commands
from chainboy.cli.main import main
from chainboy.cli.task_place import TaskPlace
from chainboy.consensus.outcome import Outcome, Status
from chainboy.contracts.gateway import TaskState
from chainboy.errors import ChainError, TaskNotFound, TaskPending
from chainboy.explain import Explanation, explain, gather
from chainboy.explain.replay import replay
from chainboy.explain.telling import to_lines
from chainboy.programs import program
from chainboy.sandbox.protocol import Job, Run
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.tasks.task import Task
from chainboy.testing.network import LocalNetwork
from chainboy.units import Fuel, TaskId

pytestmark = [pytest.mark.chain, pytest.mark.xdist_group("explain")]

PRICE, TIP = 10**16, 10**12


@program
def cube(n: uint256) -> uint256:
    """Something to compute."""
    return n**3


@pytest.fixture(scope="module")
def settled() -> Iterator[tuple[LocalNetwork, Task]]:
    """Three nodes of different weights, and their first task, whose rewards have all been claimed."""
    with LocalNetwork(bonds=[5, 4, 3]) as network:
        asked = network.client().submit(cube, 7, price=PRICE, tip=TIP)
        won = asked.result(timeout=120, delivered=True)
        gateway = network.deployment.gateway_on(network.chain)
        ranks = range(len(won.winners))
        network.wait_until(lambda: all(gateway.is_claimed(asked.id, rank) for rank in ranks), timeout=120)
        yield network, asked


@pytest.fixture
def network(settled: tuple[LocalNetwork, Task]) -> LocalNetwork:
    """The network."""
    return settled[0]


@pytest.fixture
def task(settled: tuple[LocalNetwork, Task]) -> Task:
    """The task."""
    return settled[1]


def explained(network: LocalNetwork, task_id: bytes) -> Explanation:
    """The task's explanation now."""
    chain, deployment = network.chain, network.deployment
    return explain(gather(deployment.hub_on(chain), deployment.gateway_on(chain), TaskId(task_id)))


def test_it_is_what_the_contracts_say(network: LocalNetwork, task: Task) -> None:
    """State, record, each weight, ballot, reward and claim."""
    found = explained(network, task.id)
    hub, gateway = network.deployment.hub_on(network.chain), network.deployment.gateway_on(network.chain)
    registry = network.deployment.registry_on(network.chain)
    assert found.state == "delivered"
    assert gateway.state_of(task.id) is TaskState.DELIVERED
    assert found.record is not None
    assert found.record.hash == hub.record_hash_of(task.id)
    (attempt,) = found.attempts
    assert (attempt.total_weight, attempt.epoch) == (12, hub.round_of(task.id).epoch)
    for node in found.nodes:
        assert (node.weight, node.payout) == registry.snapshot_at(node.node, attempt.epoch)
        assert hub.ballot_of(task.id, node.attempt, node.node).name == "REVEALED"
        assert node.agreed
        assert node.rank is not None
        assert gateway.is_claimed(task.id, node.rank) == node.claimed == True  # noqa: E712 - both
        assert node.reward == gateway.reward_of(
            price=PRICE,
            rest_weight=found.record.rest_weight,
            winners_count=found.record.winners_count,
            rank=node.rank,
            weight=node.weight,
        )
    assert found.rewards is not None
    assert found.rewards.treasury == gateway.treasury_share_of(PRICE, found.record.winners_count)
    assert sum(node.tip for node in found.nodes) == TIP
    assert found.finalized_by in {node.node for node in found.nodes}


def test_gas_is_what_balances_lost(network: LocalNetwork, task: Task) -> None:
    """Over the blocks of this one task nodes paid just what is told: nothing else happened in them."""
    found = explained(network, task.id)
    first = found.requested.log.block_number
    gateway = network.deployment.gateway_on(network.chain)
    told = gather(network.deployment.hub_on(network.chain), gateway, task.id)
    last = told.gateway[-1].log.block_number
    web3 = network.chain.web3
    for node in found.nodes:
        with network.chain.lock:
            before, after = (web3.eth.get_balance(node.node, block) for block in (first, last))
        assert before - after == node.gas(network.chain.chain_id)
        assert {expense.kind for expense in node.expenses} >= {"commit", "reveal", "claim"}
        assert found.profit(node) == node.reward + node.tip - (before - after)


def test_a_node_that_stays_silent(network: LocalNetwork) -> None:
    """A random number of two nodes: what each drew, and the third is not there."""
    network.nodes[2].stop()
    try:
        task = network.client().random(price=PRICE)
        task.result(timeout=120)
        found = explained(network, task.id)
    finally:
        network.nodes[2].start()
    assert [node.node for node in found.nodes if node.revealed] == [node.node for node in found.nodes]
    assert (len(found.nodes), found.attempts[0].committed_weight) == (2, 9)
    assert found.outcome
    assert any("9 of 12 tokens agreed" in line for line in to_lines(found))


def test_a_task_that_is_young(network: LocalNetwork) -> None:
    """Before anybody commits there is nothing to tell but the request; the rest comes as it happens."""
    with network.paused():
        task = network.client("young").submit(cube, 2, price=PRICE, fuel_limit=10**9)
        found = explained(network, task.id)
    assert (found.state, found.nodes, found.attempts, found.record) == ("open", (), (), None)
    assert "attempt   none: no node has committed" in list(to_lines(found))
    task.result(timeout=120)


def test_nothing_of_that_name(network: LocalNetwork) -> None:
    """A sentence that names the gateway."""
    with pytest.raises(TaskNotFound, match="has no task"):
        explained(network, bytes(32))


@pytest.mark.parametrize("hidden", ["logs of the hub", "logs of the gateway", "some of a receipt"])
def test_an_endpoint_that_leaves_something_out(
    network: LocalNetwork, task: Task, monkeypatch: pytest.MonkeyPatch, hidden: str
) -> None:
    """Half of the story is not told as the whole of it."""
    chain, deployment = network.chain, network.deployment
    liar = Chain(chain.web3, chain.profile, lock=chain.lock)
    if hidden == "some of a receipt":
        read = liar.rpc.read

        def without_logs(method: str, *params: object) -> object:
            answer = read(method, *params)
            return {**answer, "logs": []} if method == "eth_getTransactionReceipt" else answer

        monkeypatch.setattr(liar.rpc, "read", without_logs)
    else:
        address = deployment.hub if "hub" in hidden else deployment.gateway
        logs = liar.logs
        monkeypatch.setattr(
            liar, "logs", lambda addresses, *rest: [] if address in addresses else logs(addresses, *rest)
        )
    with pytest.raises(ChainError, match="use another"):
        gather(deployment.hub_on(liar), deployment.gateway_on(liar), task.id)


def test_a_task_of_another_chain() -> None:
    """Commits are paid for at home, claims and delivery there; the record is the hub's."""
    with LocalNetwork(bonds=[3, 2], remotes=1) as network:
        (remote,) = network.remotes
        task = network.client(on=remote).random(price=PRICE, tip=TIP)
        task.result(timeout=120, delivered=True)
        found = explain(gather(network.deployment.hub_on(network.chain), remote.gateway, task.id))
        assert found.state == "delivered"
        assert (found.home_chain_id, found.requested.log.chain_id) == (
            network.chain.chain_id,
            remote.chain.chain_id,
        )
        assert [node.reward for node in found.nodes] == [PRICE * 15 // 100] * 2
        assert all(node.gas(network.chain.chain_id) > 0 for node in found.nodes)
        assert [found.profit(node) for node in found.nodes] == [None, None]
        assert replay(found).same


def test_the_command(
    network: LocalNetwork, task: Task, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As text and as JSON, with values where the program is at hand."""
    here(network, monkeypatch)
    name, store = f"0x{task.id.hex()}", str(network.directory / "content")
    told = run("explain", name, "--store", store, capsys=capsys)
    assert told[0] == 0
    assert "outcome   returned 343" in told[1]
    code, out = run("explain", name, "--json", capsys=capsys)
    table = json.loads(out)
    assert (code, table["state"], len(table["nodes"])) == (0, "delivered", 3)
    assert table["told"] == f"returned 0x{343:064x}"


def here(network: LocalNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command's network is the one in this process, which no file can name."""
    place = TaskPlace(home=network.chain, deployment=network.deployment, remote=None)
    monkeypatch.setattr(commands, "place_of", lambda _file, _name: place)


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and output of a ``chainboy task`` command."""
    with pytest.raises(SystemExit) as caught:
        main(["task", *arguments, "--network", __file__])
    assert isinstance(caught.value.code, int)
    return caught.value.code, capsys.readouterr().out


def test_a_replay_agrees(
    network: LocalNetwork, task: Task, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same program and input give the record's bytes; without the program it says what is wanted."""
    here(network, monkeypatch)
    name, store = f"0x{task.id.hex()}", str(network.directory / "content")
    code, out = run("replay", name, "--store", store, capsys=capsys)
    assert (code, out.splitlines()[0], out.splitlines()[-1]) == (
        0,
        "here      returned 343",
        "agrees with the record",
    )
    code, out = run("replay", name, "--store", store, "--json", capsys=capsys)
    assert (code, json.loads(out)["same"]) == (0, True)
    assert run("replay", name, capsys=capsys) == (1, "")


def test_a_replay_differs(network: LocalNetwork, task: Task) -> None:
    """A sandbox that computes something else is found out, with both results and both figures of fuel."""
    honest = replay(explained(network, task.id), network.content, [WasmSandbox()])
    assert honest.same
    done = replay(explained(network, task.id), network.content, [Wrong()])
    assert not done.same
    assert "returned 1, the record says that it returned 343" in done.differences[0]
    assert "here it used 5 of fuel" in done.differences[1]


def test_a_random_number_is_drawn_again(network: LocalNetwork) -> None:
    """From the events alone, the same that the client reads."""
    task = network.client("random").random(price=PRICE)
    result = task.result(timeout=120)
    done = replay(explained(network, task.id))
    assert done.same
    assert Outcome.decode(done.mine) == result.outcome


def test_a_median_within_its_tolerance(network: LocalNetwork) -> None:
    """What fuel a run took does not count, the value does."""
    task = network.client("median").submit(cube, 7, price=PRICE, mode="median", tolerance_bps=100)
    task.result(timeout=120)
    told = explained(network, task.id)
    assert replay(told, network.content, [WasmSandbox()]).same
    (far,) = replay(told, network.content, [Wrong()]).differences
    assert far == "here the program returned 1, over 100 hundredths of a percent from 343"


def test_nothing_to_compare_with(network: LocalNetwork) -> None:
    """A task that has no record yet."""
    with network.paused():
        task = network.client("early").submit(cube, 3, price=PRICE, fuel_limit=10**9)
        with pytest.raises(TaskPending, match="no record yet"):
            replay(explained(network, task.id))
    task.result(timeout=120)


class Wrong(WasmSandbox):
    """A runtime that is broken."""

    def run(self, job: Job) -> Run:  # noqa: ARG002 - the protocol's signature
        """One, whatever was asked."""
        return Run(outcome=Outcome(Status.OK, Fuel(5), bytes(31) + b"\x01"), logs="", seconds=0.0)
