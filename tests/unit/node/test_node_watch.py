"""A watch in the seams of nodes on a fake chain: it changes nothing and counts all, over restarts, too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from village import EAGER, Villager, address, settle

from chainboy.chain.client import Chain
from chainboy.chain.profile import ChainProfile
from chainboy.chain.rpc import Rpc, RpcReverted
from chainboy.consensus.rewards import split_reward
from chainboy.errors import ChainBoyError, ChainError
from chainboy.events.cursor import Cursor, MemoryCursor
from chainboy.events.source import EventSource, MemorySource
from chainboy.events.watch import Watch
from chainboy.node.machine import Event, State
from chainboy.node.runner import Node
from chainboy.node.watching.watch import NodeWatch
from chainboy.testing.backends import EmbeddedChain
from chainboy.testing.fake_chain import CHAIN_ID, FakeChain
from chainboy.units import Wei, Weight

WEIGHTS = [40, 30, 20]


@pytest.fixture
def chain() -> FakeChain:
    """With three nodes' stakes."""
    return FakeChain({address(index): Weight(weight) for index, weight in enumerate(WEIGHTS)})


@pytest.fixture
def villagers(chain: FakeChain, tmp_path: Path) -> list[Villager]:
    """The three nodes."""
    return [Villager(chain, index, tmp_path) for index in range(len(WEIGHTS))]


def watch(villager: Villager) -> NodeWatch:
    """Put a watch into a node that runs."""
    made = NodeWatch()
    villager.node = Node(
        made.into(villager.node.parts, sandboxes=1), policy=EAGER, listener=made.moved, clock=made.stepped
    )
    return made


def test_a_reward_that_is_claimed_again_is_counted_once(chain: FakeChain, villagers: list[Villager]) -> None:
    """A chain that took back what was final changes no figure of what has been earned."""
    watches = [watch(villager) for villager in villagers]
    task = chain.ask(price=1_000)
    settle(chain, villagers)
    claimed = [each.ledger.claimed[CHAIN_ID] for each in watches]
    chain.reorganise(chain.head.number - task.block - 6, lose=True)
    for _ in range(chain.head.number):
        for villager in villagers:
            villager.step()
        chain.mine()
    settle(chain, villagers)
    for villager, each, before in zip(villagers, watches, claimed, strict=True):
        shown = each.ledger.snapshot()
        assert shown.events[Event.UNDONE] == 1
        assert shown.events[Event.CLAIMED] == 2
        assert each.ledger.claimed[CHAIN_ID] == before
        assert shown.tasks[State.DONE] == sum(shown.tasks.values()) == 1
        assert villager.state(task) == "done"


def test_rewards_are_those_of_the_protocol(chain: FakeChain, villagers: list[Villager]) -> None:
    """Each node's claimed wei are its share of every task's price, by weight and rank."""
    watches = [watch(villager) for villager in villagers]
    for _ in range(3):
        chain.ask(price=1_000)
    settle(chain, villagers)
    shares = split_reward(Wei(1_000), [Weight(weight) for weight in WEIGHTS]).shares
    claimed = [each.ledger.claimed[CHAIN_ID] for each in watches]
    assert sum(claimed) == 3 * sum(shares)
    for each in watches:
        shown = each.ledger.snapshot()
        assert (shown.events[Event.WON], shown.tasks[State.DONE], shown.agreement) == (3, 3, 1.0)
        assert shown.fuel >= 0
        assert shown.active
        assert shown.rounds.done > 3


def test_what_was_claimed_survives(chain: FakeChain, villagers: list[Villager]) -> None:
    """A restart before the claim is final: the reward is looked up again, and kept from then on."""
    watch(villagers[0])
    task = chain.ask(price=1_000)
    for _ in range(200):
        for villager in villagers:
            villager.step()
        if villagers[0].state(task) == "delivered":
            break
        chain.mine()
    villagers[0].restart()
    second = watch(villagers[0])
    assert second.ledger.claimed == {}
    settle(chain, villagers)
    claimed = second.ledger.claimed
    assert claimed[CHAIN_ID] > 0
    villagers[0].restart()
    third = watch(villagers[0])
    assert third.ledger.claimed == claimed
    assert third.ledger.snapshot().tasks[State.DONE] == 1


