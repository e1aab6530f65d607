"""Counts what a node does. Told by one thread, asked by others; it reads no clock, disk or chain itself."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import attrs

from chainboy.node.machine import TERMINAL, Event, State
from chainboy.node.rows import Task, Transition
from chainboy.node.watching.causes import Cause, cause_of
from chainboy.node.watching.snapshot import ChainView, Income, PoolLoad, Rounds, Snapshot
from chainboy.units import Address, Fuel, TaskId, Wei, Weight

RECENT = 12
"""Transitions that are shown."""


@attrs.define
class _Live:
    """A task that is not over; ``reward`` is known once its record names us."""

    chain_id: int
    state: State
    reward: Wei | None = None


class Ledger:
    """The figures of one node; ``clock`` gives seconds since 1970.

    What the journal knows survives restarts: :meth:`begin` counts it again.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._node: Address | None = None
        self._clock = clock
        self._lock = threading.Lock()
        self._started_at = clock()
        self._live: dict[TaskId, _Live] = {}
        self._over: Counter[State] = Counter()
        self._events: Counter[Event] = Counter()
        self._causes: Counter[Cause] = Counter()
        self._claimed: Counter[int] = Counter()
        self._chains: dict[int, ChainView] = {}
        self._rounds = Rounds()
        self._pool = PoolLoad()
        self._fuel = 0
        self._weight, self._active = Weight(0), False
        self._recent: deque[Transition] = deque(maxlen=RECENT)

    def begin(
        self,
        node: Address,
        past: Iterable[Transition],
        active: Iterable[Task],
        claimed: Mapping[int, int],
    ) -> None:
        """Whose figures they are, and what happened before this process; ``claimed`` is in wei by chain."""
        with self._lock:
            self._node = node
            for transition in past:
                self._count(transition)
            for task in active:
                self._live[task.task_id] = _Live(task.request.chain_id, task.state)
            self._claimed.update(claimed)

    def looked_at(self, task: Task) -> None:
        """The node looks after this task."""
        with self._lock:
            self._live.setdefault(task.task_id, _Live(task.request.chain_id, task.state))

    def moved(self, transition: Transition, *, fuel: Fuel | None = None, again: bool = False) -> None:
        """A task has another state; ``fuel`` of the run, where that was the event.

        ``again``: it had been there before, and its reward is counted.
        """
        with self._lock:
            self._count(transition)
            self._fuel += fuel or 0
            live = self._live.get(transition.task_id)
            if live is None:
                return
            live.state = transition.target
            if transition.event is Event.CLAIMED and not again:
                self._claimed[live.chain_id] += live.reward or 0
            if transition.target in TERMINAL:
                del self._live[transition.task_id]

    def earns(self, task: Task, reward: Wei) -> None:
        """The task's record gives us so much."""
        with self._lock:
            live = self._live.get(task.task_id)
            if live is not None:
                live.reward = reward

    def reward(self, task_id: TaskId) -> Wei | None:
        """What a task that is not over will bring, if that is known."""
        with self._lock:
            live = self._live.get(task_id)
            return None if live is None else live.reward

    def stepped(self, *, seconds: float, failed: bool, pool: PoolLoad) -> None:
        """A round of work is over."""
        with self._lock:
            self._pool = pool
            self._rounds = Rounds(
                done=self._rounds.done + 1,
                failed=self._rounds.failed + failed,
                last_at=self._rounds.last_at if failed else self._clock(),
                last_seconds=seconds,
            )

    def seated(self, weight: Weight, *, active: bool) -> None:
        """Our place in the active set."""
        with self._lock:
            self._weight, self._active = weight, active

    def knows(self, chain_id: int, name: str, confirmations: int) -> None:
        """The node works with this chain."""
        with self._lock:
            self._chains.setdefault(chain_id, ChainView(name=name, confirmations=confirmations))

    def asked(self, chain_id: int, *, failed: bool, head: int | None = None) -> None:
        """The chain's endpoint was asked something; ``head`` if that told its newest block."""
        with self._lock:
            view = self._chains[chain_id]
            self._chains[chain_id] = attrs.evolve(
                view,
                requests=view.requests + 1,
                failures=view.failures + failed,
                answered_at=view.answered_at if failed else self._clock(),
                head=view.head if head is None else head,
            )

    def processed(self, chain_id: int, number: int) -> None:
        """All requests on the chain up to this block are in the journal."""
        with self._lock:
            self._chains[chain_id] = attrs.evolve(self._chains[chain_id], processed=number)

    @property
    def claimed(self) -> Mapping[int, int]:
        """Wei claimed by chain, to be kept for :meth:`begin`."""
        with self._lock:
            return dict(self._claimed)

    def snapshot(self) -> Snapshot:
        """How things stand now."""
        with self._lock:
            tasks = self._over + Counter(live.state for live in self._live.values())
            return Snapshot(
                node=self._node,
                started_at=self._started_at,
                taken_at=self._clock(),
                tasks=MappingProxyType({state: tasks[state] for state in State}),
                events=MappingProxyType({event: self._events[event] for event in Event}),
                abstentions=MappingProxyType({cause: self._causes[cause] for cause in Cause}),
                income=MappingProxyType(self._income()),
                chains=MappingProxyType(dict(self._chains)),
                rounds=self._rounds,
                pool=self._pool,
                fuel=Fuel(self._fuel),
                weight=self._weight,
                active=self._active,
                recent=tuple(reversed(self._recent)),
            )

    def _count(self, transition: Transition) -> None:
        self._events[transition.event] += 1
        self._recent.append(transition)
        if transition.event is Event.ABSTAIN:
            self._causes[cause_of(transition.reason)] += 1
        if transition.source in TERMINAL:
            self._over[transition.source] -= 1
        if transition.target in TERMINAL:
            self._over[transition.target] += 1

    def _income(self) -> dict[int, Income]:
        waiting: dict[State, Counter[int]] = {State.FINALIZED: Counter(), State.DELIVERED: Counter()}
        for live in self._live.values():
            if live.state in waiting:
                waiting[live.state][live.chain_id] += live.reward or 0
        return {
            chain_id: Income(
                awaiting=Wei(waiting[State.FINALIZED][chain_id]),
                claimable=Wei(waiting[State.DELIVERED][chain_id]),
                claimed=Wei(self._claimed[chain_id]),
            )
            for chain_id in sorted({*self._chains, *self._claimed})
        }
