"""Several HTTP endpoints of one real chain, that die, lag, lie, throttle and forget while it is worked on."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator

import pytest
from node_world import World
from proxies import (
    Fault,
    Proxy,
    broken,
    busy,
    dead,
    forgetful,
    frozen,
    lagging,
    late,
    lying,
    proxies,
    reading,
    silent,
)

from chainboy.chain import Call, Chain, ChainProfile, KeySigner, Sender, connect
from chainboy.chain.rpc import RpcRefused
from chainboy.contracts.gateway_events import RewardClaimed
from chainboy.contracts.hub_events import Committed, EntrySkipped, Revealed
from chainboy.errors import ChainBoyError, ChainError, WrongChain
from chainboy.testing.backends import FAUCET_KEY, AnvilChain
from chainboy.units import Digest, Wei

pytestmark = pytest.mark.anvil

FAULTS = [dead, busy, broken, frozen, lagging, lying, silent]
PROFILE = ChainProfile.local(31_337)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A chain in a process of its own, with the contracts and one node that holds all active weight."""
    with AnvilChain() as backend:
        yield World([100], backend=backend)


@pytest.fixture
def endpoints(world: World) -> Iterator[list[Proxy]]:
    """Three endpoints of that chain."""
    with proxies(world.backend.url, 3) as made:  # type: ignore[attr-defined]
        for proxy in made:
            proxy.head = world.chain.head().number
        yield made


def over(endpoints: list[Proxy]) -> Chain:
    """The chain behind all of them."""
    return connect([proxy.url for proxy in endpoints], PROFILE, timeout=2)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_one_of_three_fails(world: World, endpoints: list[Proxy], fault: Fault) -> None:
    """The preferred one, in the middle of work: the head, logs and transactions are the chain's own."""
    chain = over(endpoints)
    chain.check()
    endpoints[0].fault = fault
    world.backend.mine(5)
    sender = Sender(chain, KeySigner(FAUCET_KEY))
    before = world.chain.nonce(sender.address)
    token = world.deployment.token_on(chain)
    receipts = [sender.send(token.transfer(world.gateway.address, amount)) for amount in (1, 2)]
    head = world.chain.head().number
    assert world.chain.nonce(sender.address) == before + 2
    # A copy of a transaction that comes late can make anvil mine an empty block between them.
    first, last = (receipt.block_number for receipt in receipts)
    assert first < last <= head
    assert chain.logs([token.address], [], first, head) == [log for each in receipts for log in each.logs]
    assert fault is lying or chain.head().number == head


def test_one_that_takes_a_transaction_and_dies(world: World, endpoints: list[Proxy]) -> None:
    """The others call its nonce used: it may be on its way, and it is; no other call gets its nonce."""
    chain = over(endpoints)
    sender = Sender(chain, KeySigner(FAUCET_KEY))
    chain.check()
    endpoints[0].fault, endpoints[1].fault, endpoints[2].fault = forgetful, late, late
    signed: list[Digest] = []
    with pytest.raises(ChainError) as caught:
        sender.send(Call(to=sender.address), on_signed=lambda _, tx_hash, __: signed.append(tx_hash))
    assert not isinstance(caught.value, RpcRefused)
    assert sender.wait(signed[0]).status
    endpoints[0].fault, endpoints[1].fault = None, None
    assert sender.send(Call(to=sender.address)).status
    world.chain.rpc.once("evm_setAutomine", False)
    endpoints[0].fault, endpoints[1].fault = forgetful, late
    pooled = sender.submit(Call(to=sender.address))  # the others know it already
    world.backend.mine()
    world.chain.rpc.once("evm_setAutomine", True)
    assert sender.wait(pooled).status


def test_two_of_three_fail(world: World, endpoints: list[Proxy]) -> None:
    """In any two ways."""
    chain = over(endpoints)
    chain.check()
    sender = Sender(chain, KeySigner(FAUCET_KEY))
    endpoints[0].fault, endpoints[2].fault = dead, broken
    receipt = sender.send(Call(to=sender.address, value=Wei(1)))
    assert world.chain.receipt(receipt.tx_hash) == receipt


def test_another_chain_from_the_start(world: World, endpoints: list[Proxy]) -> None:
    """One of them is dropped; if all are, it is told of each, without the keys in their addresses."""
    endpoints[0].fault = lying
    chain = over(endpoints)
    chain.check()
    assert chain.head() == world.chain.head()
    assert endpoints[0].asked == ["eth_chainId"]
    for proxy in endpoints:
        proxy.fault = lying
    with pytest.raises(WrongChain, match="the endpoint serves chain 1") as caught:
        over(endpoints).check()
    assert "secret" not in str(caught.value)
    assert all(proxy.url.rpartition("/v3")[0] in str(caught.value) for proxy in endpoints)


@pytest.mark.parametrize("fault", [dead, busy, broken, frozen], ids=lambda fault: fault.__name__)
def test_no_key_is_told(
    endpoints: list[Proxy], fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the endpoints fail with, alone or together, in errors and in the log."""
    caplog.set_level(logging.INFO)
    for proxy in endpoints:
        proxy.fault = fault
    for urls in ([endpoints[0].url], [proxy.url for proxy in endpoints]):
        with pytest.raises(ChainError) as caught:
            connect(urls, PROFILE, timeout=0.2).rpc.once("eth_blockNumber")
        assert "secret" not in str(caught.value)
    assert "secret" not in caplog.text


def test_a_node_whose_endpoints_take_turns_failing(world: World, endpoints: list[Proxy]) -> None:
    """A whole task while each of them fails in turn: committed once, revealed once, the reward claimed."""
    node = world.node(0, chain=over(endpoints))
    first = world.chain.head().number
    task = world.ask(b"input")
    faults = itertools.cycle(itertools.product(endpoints, [dead, lagging, silent, forgetful, busy]))
    claimed: tuple[RewardClaimed, ...] = ()
    for _ in range(60):
        for proxy in endpoints:
            proxy.fault = None
        broken_one, fault = next(faults)
        broken_one.head, broken_one.fault = max(0, world.chain.head().number - 6), fault
        try:
            node.step()
        except ChainBoyError as error:
            logging.getLogger(__name__).info("%s", error)
        world.backend.mine(1, seconds=2)
        logs = world.chain.logs([world.gateway.address], [], first, world.chain.head().number)
        claimed = tuple(event for event in world.gateway.events(logs, RewardClaimed) if event.task_id == task)
        if claimed:
            break
    node.close()
    assert len(claimed) == 1
    hub = world.chain.logs([world.hub.address], [], first, world.chain.head().number)
    assert [event.attempt for event in world.hub.events(hub, Committed)] == [1]
    assert len(world.hub.events(hub, Revealed)) == 1
    assert world.hub.events(hub, EntrySkipped) == ()


def test_a_node_whose_endpoint_takes_no_transactions_for_a_while(
    world: World, endpoints: list[Proxy]
) -> None:
    """It signs the very same one again and again, and all is well once that is taken."""
    node = world.node(0, chain=over(endpoints))
    task = world.ask(b"input")
    for proxy in endpoints:
        proxy.fault = reading
    for _ in range(4):
        with pytest.raises(RpcRefused, match="not available on this plan"):
            world.work([node], task)
    assert node.parts.journal.unsettled() == []
    for proxy in endpoints:
        proxy.fault = None
    world.work([node], task)
    assert world.events(world.gateway, RewardClaimed, task)
    node.close()
