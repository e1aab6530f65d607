"""Honest nodes on a fake chain, each with its journal on disk, that can be killed at any journal write."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Literal

import attrs

from chainboy.consensus.fields import to_address
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode
from chainboy.events.log import BlockRef
from chainboy.node.budget import Due
from chainboy.node.home import Answer
from chainboy.node.journal import Journal
from chainboy.node.machine import Duty
from chainboy.node.parts import Parts
from chainboy.node.policy import Delivery, Policy
from chainboy.node.rows import Identity, Task, Transition
from chainboy.node.runner import Node
from chainboy.node.salts import Secrets
from chainboy.testing.fake_chain import CHAIN_ID, HUB, FakeChain, Transaction
from chainboy.testing.fake_home import FakeHome, FakeInbox, FakeSubmitter
from chainboy.units import Address, Fuel, TaskId, Timestamp

EAGER = Policy(delivery=Delivery.ALWAYS, finalize_backoff=0)


class Killed(BaseException):
    """The process ended here."""


@attrs.frozen
class Key:
    """A signer's secret part."""

    name: str

    def derive(self, label: bytes) -> bytes:
        """As a real signer does."""
        return hmac.digest(self.name.encode(), label, hashlib.sha256)


class Truth:
    """A solver that knows every outcome at once; RANDOM contributions are the node's own."""

    busy = False

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self.runs = 0

    def refusal(self, task: Task, due: Due, now: Timestamp) -> str | None:
        """There is always time."""
        del task, due, now

    def solve(self, task: Task, due: Due) -> Answer | None:
        """The outcome."""
        del due
        self.runs += 1
        if task.params.mode is Mode.RANDOM:
            return Outcome(Status.OK, Fuel(0), self._secrets.contribution(task.task_id)).encode()
        return Outcome(Status.OK, Fuel(7), (42).to_bytes(32, "big")).encode()

    def forget(self, task_id: TaskId) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing runs."""


class WatchedChain(FakeChain):
    """Notes, with every reveal that is broadcast, whether the commit phase was over K deep by then."""

    def __init__(self, bonds: dict[Address, int], *, confirmations: int = 2) -> None:
        super().__init__(bonds, confirmations=confirmations)
        self.early_reveals: list[tuple[Transaction, BlockRef]] = []

    def broadcast(self, transaction: Transaction) -> None:
        """Look at the clock first."""
        if transaction.label[0] == Duty.REVEAL.value and not self._open(transaction):
            self.early_reveals.append((transaction, self.deep))
        super().broadcast(transaction)

    def _open(self, transaction: Transaction) -> bool:
        from chainboy.consensus.round import Moment  # noqa: PLC0415

        task_id = TaskId(bytes.fromhex(transaction.label[1]))
        round_ = self.state(self.deep.number).rounds.round_of(task_id)
        return round_.is_commit_phase_over(Moment(self.deep.number, self.deep.timestamp))


class Villager:
    """One node: its key and its journal's file stay, the rest ends when it is killed."""

    def __init__(self, chain: FakeChain, index: int, folder: Path, policy: Policy = EAGER) -> None:
        self.chain = chain
        self.address = address(index)
        self.secrets = Secrets(deriver=Key(f"key {index}"), home_chain_id=CHAIN_ID, hub=HUB)
        self.path = folder / f"{index}.sqlite"
        self.policy = policy
        self.fuse: int | None = None
        self.fuse_stage = "after"
        self.kills = 0
        self.told: list[Transition] = []
        self.node = self._start()

    def _start(self) -> Node:
        journal = Journal(
            self.path, Identity(chain_id=CHAIN_ID, hub=HUB, node=self.address), probe=self._probe
        )
        parts = Parts(
            address=self.address,
            home=FakeHome(self.chain, self.address),
            submitter=FakeSubmitter(self.chain, self.address, journal),
            inbox=FakeInbox(self.chain),
            solver=Truth(self.secrets),
            journal=journal,
            secrets=self.secrets,
        )
        return Node(parts, policy=self.policy, listener=self.told.append)

    def _probe(self, stage: Literal["before", "after"]) -> None:
        if self.fuse is None or stage != self.fuse_stage:
            return
        self.fuse -= 1
        if self.fuse < 0:
            self.fuse = None
            raise Killed

    def step(self) -> bool:
        """A round of work; a node that is killed in it starts anew."""
        try:
            return self.node.step()
        except Killed:
            self.kills += 1
            self.restart()
            return True

    def restart(self) -> None:
        """End the process and start it again on the same journal."""
        self.node.close()
        self.node = self._start()

    def lose_memory(self) -> None:
        """The journal's disk is gone; start with an empty one."""
        self.node.close()
        for name in (self.path, *self.path.parent.glob(f"{self.path.name}-*")):
            name.unlink(missing_ok=True)
        self.node = self._start()

    @property
    def idle(self) -> bool:
        """Every request is in the journal and none needs anything more."""
        journal = self.node.parts.journal
        return not journal.active() and all(map(journal.task, self.chain.requests))

    def state(self, task: Task) -> str:
        """The task's state in the journal."""
        found = self.node.parts.journal.task(task.task_id)
        return "unknown" if found is None else found.state.value

    def close(self) -> None:
        """Let the journal go."""
        self.node.close()


def address(index: int) -> Address:
    """The address of villager ``index``."""
    return to_address(bytes([100 + index]) * 20)


def settle(chain: FakeChain, villagers: list[Villager], *, blocks: int = 200) -> None:
    """Let all work, block by block, until nobody has anything left to do."""
    for _ in range(blocks):
        for villager in villagers:
            villager.step()
        if all(villager.idle for villager in villagers):
            return
        chain.mine()
