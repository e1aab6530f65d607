"""What a shadow has seen and would have earned, counted from its journal; and how that is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from chainboy.consensus.rewards import LEADERS
from chainboy.node.economics.forecast import cost_of_run
from chainboy.node.economics.tariff import Tariff
from chainboy.node.journal import Journal
from chainboy.node.machine import Event, State
from chainboy.node.rows import Task
from chainboy.node.shadow.traces import Trace, Traces
from chainboy.node.watching.causes import Cause, cause_of
from chainboy.units import Fuel, TaskId, Wei, Weight

_LATE = (State.MISSED, State.UNREVEALED, State.LAPSED)
_RANKS = ("first", "second", "later")
_BPS = 10_000


@attrs.frozen(kw_only=True)
class Report:
    """Counts of tasks, and amounts in wei; what is not final yet is not in them.

    ``seen`` = ``refused`` + ``missed`` + ``answered`` + ``under_way``. ``agreed`` of ``compared`` outcomes
    were the recorded ones; rounds without consensus, and random numbers, have nothing to compare. ``income``
    is what delivered tasks would have brought, by chain id; ``profit`` is in the home chain's coin, by
    ``policy.exchange``.
    """

    bond: Weight
    seen: int
    taken: int
    answered: int
    missed: int
    under_way: int
    refused: Mapping[Cause, int]
    reasons: Mapping[Cause, str]
    """The last reason of each kind, word by word."""
    runs: int
    milliseconds: int
    fuel: Fuel
    compared: int
    agreed: int
    ranks: Mapping[str, int]
    income: Mapping[int, Wei]
    gas_cost: Wei
    compute: Wei
    profit: Wei

    @property
    def agreement(self) -> str | None:
        """In percent, rounded down; None while nothing was compared."""
        if not self.compared:
            return None
        bps = self.agreed * _BPS // self.compared
        return f"{bps // 100}.{bps % 100:02d}"


def report(journal: Journal, traces: Traces, tariff: Tariff, bond: Weight) -> Report:
    """The report as the journal stands."""
    past = journal.transitions()
    ids = dict.fromkeys([*(each.task_id for each in past), *(task.task_id for task in journal.active())])
    tasks = [task for task_id in ids if (task := journal.task(task_id)) is not None]
    noted = {task_id: traces.of(task_id) for task_id in ids}
    states = Counter(task.state for task in tasks)
    refusals = [each for each in past if each.event is Event.ABSTAIN]
    over = sum(states[state] for state in (State.DONE, State.OUTVOTED))
    missed = sum(states[state] for state in _LATE)
    income = _income(tasks, noted)
    gas_cost = Wei(sum(trace.gas_cost for trace in noted.values()))
    fuel = Fuel(sum(trace.fuel for trace in noted.values()))
    milliseconds = sum(trace.milliseconds for trace in noted.values())
    compute = cost_of_run(fuel, milliseconds, tariff)
    earned = sum(tariff.at_home(amount, chain_id) for chain_id, amount in income.items())
    return Report(
        bond=bond,
        seen=len(tasks),
        taken=len({each.task_id for each in past if each.event is Event.ACCEPT}),
        answered=over,
        missed=missed,
        under_way=len(tasks) - over - missed - states[State.ABSTAINED],
        refused=Counter(cause_of(each.reason) for each in refusals),
        reasons={cause_of(each.reason): each.reason for each in refusals},
        runs=sum(trace.runs for trace in noted.values()),
        milliseconds=milliseconds,
        fuel=fuel,
        compared=sum(trace.agreed is not None for trace in noted.values()),
        agreed=sum(trace.agreed is True for trace in noted.values()),
        ranks=_ranks(noted.values()),
        income=income,
        gas_cost=gas_cost,
        compute=compute,
        profit=Wei(earned - gas_cost - compute),
    )


def _income(tasks: Iterable[Task], noted: Mapping[TaskId, Trace]) -> dict[int, Wei]:
    found: Counter[int] = Counter()
    for task in tasks:
        if task.state in (State.DELIVERED, State.DONE):
            found[task.request.chain_id] += noted[task.task_id].reward
    return {chain_id: Wei(amount) for chain_id, amount in sorted(found.items())}


def _ranks(traces: Iterable[Trace]) -> dict[str, int]:
    found = Counter(_RANKS[min(each.rank, LEADERS)] for each in traces if each.rank is not None)
    return {name: found[name] for name in _RANKS}


def to_table(found: Report) -> dict[str, Any]:
    """For JSON; amounts as decimal strings, for they may have more than 53 bits."""
    return {
        "bond": str(found.bond),
        "tasks": {
            "seen": found.seen,
            "taken": found.taken,
            "answered": found.answered,
            "missed": found.missed,
            "under_way": found.under_way,
        },
        "refused": {
            cause.value: {"count": count, "last": found.reasons[cause]}
            for cause, count in found.refused.items()
        },
        "runs": {"count": found.runs, "milliseconds": found.milliseconds, "fuel": found.fuel},
        "agreement": {"compared": found.compared, "agreed": found.agreed, "percent": found.agreement},
        "ranks": dict(found.ranks),
        "income_wei": {str(chain_id): str(amount) for chain_id, amount in found.income.items()},
        "gas_wei": str(found.gas_cost),
        "compute_wei": str(found.compute),
        "profit_wei": str(found.profit),
    }


def to_lines(found: Report) -> Iterator[str]:
    """For a reader."""
    yield f"a shadow with {found.bond} token units bonded"
    yield (
        f"tasks      {found.seen} seen, {found.taken} taken, {found.answered} answered, "
        f"{found.missed} missed, {found.under_way} under way"
    )
    for cause, count in found.refused.items():
        yield f"refused    {count} for {cause.value}, the last: {found.reasons[cause]}"
    yield f"runs       {found.runs} in {found.milliseconds / 1_000:.3f} s, {found.fuel} fuel"
    percent = "nothing to compare yet" if found.agreement is None else f"{found.agreement} %"
    yield f"agreement  {percent} ({found.agreed} of {found.compared})"
    yield "ranks      " + ", ".join(f"{count} {name}" for name, count in found.ranks.items())
    for chain_id, amount in found.income.items():
        yield f"income     {amount} wei on chain {chain_id}"
    yield f"gas        {found.gas_cost} wei"
    yield f"compute    {found.compute} wei"
    yield f"profit     {found.profit} wei of the home chain's coin"
