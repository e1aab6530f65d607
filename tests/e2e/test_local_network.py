"""A whole network on the embedded chain and on anvil: asked, answered, agreed on, paid."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from chainboy import program
from chainboy.abi import int256, uint256
from chainboy.errors import ConfigError, NoConsensus
from chainboy.testing import AnvilChain, Backend, EmbeddedChain, LocalNetwork
from chainboy.testing.adversaries import lying_node

PRICE = 10**16
BACKENDS = [
    pytest.param(EmbeddedChain, id="embedded"),
    pytest.param(AnvilChain, id="anvil", marks=pytest.mark.anvil),
]


@program
def sum_of_squares(n: uint256) -> uint256:
    """The documented first program."""
    return sum(i * i for i in range(n))


@program
def negated(n: int256) -> int256:
    """A value for a median."""
    return -n


@pytest.mark.parametrize("make_backend", BACKENDS)
def test_question_and_answer(make_backend: Callable[[], Backend]) -> None:
    """The same on every backend: all four nodes agree, are paid, and the rewards add up to the price."""
    with LocalNetwork(bonds=[400, 300, 200, 100], backend=make_backend()) as network:
        client = network.client()
        task = client.submit(sum_of_squares, n=1000, price=PRICE)
        result = task.result(timeout=60, delivered=True)
        assert (result.value, result.agreeing_weight, result.total_weight) == (332_833_500, 1000, 1000)
        assert sum(result.rewards.shares) + result.rewards.treasury + result.rewards.dust == PRICE
        task.proof().verify(expected_hub=network.deployment.hub)
        median = client.submit(negated, 7, price=PRICE, mode="median", tolerance_bps=100)
        assert median.result(timeout=60).value == -7


def test_no_majority_gives_the_money_back() -> None:
    """Two halves that disagree: there is no consensus, and price and tip come back."""
    factories = {1: lying_node}
    with LocalNetwork(bonds=[100, 100], factories=factories) as network:
        client = network.client()
        task = client.submit(sum_of_squares, n=10, price=PRICE, tip=5)
        with pytest.raises(NoConsensus):
            task.result(timeout=60)
        network.wait_until(lambda: client.credit() == PRICE + 5)


def test_many_threads_ask_at_once() -> None:
    """One client, many threads: every call is its own task and none is lost."""
    with LocalNetwork(bonds=[200, 100]) as network:
        client = network.client()
        values: dict[int, int] = {}

        def ask(n: int) -> None:
            values[n] = client.submit(sum_of_squares, n=n, price=PRICE).result(timeout=120).value

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(1, 6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert values == {n: sum(i * i for i in range(n)) for n in range(1, 6)}
        assert len(client.tasks()) == len(values)


def test_a_stopped_node_is_not_missed_by_the_majority() -> None:
    """The rest is a majority; the node that was away earns nothing and loses nothing."""
    with LocalNetwork(bonds=[400, 300, 200]) as network:
        with network.paused():
            network.nodes[2].stop()
        result = network.client().submit(sum_of_squares, n=3, price=PRICE).result(timeout=60)
        assert (result.agreeing_weight, result.total_weight) == (700, 900)
        registry = network.deployment.registry_on(network.chain)
        assert registry.node_of(network.nodes[2].signer.address).bonded == 200


@pytest.mark.parametrize("bonds", [[], [5, 0]])
def test_a_network_needs_bonds(bonds: list[int]) -> None:
    """No nodes, or one without a bond, is a mistake that is told at once."""
    with pytest.raises(ConfigError, match="bond"):
        LocalNetwork(bonds)


def test_the_fixture(chainboy_network: Callable[..., LocalNetwork]) -> None:
    """The pytest fixture gives a running network."""
    network = chainboy_network(bonds=[3])
    assert network.deployment.registry_on(network.chain).total_at(1) == (3, 1)
