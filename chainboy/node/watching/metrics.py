"""What a node tells Prometheus, as a table; the page on watching a node and the collector are read off it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum

import attrs
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from chainboy.node.watching.snapshot import ChainView, Snapshot

CONTENT_TYPE = CONTENT_TYPE_LATEST

Sample = tuple[tuple[str, ...], float | None]
"""The labels' values, and the figure; ``None``: it is not known and not told."""


class Kind(Enum):
    """How a figure behaves."""

    COUNTER = "counter"
    """It never falls while the process lives."""
    GAUGE = "gauge"


@attrs.frozen(kw_only=True)
class Figure:
    """One metric; ``name`` without ``_total``, which counters get."""

    name: str
    kind: Kind
    unit: str
    about: str
    labels: tuple[str, ...] = ()
    read: Callable[[Snapshot], Iterable[Sample]]

    @property
    def shown(self) -> str:
        """The name that queries use."""
        return f"{self.name}_total" if self.kind is Kind.COUNTER else self.name


def _one(read: Callable[[Snapshot], float | None]) -> Callable[[Snapshot], list[Sample]]:
    return lambda snapshot: [((), read(snapshot))]


def _each_chain(read: Callable[[ChainView], float | None]) -> Callable[[Snapshot], list[Sample]]:
    return lambda snapshot: [((str(id_), chain.name), read(chain)) for id_, chain in snapshot.chains.items()]


def _paid(part: str) -> Callable[[Snapshot], list[Sample]]:
    return lambda snapshot: [((str(id_),), getattr(each, part)) for id_, each in snapshot.income.items()]


_CHAIN = ("chain_id", "chain")
_C, _G = Kind.COUNTER, Kind.GAUGE

