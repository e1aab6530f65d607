"""What everything that works a node must do, server or function: subclass, say how to make one, run it."""

from __future__ import annotations

import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

import pytest

from chainboy.consensus.params import Mode
from chainboy.consensus.rewards import split_reward
from chainboy.contracts.gateway_events import RewardClaimed
from chainboy.contracts.hub_events import Committed, EntrySkipped, Revealed
from chainboy.node.policy import Policy
from chainboy.testing.node_fakes import fake_program
from chainboy.testing.node_stage import EAGER, PRICE, NodeStage
from chainboy.units import TaskId, Weight

BOND = 100
"""Of the one node on the stage: it holds all active weight."""

SIGNING_KEY = "whsec_of_a_test"
"""With which the provider of the webhook ``/alchemy`` signs."""

TRANSACTIONS = 5
"""Commit, reveal, finalize, deliver, claim."""

_LOOKS = 60
_WORD = (5).to_bytes(32, "big")


class Station(Protocol):
    """Whatever works node 0 of a stage, with the webhook of one provider."""

    def work(self) -> None:
        """Let it do what it can do now; it finds by itself what there is."""
        ...

    def push(self, body: bytes, headers: Mapping[str, str]) -> int:
        """A post to ``/alchemy``; the status of its answer. It may work before it answers."""
        ...

    def restart(self) -> None:
        """Its process ends, wherever it is, and another one takes its place."""
        ...

    def lose(self) -> None:
        """The same, and all that it remembered is gone."""
        ...


Opening = Callable[[NodeStage, Policy], AbstractContextManager[Station]]


class CallsConformance(ABC):
    """What whoever hands calls and posts on to a node is tested with; see :class:`NodeConformance` for all.

    A subclass names itself ``Test…`` and supplies :meth:`open`. The stage may be shared by several suites: a
    station serves what is asked after it was opened.
    """

    @abstractmethod
    def open(self, stage: NodeStage, policy: Policy) -> AbstractContextManager[Station]:
        """A station for node 0, with no memory, which reads the chain from its head on."""

    @pytest.fixture(scope="module")
    @staticmethod
    def stage() -> Iterator[NodeStage]:
        """An embedded chain and the stake of one node."""
        made = NodeStage([BOND], confirmations=2)
        yield made
        made.backend.close()

    @pytest.fixture
    def station(self, stage: NodeStage) -> Iterator[Station]:
        """A station that takes every task."""
        with self.open(stage, EAGER) as made:
            yield made

    def test_tasks_of_all_modes_are_answered_and_paid(self, stage: NodeStage, station: Station) -> None:
        """At once: one commitment, one reveal, the whole reward each, and no needless transaction."""
        sent = _sent(stage)
        tasks = [stage.ask(_WORD, mode=mode) for mode in Mode]
        _until(stage, station, lambda: all(paid(stage, task) for task in tasks))
        for task in tasks:
            check_task(stage, task)
        assert _sent(stage) == sent + len(tasks) * TRANSACTIONS

    def test_pushes_that_repeat(self, stage: NodeStage, station: Station) -> None:
        """The same webhook again and again makes one answer."""
        task = stage.ask(_WORD)
        hint = stage.asked_in(task)
        for _ in range(2):
            assert station.push(*signed(hint)) == 200
        stage.backend.mine(3)
        assert station.push(*signed(hint)) == 200
        _until(stage, station, lambda: paid(stage, task))
        assert station.push(*signed(hint)) == 200
        check_task(stage, task)

    def test_pushes_that_are_forged(self, stage: NodeStage, station: Station) -> None:
        """Unsigned ones are refused, and those of nothing at all lead to nothing."""
        sent = _sent(stage)
        body, headers = signed("0x" + "ab" * 32)
        assert station.push(body, {**headers, "X-Alchemy-Signature": "0" * 64}) == 400
        assert station.push(body + b" ", headers) == 400
        assert station.push(body, {}) == 400
        assert station.push(body, headers) == 200
        station.work()
        assert _sent(stage) == sent

    def test_a_denied_program_is_not_answered(self, stage: NodeStage) -> None:
        """What the operator refuses stays undone, whoever pushes it."""
        sent, source = _sent(stage), fake_program("denied")
        task = stage.ask(_WORD, source=source)
        denied = Policy(denied=frozenset({hashlib.sha256(source).digest()}))
        with self.open(stage, denied) as station:
            for _ in range(2):
                stage.backend.mine(stage.profile.confirmations)
                station.work()
                station.push(*signed(stage.asked_in(task)))
        assert stage.events(stage.hub, Committed, task) == []
        assert _sent(stage) == sent


class NodeConformance(CallsConformance):
    """All tests: those, and what a node must stand that loses its process, or its memory, at any time."""

    def test_memory_lost_after_the_commitment(self, stage: NodeStage, station: Station) -> None:
        """The answer is computed again, and the salt is the same."""
        task = stage.ask(_WORD)
        _until(stage, station, lambda: bool(stage.events(stage.hub, Committed, task)))
        station.lose()
        _until(stage, station, lambda: paid(stage, task))
        check_task(stage, task)

    def test_memory_lost_all_the_time(self, stage: NodeStage, station: Station) -> None:
        """Whatever is forgotten, nothing is done twice: the chain knows."""
        sent = _sent(stage)
        task = stage.ask(_WORD, mode=Mode.RANDOM)
        _until(stage, station, lambda: paid(stage, task), between=station.lose)
        check_task(stage, task)
        assert _sent(stage) == sent + TRANSACTIONS

    def test_restarted_all_the_time(self, stage: NodeStage, station: Station) -> None:
        """A new process for each block does what one does."""
        sent = _sent(stage)
        task = stage.ask(_WORD)
        _until(stage, station, lambda: paid(stage, task), between=station.restart)
        check_task(stage, task)
        assert _sent(stage) == sent + TRANSACTIONS


def signed(*hashes: str) -> tuple[bytes, dict[str, str]]:
    """A webhook of these transactions as Alchemy posts it: body and headers."""
    logs = [{"transaction": {"hash": tx}} for tx in hashes]
    body = json.dumps({"id": "whevt_1", "event": {"data": {"block": {"logs": logs}}}}).encode()
    signature = hmac.new(SIGNING_KEY.encode(), body, hashlib.sha256).hexdigest()
    return body, {"X-Alchemy-Signature": signature, "Content-Type": "application/json"}


def paid(stage: NodeStage, task: TaskId) -> bool:
    """Whether the node's reward is credited."""
    return bool(stage.events(stage.gateway, RewardClaimed, task))


def check_task(stage: NodeStage, task: TaskId) -> None:
    """Committed once, revealed once, nothing skipped, the whole reward claimed."""
    assert [event.attempt for event in stage.events(stage.hub, Committed, task)] == [1]
    assert len(stage.events(stage.hub, Revealed, task)) == 1
    assert stage.events(stage.hub, EntrySkipped, task) == []
    claimed = [event.amount for event in stage.events(stage.gateway, RewardClaimed, task)]
    assert claimed == list(split_reward(PRICE, [Weight(BOND)]).shares)


def _until(
    stage: NodeStage,
    station: Station,
    condition: Callable[[], bool],
    *,
    between: Callable[[], None] = lambda: None,
) -> None:
    """Let it work, block by block."""
    for _ in range(_LOOKS):
        station.work()
        if condition():
            return
        between()
        stage.backend.mine(stage.profile.confirmations)
    pytest.fail("the node does not get on with the task")


def _sent(stage: NodeStage) -> int:
    """How many transactions of the node are in blocks."""
    return stage.chain.nonce(stage.signers[0].address, pending=False)