def test_a_reward_that_cannot_be_looked_up(
    chain: FakeChain, villagers: list[Villager], caplog: pytest.LogCaptureFixture
) -> None:
    """The endpoint fails at the worst moment: the node goes on, and the log says what is not counted."""
    made = watch(villagers[0])
    chain.ask(price=1_000)

    def fail(*_: object) -> None:
        raise ChainError("the endpoint cannot be reached; check its address")

    assert made._home is not None
    made._home.reward = fail  # type: ignore[method-assign]
    made.ledger.earns = lambda *_: None  # type: ignore[method-assign]
    settle(chain, villagers)
    assert villagers[0].idle
    assert made.ledger.claimed.get(CHAIN_ID, 0) == 0
    assert "is not counted" in caplog.text


def test_failed_rounds_are_counted(villagers: list[Villager]) -> None:
    """And raised as before; the time of the last good one stays."""
    made = watch(villagers[0])
    villagers[0].step()
    before = made.ledger.snapshot().rounds
    home: Any = villagers[0].node.parts.home

    def fail() -> None:
        raise ChainError("the endpoint cannot be reached; check its address")

    home.blocks = fail
    with pytest.raises(ChainError):
        villagers[0].node.step()
    after = made.ledger.snapshot().rounds
    assert (after.done, after.failed, after.last_at) == (before.done + 1, 1, before.last_at)


def test_a_watch_needs_a_node() -> None:
    """Told of a round before it knows whose: a mistake of whoever wrote that."""
    with pytest.raises(RuntimeError, match="into"):
        NodeWatch().stepped(0.1, None)


def test_a_source_shows_how_far_it_is() -> None:
    """The cursor that it had kept, and each that it keeps."""
    made = NodeWatch()
    made.ledger.knows(5, "five", 2)
    store = MemoryCursor(Cursor(7))
    cursors = []

    def source(subject: Watch) -> EventSource:
        cursors.append(subject.cursor)
        return MemorySource()

    subject = Watch(
        chain=FakeReader(), chain_id=5, addresses=(), topics=(), confirmations=2, start=0, cursor=store
    )
    made.around(source)(subject)
    assert cursors[0].load() == Cursor(7)
    assert made.ledger.snapshot().chains[5].processed == 7
    cursors[0].save(Cursor(9))
    assert made.ledger.snapshot().chains[5].processed == 9
    assert store.load() == Cursor(9)


class FakeReader:
    """Reads nothing."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AssertionError(name)


class Failing(Rpc):
    """An endpoint that fails as it is told to."""

    error: ChainBoyError | None = None

    def once(self, method: str, *params: Any) -> Any:
        """Fail, or answer."""
        if self.error is not None:
            raise self.error
        return super().once(method, *params)


@pytest.mark.chain
def test_requests_are_counted() -> None:
    """Answers, reverts and failures, tried-again ones each for themselves; the head is what was seen last."""
    backend = EmbeddedChain()
    try:
        chain_id = backend.web3.eth.chain_id
        profile = ChainProfile(name="test", chain_id=chain_id, confirmations=0, block_seconds=1)
        chain = Chain(backend.web3, profile)
        failing = Failing(chain.web3, chain.lock, attempts=1, sleep=lambda _seconds: None)
        chain.rpc = failing
        made = NodeWatch()
        made.chain(chain)
        head = chain.head()
        assert chain.block(0).number == 0
        seen = made.ledger.snapshot().chains[chain_id]
        assert (seen.requests, seen.failures, seen.head) == (2, 0, head.number)
        failing.error = RpcReverted(b"", "no")
        with pytest.raises(RpcReverted):
            chain.rpc.once("eth_call")
        failing.error = ChainError("the endpoint cannot be reached; check its address")
        with pytest.raises(ChainError):
            chain.rpc.once("eth_chainId")
        seen = made.ledger.snapshot().chains[chain_id]
        assert (seen.requests, seen.failures) == (4, 1)
    finally:
        backend.close()
