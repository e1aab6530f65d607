"""What the demo found out, as data, as JSON and as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from chainboy.demo.gas import StepCost
from chainboy.sources.transcript import Entry
from chainboy.units import Address, TaskId, Wei, Weight


@attrs.frozen(kw_only=True)
class Answer:
    """What one node answered, in its own words; None: nothing that could be revealed."""

    name: str
    weight: Weight
    answer: str | None
    agreed: bool


@attrs.frozen(kw_only=True)
class PaidWinner:
    """One node that agreed: its rank in commit order, and its share in wei."""

    name: str
    node: Address
    rank: int
    weight: Weight
    reward: Wei


@attrs.frozen(kw_only=True)
class Read:
    """What one node read of one source."""

    name: str
    source: Entry


@attrs.frozen(kw_only=True)
class TaskReport:
    """One task from request to rewards; shares, treasury and dust add up to the price.

    ``reads`` is what each node read of each source, for a program that declares some.
    """

    title: str
    task_id: TaskId
    status: str
    value: str
    price: Wei
    agreeing_weight: Weight
    total_weight: Weight
    answers: tuple[Answer, ...]
    winners: tuple[PaidWinner, ...]
    treasury: Wei
    dust: Wei
    proof: Path
    reads: tuple[Read, ...] = ()


@attrs.frozen(kw_only=True)
class DemoReport:
    """All tasks, and what each step cost."""

    tasks: tuple[TaskReport, ...]
    gas: Mapping[str, StepCost]

    def to_json(self) -> str:
        """One JSON object; amounts are decimal strings."""
        tree = {"tasks": [_task_tree(task) for task in self.tasks], "gas": gas_tree(self.gas)}
        return json.dumps(tree, indent=2)

    def to_text(self) -> str:
        """The same for people."""
        tasks = (line for task in self.tasks for line in _task_lines(task))
        return "\n".join([*tasks, *gas_lines(self.gas)])


def _task_tree(task: TaskReport) -> dict[str, Any]:
    return {
        "title": task.title,
        "task_id": f"0x{task.task_id.hex()}",
        "status": task.status,
        "value": task.value,
        "price": str(task.price),
        "agreeing_weight": str(task.agreeing_weight),
        "total_weight": str(task.total_weight),
        "answers": [
            {"name": each.name, "weight": str(each.weight), "answer": each.answer, "agreed": each.agreed}
            for each in task.answers
        ],
        "winners": [
            {
                "name": winner.name,
                "node": winner.node,
                "rank": winner.rank,
                "weight": str(winner.weight),
                "reward": str(winner.reward),
            }
            for winner in task.winners
        ],
        "treasury": str(task.treasury),
        "dust": str(task.dust),
        "proof": str(task.proof),
        "reads": [
            {
                "name": read.name,
                "source": read.source.name,
                "picked": read.source.picked,
                "error": read.source.error,
            }
            for read in task.reads
        ],
    }


def gas_tree(gas: Mapping[str, StepCost]) -> dict[str, Any]:
    """Each step's cost for JSON; gas as decimal strings."""
    return {
        step: {"transactions": cost.transactions, "gas": str(cost.gas), "mean": str(cost.mean)}
        for step, cost in gas.items()
    }


def _task_lines(task: TaskReport) -> Iterator[str]:
    yield f"\n{task.title}"
    yield f"  task     0x{task.task_id.hex()}"
    yield f"  result   {task.status}: {task.value}"
    yield f"  agreed   {task.agreeing_weight} of {task.total_weight} tokens"
    yield f"  {'node':<6} {'tokens':>6}  {'rank':>4}  {'reward in wei':>18}  answer"
    winners = {winner.name: winner for winner in task.winners}
    for each in task.answers:
        winner = winners.get(each.name)
        rank, reward = (str(winner.rank), str(winner.reward)) if winner else ("-", "-")
        answer = each.answer or "nothing that it could reveal"
        yield f"  {each.name:<6} {each.weight:>6}  {rank:>4}  {reward:>18}  {answer}"
    for read in task.reads:
        yield f"  {read.name:<6} reads {read.source.name:<6} {read.source.picked or read.source.error}"
    paid = sum(winner.reward for winner in task.winners)
    yield f"  price    {paid} rewards + {task.treasury} treasury + {task.dust} dust = {task.price} wei"
    yield f"  proof    {task.proof}: holds"


def gas_lines(gas: Mapping[str, StepCost]) -> Iterator[str]:
    """Each step's cost for people."""
    yield f"\n{'gas by step':<18} {'transactions':>12} {'gas':>12} {'mean':>10}"
    for step, cost in gas.items():
        yield f"{step:<18} {cost.transactions:>12} {cost.gas:>12} {cost.mean:>10}"
