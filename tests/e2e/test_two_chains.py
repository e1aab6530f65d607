"""Asked on one chain, answered on another: carried by relays or by hand, paid where it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import attrs
import pytest

from chainboy import program
from chainboy.abi import uint256
from chainboy.chain.call import Call
from chainboy.chain.client import Chain
from chainboy.chain.sender import Sender
from chainboy.chain.signer import recover
from chainboy.consensus.proof import TaskProof
from chainboy.contracts.deployment import creation
from chainboy.contracts.gateway import TaskState
from chainboy.contracts.interface import interface
from chainboy.errors import InsufficientFunds, ProofInvalid, TaskExpired, TaskPending
from chainboy.relay import Destination, Relay, RelayPolicy
from chainboy.tasks import Ask, TaskClient
from chainboy.tasks.task import Task
from chainboy.testing import AnvilChain, Backend, EmbeddedChain, LocalNetwork
from chainboy.testing.remote import LocalRemote
from chainboy.units import Address, Wei

PRICE, TIP = 10**16 + 7, 10**15
BONDS = [400, 300, 200, 100]
PAIRS = [
    pytest.param(lambda: [EmbeddedChain(), EmbeddedChain(chain_id=7)], id="embedded"),
    pytest.param(
        lambda: [AnvilChain(), AnvilChain(chain_id=7, hardfork="cancun")],
        id="anvil",
        marks=pytest.mark.anvil,
    ),
]


@program
def sum_of_squares(n: uint256) -> uint256:
    """The documented first program."""
    return sum(i * i for i in range(n))


@pytest.fixture
def network() -> Iterator[LocalNetwork]:
    """A home chain and a remote one, with a relay that carries everything."""
    with LocalNetwork(BONDS, remotes=1) as network:
        yield network


def settled(network: LocalNetwork, remote: LocalRemote, task: Task) -> Callable[[], bool]:
    """Whether every winner has its reward on the remote chain."""
    gateway = remote.gateway
    return lambda: all(gateway.is_claimed(task.id, rank) for rank in range(len(network.nodes)))


@pytest.mark.parametrize("make", PAIRS)
def test_question_and_answer(make: Callable[[], Sequence[Backend]]) -> None:
    """The same on every backend: the result, what carried it, the rewards to the wei, and the proof."""
    home, abroad = make()
    with LocalNetwork(BONDS, backend=home, remotes=[abroad]) as network:
        (remote,) = network.remotes
        genesis = remote.verifier.distribution()
        client = network.client(on=remote)
        task = client.submit(sum_of_squares, n=1000, price=PRICE, tip=TIP)
        result = task.result(timeout=120, delivered=True)
        assert (result.value, result.agreeing_weight, result.total_weight) == (332_833_500, 1000, 1000)
        assert task.request.chain_id == remote.chain.chain_id != network.chain.chain_id
        assert result.carriage is not None
        assert result.carriage.checkpoint.records_count == 1
        assert 0 <= result.carriage.stake_age < remote.verifier.profile().trust_period
        network.wait_until(settled(network, remote, task), timeout=120)
        gateway = remote.gateway
        owed = sum(gateway.credit_of(winner.payout) for winner in result.winners)
        assert owed == sum(result.rewards.shares)
        assert owed + gateway.treasury() + result.rewards.dust == PRICE
        assert gateway.credit_of(network.signer("relay").address) == TIP
        assert remote.chain.balance(gateway.address) == PRICE + TIP
        proof = TaskProof.from_json(task.proof().to_json())
        proof.verify(recover=recover, expected_genesis=genesis.stake_hash)
        with pytest.raises(ProofInvalid):
            proof.verify(recover=recover, expected_genesis=b"\x01" * 32)


def test_by_hand(network: LocalNetwork) -> None:
    """Without a relay the requester seals, submits and delivers by itself, and gets the tip back."""
    network.relay = None
    (remote,) = network.remotes
    client = network.client(on=remote)
    task = client.submit(sum_of_squares, n=10, price=PRICE, tip=TIP)
    assert task.result(timeout=60).carriage is None
    with pytest.raises(InsufficientFunds, match="cannot pay"):
        task.deliver()
    network.fund(client.address)
    with network.paused(), pytest.raises(TaskPending, match="signed by a majority"):
        task.deliver(timeout=0)
    assert task.deliver(timeout=60) is not None
    assert remote.gateway.state_of(task.id) is TaskState.DELIVERED
    assert client.credit() == TIP
    assert task.deliver() is None


def test_a_contract_is_called_back(network: LocalNetwork) -> None:
    """The user's own contract on the remote chain asks, and the relay's delivery calls it there."""
    (remote,) = network.remotes
    signer, functions = network.signer("backend"), interface("ResultKeeper").functions
    with network.paused():
        network.fund(signer.address, remote.chain)
    owner = Sender(remote.chain, signer)
    made = creation(
        "ResultKeeper", remote.deployment.gateway, owner.address, sum_of_squares.program.cid.digest
    )
    keeper = owner.send(made).contract

    def through_keeper(ask: Ask) -> Call:
        data = functions["ask"].encode(ask.input, ask.params, ask.callback_gas, ask.tip)
        return Call(to=keeper, data=data, value=ask.value)

    client = TaskClient(
        network.chain,
        network.deployment,
        remote=(remote.chain, remote.deployment),
        signer=owner,
        content=network.content,
    )
    task = client.submit(
        sum_of_squares, 10, price=PRICE, tip=TIP, callback_gas=200_000, via=through_keeper
    )
    assert task.result(timeout=120, delivered=True).value == 285
    assert task.request.requester == keeper
    answer = remote.chain.call(Call(to=keeper, data=functions["price"].encode(3_600)))
    assert int.from_bytes(answer, "big") == 285
    assert not remote.gateway.callback_failed(task.id)


def test_a_change_of_bonds_is_carried(network: LocalNetwork) -> None:
    """The next epoch's distribution reaches the remote chain, and results go on being believed there."""
    (remote,) = network.remotes
    before = remote.verifier.distribution()
    with network.paused():
        node, owner = network.nodes[0].signer.address, Sender(network.chain, network.signer("owner 0"))
        registry = network.deployment.registry_on(network.chain)
        owner.send(registry.unbond(node, 150))
    network.next_epoch()
    network.wait_until(lambda: remote.verifier.distribution().stake_total == 850)
    assert remote.verifier.distribution().epoch > before.epoch
    task = network.client(on=remote).submit(sum_of_squares, n=10, price=PRICE)
    result = task.result(timeout=60, delivered=True)
    assert (result.value, result.total_weight) == (285, 850)
    task.proof().verify(recover=recover, expected_genesis=before.stake_hash)