FIGURES: tuple[Figure, ...] = (
    Figure(
        name="chainboy_tasks", kind=_G, unit="tasks", about="Tasks in the journal by their state.",
        labels=("state",), read=lambda s: [((state.value,), count) for state, count in s.tasks.items()],
    ),
    Figure(
        name="chainboy_task_events", kind=_C, unit="events",
        about="What happened to tasks since the journal began: `commit seen`, `won` and so on.",
        labels=("event",), read=lambda s: [((event.value,), count) for event, count in s.events.items()],
    ),
    Figure(
        name="chainboy_abstentions", kind=_C, unit="tasks",
        about="Tasks that were not answered since the journal began, by the kind of the reason.",
        labels=("cause",), read=lambda s: [((cause.value,), n) for cause, n in s.abstentions.items()],
    ),
    Figure(
        name="chainboy_agreement_ratio", kind=_G, unit="0 to 1",
        about="Of the revealed answers to tasks with a consensus, the share that agreed with it.",
        read=_one(lambda s: s.agreement),
    ),
    Figure(
        name="chainboy_reward_awaiting_wei", kind=_G, unit="wei", about="Won, and not delivered yet.",
        labels=("chain_id",), read=_paid("awaiting"),
    ),
    Figure(
        name="chainboy_reward_claimable_wei", kind=_G, unit="wei", about="Delivered, and not claimed yet.",
        labels=("chain_id",), read=_paid("claimable"),
    ),
    Figure(
        name="chainboy_reward_claimed_wei", kind=_C, unit="wei", about="Claimed since the journal began.",
        labels=("chain_id",), read=_paid("claimed"),
    ),
    Figure(
        name="chainboy_fuel", kind=_C, unit="fuel", about="Of the outcomes that this process found.",
        read=_one(lambda s: s.fuel),
    ),
    Figure(
        name="chainboy_chain_head_block", kind=_G, unit="block", about="The newest block that was seen.",
        labels=_CHAIN, read=_each_chain(lambda chain: chain.head),
    ),
    Figure(
        name="chainboy_chain_processed_block", kind=_G, unit="block",
        about="All requests up to this block are in the journal.",
        labels=_CHAIN, read=_each_chain(lambda chain: chain.processed),
    ),
    Figure(
        name="chainboy_chain_lag_blocks", kind=_G, unit="blocks", about="Between these two.",
        labels=_CHAIN, read=_each_chain(lambda chain: chain.lag),
    ),
    Figure(
        name="chainboy_chain_confirmations", kind=_G, unit="blocks",
        about="How deep a request must be: a lag of so many is none.",
        labels=_CHAIN, read=_each_chain(lambda chain: chain.confirmations),
    ),
    Figure(
        name="chainboy_rpc_requests", kind=_C, unit="requests", about="Made to the chain's endpoint.",
        labels=_CHAIN, read=_each_chain(lambda chain: chain.requests),
    ),
    Figure(
        name="chainboy_rpc_errors", kind=_C, unit="requests",
        about="Of these, those that failed; a contract's refusal is no failure.",
        labels=_CHAIN, read=_each_chain(lambda chain: chain.failures),
    ),
    Figure(
        name="chainboy_rpc_answered_timestamp_seconds", kind=_G, unit="seconds since 1970",
        about="When the endpoint answered last.",
        labels=_CHAIN, read=_each_chain(lambda chain: chain.answered_at),
    ),
    Figure(
        name="chainboy_rounds", kind=_C, unit="rounds", about="Rounds of work since the process began.",
        read=_one(lambda s: s.rounds.done),
    ),
    Figure(
        name="chainboy_rounds_failed", kind=_C, unit="rounds", about="Of these, those that failed.",
        read=_one(lambda s: s.rounds.failed),
    ),
    Figure(
        name="chainboy_round_timestamp_seconds", kind=_G, unit="seconds since 1970",
        about="When the last good round of work ended.", read=_one(lambda s: s.rounds.last_at),
    ),
    Figure(
        name="chainboy_round_duration_seconds", kind=_G, unit="seconds",
        about="How long the last round of work took.", read=_one(lambda s: s.rounds.last_seconds),
    ),
    Figure(
        name="chainboy_pool_workers", kind=_G, unit="programs",
        about="Programs that can run at the same time.", read=_one(lambda s: s.pool.workers),
    ),
    Figure(
        name="chainboy_pool_begun", kind=_G, unit="programs", about="Programs being fetched or run.",
        read=_one(lambda s: s.pool.begun),
    ),
    Figure(
        name="chainboy_pool_waiting", kind=_G, unit="programs", about="Programs that wait for their turn.",
        read=_one(lambda s: s.pool.waiting),
    ),
    Figure(
        name="chainboy_stake_weight", kind=_G, unit="token units",
        about="What the node's vote counts in the current epoch.", read=_one(lambda s: s.weight),
    ),
    Figure(
        name="chainboy_active", kind=_G, unit="0 or 1",
        about="Whether the node has a seat in the active set.", read=_one(lambda s: s.active),
    ),
    Figure(
        name="chainboy_standby", kind=_G, unit="0 or 1",
        about="Whether this replica only waits to take over: then it tells little else.",
        read=_one(lambda s: s.standby),
    ),
    Figure(
        name="chainboy_standby_ready", kind=_G, unit="0 or 1",
        about="0 for a replica that waits and could not take over: its journal or its endpoint fails.",
        read=_one(lambda s: s.standby_ready),
    ),
    Figure(
        name="chainboy_start_timestamp_seconds", kind=_G, unit="seconds since 1970",
        about="When the process began to work.", read=_one(lambda s: s.started_at),
    ),
)  # fmt: skip
"""Every metric, in the order in which it is told. Wei are told as floats: 15 digits are right."""


OF_A_STANDBY = frozenset(
    {"chainboy_standby", "chainboy_standby_ready", "chainboy_start_timestamp_seconds"}
)
"""What a replica tells that only waits: it has no tasks, no seat and no rounds to have an opinion on."""


class SnapshotCollector(Collector):
    """Gives Prometheus' own library the figures of a fresh snapshot at each scrape."""

    def __init__(self, take: Callable[[], Snapshot]) -> None:
        self._take = take

    def collect(self) -> Iterator[Metric]:
        """All figures, each with those of its samples that are known."""
        snapshot = self._take()
        for figure in FIGURES:
            if snapshot.standby and figure.name not in OF_A_STANDBY:
                continue
            family = _FAMILIES[figure.kind](figure.name, figure.about, labels=figure.labels)
            for labels, value in figure.read(snapshot):
                if value is not None:
                    family.add_metric(labels, value)
            yield family


_FAMILIES: dict[Kind, type[CounterMetricFamily | GaugeMetricFamily]] = {
    Kind.COUNTER: CounterMetricFamily,
    Kind.GAUGE: GaugeMetricFamily,
}


def exposition(snapshot: Snapshot) -> bytes:
    """The snapshot in Prometheus' text format; :data:`CONTENT_TYPE` is its type."""
    registry = CollectorRegistry()
    registry.register(SnapshotCollector(lambda: snapshot))
    return generate_latest(registry)
