"""How often a node waits for its endpoint, on the compiled contracts: what is read together is one wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from node_world import World

from chainboy.chain.client import Chain
from chainboy.chain.question import Answer, Question
from chainboy.node.runner import Node

pytestmark = pytest.mark.chain


class Trips:
    """Stands in for a chain's requests, and keeps what was asked in each round trip."""

    def __init__(self, chain: Chain) -> None:
        self._rpc = chain.rpc
        self.web3, self.lock = chain.rpc.web3, chain.rpc.lock
        self.made: list[list[str]] = []
        self.found: list[bool] = []

    def read(self, method: str, *params: Any) -> Any:
        """One request."""
        return self._noted([method], self._rpc.read(method, *params))

    def once(self, method: str, *params: Any) -> Any:
        """One request."""
        return self._noted([method], self._rpc.once(method, *params))

    def together(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """Several requests, one round trip."""
        methods = [each.method for each in questions]
        answers: Sequence[Answer] = self._noted(methods, self._rpc.together(questions))
        return answers

    def _noted(self, methods: list[str], answer: Any) -> Any:
        self.made.append(methods)
        self.found.append(methods == ["eth_getLogs"] and bool(answer))
        return answer


@pytest.fixture
def world() -> Iterator[World]:
    """Two nodes' stakes, none running yet."""
    made = World([300, 200])
    yield made
    made.backend.close()


@pytest.fixture
def counted(world: World) -> Iterator[tuple[Node, Trips]]:
    """A node that has looked at the chain once, and its round trips from then on."""
    chain = Chain(world.backend.web3, world.profile, lock=world.chain.lock)
    trips = Trips(chain)
    chain.rpc = trips
    node = world.node(0, chain=chain)
    node.step()
    trips.made.clear()
    trips.found.clear()
    yield node, trips
    node.close()


def until_sent(node: Node, trips: Trips) -> list[list[str]]:
    """The round trips between the request's log and the first transaction."""
    for _ in range(100):
        node.step()
        if ["eth_sendRawTransaction"] in trips.made:
            break
        threading.Event().wait(0.005)
    return trips.made[trips.found.index(True) + 1 : trips.made.index(["eth_sendRawTransaction"])]


def test_from_event_to_commitment(world: World, counted: tuple[Node, Trips]) -> None:
    """What the round and our seat look like; what the transaction needs: then it is sent.

    A program that is not done at once costs another look at the chain, which is all there is besides.
    """
    world.ask()
    between = until_sent(*counted)
    assert len(between) <= 5
    assert between[0] == ["eth_call"] * 3
    prepared = {"eth_estimateGas", "eth_getBlockByNumber", "eth_getTransactionCount", "eth_call"}
    assert prepared <= set(between[-1])


def test_many_tasks_are_looked_at_together(world: World, counted: tuple[Node, Trips]) -> None:
    """The round trips of a look do not grow with the number of tasks."""
    node, trips = counted
    for price in range(10):
        world.ask(price=10**16 + price)
    node.step()
    looks = [trip for trip in trips.made if len(trip) > 5]
    assert looks[0] == ["eth_call"] * 12  # ten rounds, and what our seat needs


def test_a_round_without_news(world: World, counted: tuple[Node, Trips]) -> None:
    """Heads, what became of the last block, requests, checkpoints, and our seat: all but one once a block."""
    node, trips = counted
    node.step()
    assert trips.made == [["eth_getBlockByNumber"]] * 2
    trips.made.clear()
    world.backend.mine()
    node.step()
    assert len(trips.made) <= 6
    assert trips.made.count(["eth_call", "eth_call"]) == 1
