"""The requester's client on real contracts with real nodes: every way to ask, and to get money back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from chainboy import demo
from chainboy.abi import string, uint256
from chainboy.chain.call import Call
from chainboy.chain.sender import Sender
from chainboy.consensus.outcome import Status as Ending
from chainboy.consensus.proof import TaskProof
from chainboy.contracts.codec import encode_values
from chainboy.contracts.deployment import creation
from chainboy.contracts.gateway import TaskState
from chainboy.contracts.interface import interface
from chainboy.errors import ContractRefused, TaskExpired, TaskFailed, TaskNotFound, TaskRefunded
from chainboy.programs import program
from chainboy.tasks import Ask, AsyncTaskClient, DirectorySubmissions, Status, TaskClient
from chainboy.testing.network import LocalNetwork

pytestmark = [pytest.mark.chain, pytest.mark.xdist_group("requester")]

PRICE = 10**16


@program(files={"name": b"ChainBoy"})
def greeting(times: uint256) -> tuple[string, uint256]:
    """Text and a number, from a data file."""
    from chainboy import files  # noqa: PLC0415

    return files["name"].decode() * times, times


@pytest.fixture(scope="module")
def network() -> Iterator[LocalNetwork]:
    """Three nodes."""
    with LocalNetwork(bonds=[400, 300, 200]) as running:
        yield running


@pytest.fixture
def client(network: LocalNetwork) -> TaskClient:
    """The account that asks."""
    return network.client()


def test_a_function_with_data(network: LocalNetwork, client: TaskClient) -> None:
    """Value, weights, rewards; a reader finds it from its id alone; its proof stands against the hub."""
    task = client.submit(greeting, 2, price=PRICE, tip=7)
    result = task.result(timeout=60, delivered=True)
    assert result.value == greeting(2) == ("ChainBoyChainBoy", 2)
    assert result.agreeing_weight == result.total_weight == 900
    shares = result.rewards
    assert sum(shares.shares) + shares.treasury + shares.dust == PRICE
    assert result.outcome.fuel == client.estimate(greeting, 2).fuel
    assert task.status() is Status.DELIVERED
    assert task.deliver() is None
    reader = TaskClient(network.chain, network.deployment, content=network.content)
    again = reader.task(task.id)
    assert again.poll() == result
    proof = TaskProof.from_json(again.proof().to_json())
    root = network.deployment.hub_on(network.chain).at(proof.inclusion.block_number).records_root()
    proof.verify(expected_root=root, expected_hub=network.deployment.hub)


def test_failures(client: TaskClient, network: LocalNetwork) -> None:
    """A program that raises and one that never ends have results, too."""
    demo.publish(network.content)
    raising = client.submit(demo.load(demo.RAISES).cid, 1, 0, price=PRICE)
    endless = client.submit(demo.load(demo.ENDLESS), 27, price=PRICE, fuel_limit=10**7)
    result = raising.result(timeout=60)
    assert result.status is Ending.RAISED
    with pytest.raises(TaskFailed, match="ZeroDivisionError"):
        _ = result.value
    outcome = endless.result(timeout=60).outcome
    assert (outcome.status, outcome.fuel, outcome.payload) == (Ending.OUT_OF_FUEL, 10**7, b"")


def test_asyncio(client: TaskClient) -> None:
    """Several tasks at once from one event loop, each with its own answer."""

    async def ask(n: int) -> object:
        task = await AsyncTaskClient(client).submit(greeting, n, price=PRICE)
        return (await task.result(timeout=60)).value

    async def ask_all() -> list[object]:
        return list(await asyncio.gather(*(ask(n) for n in (1, 2, 3))))

    assert asyncio.run(ask_all()) == [("ChainBoy" * n, n) for n in (1, 2, 3)]


def test_refusals_in_words(client: TaskClient) -> None:
    """What the gateway refuses is said with its reason, and costs nothing."""
    with pytest.raises(ContractRefused) as caught:
        client.submit(greeting, 1, price=0)
    assert caught.value.name == "PriceBelowMinimum"
    with pytest.raises(ContractRefused) as caught:
        client.submit(greeting, 1, price=PRICE, lifetime=1)
    assert caught.value.name == "ExpiresTooSoon"
    with pytest.raises(TaskNotFound):
        client.task(bytes(32))


def test_one_key_one_task(network: LocalNetwork, tmp_path: Path) -> None:
    """Another process with the same key directory gets the same task."""
    signer = network.signer("idempotent")
    network.fund(signer.address)

    def process() -> TaskClient:
        return TaskClient(
            network.chain,
            network.deployment,
            signer=signer,
            content=network.content,
            submissions=DirectorySubmissions(tmp_path),
        )

    first = process().random(price=PRICE, idempotency_key="today's draw")
    second = process().random(price=PRICE, idempotency_key="today's draw")
    assert first.id == second.id
    assert len(process().tasks()) == 1
    assert 0 <= first.result(timeout=60).value < 2**256


def test_through_the_users_own_contract(network: LocalNetwork) -> None:
    """The consumer asks, is called back with the result, and keeps it."""
    signer = network.signer("backend")
    network.fund(signer.address)
    sender = Sender(network.chain, signer)
    made = demo.load(demo.RAISES)
    receipt = sender.send(
        creation("ResultKeeper", network.deployment.gateway, sender.address, made.cid.digest)
    )
    keeper, functions = receipt.contract, interface("ResultKeeper").functions
    assert keeper is not None

    def ask(ask: Ask) -> Call:
        data = functions["ask"].encode(ask.input, ask.params, ask.callback_gas, ask.tip)
        return Call(to=keeper, data=data, value=ask.value)

    client = TaskClient(network.chain, network.deployment, signer=sender, content=network.content)
    task = client.submit(made, 85, 2, price=PRICE, callback_gas=200_000, via=ask)
    assert task.request.requester == keeper
    assert task.result(timeout=60, delivered=True).value == 42
    answer = network.chain.call(Call(to=keeper, data=functions["price"].encode(10**6)))
    assert answer == encode_values(functions["price"].outputs, [42])
    assert [each.id for each in client.tasks(keeper)] == [task.id]


def test_nobody_answers() -> None:
    """Without nodes the task expires; a refund and a withdrawal bring back all but the gas."""
    with LocalNetwork(bonds=[1]) as network:
        network.nodes[0].stop()
        _expire_and_refund(network, network.client())


def _expire_and_refund(network: LocalNetwork, client: TaskClient) -> None:
    task = client.submit(greeting, 1, price=PRICE, tip=5)
    assert task.status() is Status.REQUESTED
    network.advance(seconds=task.params.expires_at - network.chain.head().timestamp)
    assert task.status() is Status.EXPIRED
    with pytest.raises(ContractRefused) as caught:
        task.refund()
    assert caught.value.name == "RefundTooEarly"
    network.advance(seconds=task.refundable_at - network.chain.head().timestamp)
    with pytest.raises(TaskExpired):
        task.result(timeout=60)
    assert task.refund() is not None
    assert task.refund() is None
    assert task.status() is Status.REFUNDED
    with pytest.raises(TaskRefunded):
        task.result(timeout=60)
    gateway = network.deployment.gateway_on(network.chain)
    assert gateway.state_of(task.id) is TaskState.REFUNDED
    assert client.credit() == PRICE + 5
    before = network.chain.balance(client.address)
    receipt = client.withdraw()
    assert network.chain.balance(client.address) == before + PRICE + 5 - receipt.gas_used * receipt.gas_price
    assert client.credit() == 0
