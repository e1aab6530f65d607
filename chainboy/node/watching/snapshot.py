"""What a node is doing at one moment, as values. Times are seconds since 1970, amounts wei."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from chainboy.node.machine import Event, State
from chainboy.node.rows import Transition
from chainboy.node.watching.causes import Cause
from chainboy.units import Address, Fuel, Wei, Weight


@attrs.frozen(kw_only=True)
class Income:
    """What tasks of one chain earn: ``awaiting`` is won and not delivered, ``claimable`` not claimed yet."""

    awaiting: Wei
    claimable: Wei
    claimed: Wei
    """K blocks deep, since the journal began."""


@attrs.frozen(kw_only=True)
class ChainView:
    """One chain as the node's endpoint shows it; ``None`` where nothing is known yet."""

    name: str
    confirmations: int
    head: int | None = None
    processed: int | None = None
    """All requests up to this block are in the journal."""
    requests: int = 0
    failures: int = 0
    """Of these requests; a contract's refusal is none."""
    answered_at: float | None = None

    @property
    def lag(self) -> int | None:
        """Blocks between the head and what is processed; hardly ever less than ``confirmations``."""
        if self.head is None or self.processed is None:
            return None
        return max(0, self.head - self.processed)


@attrs.frozen(kw_only=True)
class PoolLoad:
    """Programs at once: ``workers`` can run, ``begun`` are fetched or run, ``waiting`` have not begun."""

    workers: int = 0
    begun: int = 0
    waiting: int = 0


@attrs.frozen(kw_only=True)
class Rounds:
    """The node's rounds of work so far."""

    done: int = 0
    failed: int = 0
    last_at: float | None = None
    """When the last good one ended."""
    last_seconds: float = 0.0
    """How long the last one took, good or not."""


@attrs.frozen(kw_only=True)
class Snapshot:
    """All that is shown of a node."""

    node: Address | None
    started_at: float
    taken_at: float
    tasks: Mapping[State, int]
    events: Mapping[Event, int]
    abstentions: Mapping[Cause, int]
    income: Mapping[int, Income]
    """By the id of the chain on which was asked."""
    chains: Mapping[int, ChainView]
    rounds: Rounds
    pool: PoolLoad
    fuel: Fuel
    """Of outcomes found since the process began."""
    weight: Weight
    """Of our tokens in the current epoch."""
    active: bool
    recent: tuple[Transition, ...]
    """The last transitions, the newest first."""
    standby: bool = False
    """The process only waits to take over from another replica, and knows nothing of what that one does."""
    standby_ready: bool = True
    """False: it could not, for its journal or its endpoint fails."""

    @property
    def agreement(self) -> float | None:
        """Of our revealed answers to tasks with a consensus, the share that agreed; ``None`` before one."""
        won, lost = self.events[Event.WON], self.events[Event.LOST]
        return won / (won + lost) if won + lost else None

    @property
    def uptime(self) -> float:
        """Seconds since the process began to work."""
        return max(0.0, self.taken_at - self.started_at)

    @property
    def idle(self) -> float:
        """Seconds since the last good round of work, or since the start before the first."""
        since = self.started_at if self.rounds.last_at is None else self.rounds.last_at
        return max(0.0, self.taken_at - since)