def test_nothing_is_sent_when_nothing_changed(network: LocalNetwork) -> None:
    """A quiet chain costs nothing until half a trust period has gone; then one checkpoint keeps it alive."""
    (remote,) = network.remotes
    network.wait_until(lambda: remote.verifier.last_number() == 0)
    network.next_epoch()
    network.next_epoch()
    hub = network.deployment.hub_on(network.chain)
    assert (hub.last_seal().number, remote.verifier.last_number()) == (0, 0)
    profile = remote.verifier.profile()
    network.advance(seconds=profile.trust_period // 2)
    network.wait_until(lambda: remote.verifier.last_number() == 1)
    assert remote.verifier.live_until() > network.chain.head().timestamp + profile.trust_period // 2
    assert hub.last_seal().number == 1


def test_nobody_answers(network: LocalNetwork) -> None:
    """Price and tip come back on the chain that asked, without any proof."""
    (remote,) = network.remotes
    with network.paused():
        for node in network.nodes:
            node.stop()
    client = network.client(on=remote)
    task = client.submit(sum_of_squares, n=10, price=PRICE, tip=TIP)
    network.advance(seconds=task.refundable_at - network.chain.head().timestamp)
    network.wait_until(lambda: remote.chain.head().timestamp >= task.refundable_at)
    with pytest.raises(TaskExpired):
        task.result(timeout=10)
    assert task.refund() is not None
    assert client.credit() == PRICE + TIP
    client.withdraw()
    assert remote.chain.balance(remote.gateway.address) == 0


def rival(network: LocalNetwork, name: str, policy: RelayPolicy) -> Relay:
    """Another relay with an account of its own."""
    (remote,) = network.remotes
    signer = network.signer(name)
    network.fund(signer.address)
    network.fund(signer.address, remote.chain)
    destination = Destination(remote.gateway, Sender(remote.chain, signer), remote.verifier)
    return Relay(Sender(network.chain, signer), network.deployment, [destination], policy=policy)


def test_a_lost_race_costs_nothing(network: LocalNetwork) -> None:
    """Two copies see the same work; what one has done the other finds done, and pays for none of it."""
    (remote,) = network.remotes
    greedy = RelayPolicy(unpaid=True)
    first, second = (rival(network, name, greedy) for name in ("first relay", "second relay"))
    network.relay = Both(first, second)
    client = network.client(on=remote)
    tasks = [client.submit(sum_of_squares, n=n, price=PRICE, tip=TIP) for n in (5, 6, 7)]
    for task in tasks:
        task.result(timeout=120, delivered=True)
    gateway = remote.gateway
    tips = [gateway.credit_of(network.signer(f"{which} relay").address) for which in ("first", "second")]
    assert sum(tips) == len(tasks) * TIP
    for which in ("first", "second"):
        address = network.signer(f"{which} relay").address
        for chain in (network.chain, remote.chain):
            sent = chain.nonce(address)
            ended = list(successes(chain, address))
            assert len(ended) == sent
            assert all(ended)


@attrs.frozen
class Both:
    """Two relays, one after the other."""

    first: Relay
    second: Relay

    def step(self) -> bool:
        """A round of each."""
        return any([self.first.step(), self.second.step()])


def successes(chain: Chain, address: Address) -> Iterator[bool]:
    """Whether each transaction of ``address`` succeeded."""
    eth = chain.web3.eth
    for number in range(chain.head().number + 1):
        for transaction in eth.get_block(number, full_transactions=True)["transactions"]:
            if transaction["from"] == address:
                yield eth.get_transaction_receipt(transaction["hash"])["status"] == 1


def test_what_does_not_pay_is_left(network: LocalNetwork) -> None:
    """Without a tip nothing is sealed, submitted or delivered; with one that covers the cost it all is."""
    (remote,) = network.remotes
    network.relay = rival(network, "business", RelayPolicy())
    client, hub = network.client(on=remote), network.deployment.hub_on(network.chain)
    free = client.submit(sum_of_squares, n=5, price=PRICE)
    free.result(timeout=60)
    for _ in range(5):
        with network.paused():
            network.relay.step()
    assert (hub.last_seal().number, remote.verifier.last_number()) == (0, 0)
    paid = client.submit(sum_of_squares, n=6, price=PRICE, tip=10**18)
    paid.result(timeout=60, delivered=True)
    assert remote.gateway.state_of(free.id) is TaskState.REQUESTED
    assert remote.gateway.credit_of(network.signer("business").address) == Wei(10**18)
