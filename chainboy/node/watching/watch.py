"""Watches one node: put into its seams when it is made, told of every transition and round of work."""

from __future__ import annotations

import json
import logging
import time

import attrs

from chainboy.chain.client import Chain
from chainboy.consensus.outcome import Outcome
from chainboy.errors import ChainBoyError, ChainError
from chainboy.events.source import EventSource
from chainboy.events.watch import Watch as Subject
from chainboy.events.watch import Watcher
from chainboy.node.executor import ProgramExecutor
from chainboy.node.home import Solver
from chainboy.node.journal import Journal
from chainboy.node.machine import Event
from chainboy.node.parts import Parts
from chainboy.node.rows import Transition
from chainboy.node.watching.ledger import Ledger
from chainboy.node.watching.seams import WatchedCursor, WatchedHome, WatchedRpc
from chainboy.node.watching.snapshot import PoolLoad
from chainboy.units import Fuel

_log = logging.getLogger(__name__)

_CLAIMED = "claimed"
"""Under this name the journal keeps what was claimed on each chain, in wei."""


class NodeWatch:
    """Feeds a :class:`Ledger` with what one node does.

    Call :meth:`chain` for each chain before the node's parts are made, let :meth:`around` make its event
    sources, and give the node the parts that :meth:`into` returns, :meth:`moved` and :meth:`stepped`.
    """

    def __init__(self) -> None:
        self.ledger = Ledger(time.time)
        self.sandboxes = 0
        """How many passed their self-test."""
        self._parts: Parts | None = None
        self._home: WatchedHome | None = None

    def chain(self, chain: Chain) -> None:
        """Count what this chain's endpoint is asked."""
        self.ledger.knows(chain.chain_id, chain.profile.name, chain.profile.confirmations)
        chain.rpc = WatchedRpc(chain, self.ledger)

    def around(self, watcher: Watcher) -> Watcher:
        """The same sources, but it shows how far they are."""

        def watched(subject: Subject) -> EventSource:
            cursor = WatchedCursor(subject.cursor, subject.chain_id, self.ledger)
            return watcher(attrs.evolve(subject, cursor=cursor))

        return watched

    def into(self, parts: Parts, *, sandboxes: int) -> Parts:
        """The same parts, with this in their seams; counts first what the journal knows.

        ``sandboxes``: how many of the node's passed their self-test.
        """
        journal, kept = parts.journal, json.loads(parts.journal.load(_CLAIMED) or "{}")
        claimed = {int(chain_id): amount for chain_id, amount in kept.items()}
        self.ledger.begin(parts.address, journal.transitions(), journal.active(), claimed)
        self.sandboxes = sandboxes
        self._home = WatchedHome(parts.home, parts.address, self.ledger)
        self._parts = attrs.evolve(parts, home=self._home)
        return self._parts

    @property
    def journal(self) -> Journal:
        """The node's journal."""
        return self._made.journal

    def moved(self, transition: Transition) -> None:
        """Told every transition once it is in the journal."""
        claimed = transition.event is Event.CLAIMED
        if claimed:
            self._look_up(transition)
        fuel = self._fuel(transition) if transition.event is Event.OUTCOME else None
        past = self.journal.transitions(transition.task_id) if claimed else []
        again = len([each for each in past if each.event is Event.CLAIMED]) > 1
        self.ledger.moved(transition, fuel=fuel, again=again)
        if claimed:
            self.journal.save(_CLAIMED, json.dumps(self.ledger.claimed))

    def stepped(self, seconds: float, error: ChainBoyError | None) -> None:
        """Told every round of work once it is over."""
        load = load_of(self._made.solver)
        self.ledger.stepped(seconds=seconds, failed=error is not None, pool=load)

    @property
    def _made(self) -> Parts:
        if self._parts is None:
            raise RuntimeError("the node's parts are not known yet; call into() first")
        return self._parts

    def _look_up(self, transition: Transition) -> None:
        task = self.journal.task(transition.task_id)
        if task is None or self._home is None:
            return
        try:
            self._home.reward(task)
        except ChainError as error:
            _log.warning("the reward of task 0x%s is not counted: %s", task.task_id.hex(), error)

    def _fuel(self, transition: Transition) -> Fuel:
        task = self.journal.task(transition.task_id)
        return Outcome.decode(task.outcome).fuel if task and task.outcome else Fuel(0)


def load_of(solver: Solver) -> PoolLoad:
    """How much a solver has to do; nothing is known of one that is not the usual."""
    if not isinstance(solver, ProgramExecutor):
        return PoolLoad()
    begun, waiting = solver.load
    return PoolLoad(workers=solver.workers, begun=begun, waiting=waiting)
