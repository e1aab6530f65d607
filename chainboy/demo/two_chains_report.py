"""What the demo with two chains found out, as data, as JSON and as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import attrs

from chainboy.demo.gas import StepCost
from chainboy.demo.report import gas_lines, gas_tree
from chainboy.units import TaskId, Weight


@attrs.frozen(kw_only=True)
class Refusal:
    """What was tried, and the error by which the remote verifier refused it."""

    what: str
    error: str


@attrs.frozen(kw_only=True)
class TwoChainsReport:
    """A remote task from request to rewards, the stake there before and after, and what was refused."""

    task_id: TaskId
    value: str
    agreeing_weight: Weight
    total_weight: Weight
    chain_id: int
    checkpoint: int
    stake_age: int
    stake_before: Weight
    stake_after: Weight
    refusals: tuple[Refusal, ...]
    slashed: int
    proof: Path
    home_gas: Mapping[str, StepCost]
    remote_gas: Mapping[str, StepCost]

    def to_json(self) -> str:
        """One JSON object; amounts are decimal strings."""
        tree = {
            "task_id": f"0x{self.task_id.hex()}",
            "value": self.value,
            "agreeing_weight": str(self.agreeing_weight),
            "total_weight": str(self.total_weight),
            "chain_id": self.chain_id,
            "checkpoint": self.checkpoint,
            "stake_age": self.stake_age,
            "stake_before": str(self.stake_before),
            "stake_after": str(self.stake_after),
            "refusals": [{"what": each.what, "error": each.error} for each in self.refusals],
            "slashed": str(self.slashed),
            "proof": str(self.proof),
            "gas": {"home": gas_tree(self.home_gas), "remote": gas_tree(self.remote_gas)},
        }
        return json.dumps(tree, indent=2)

    def to_text(self) -> str:
        """The same for people."""
        lines = [
            f"\nAsked on chain {self.chain_id}, answered there",
            f"  task     0x{self.task_id.hex()}",
            f"  result   {self.value}",
            f"  agreed   {self.agreeing_weight} of {self.total_weight} tokens",
            f"  carried  by checkpoint {self.checkpoint}, its stake {self.stake_age} s old",
            f"  stake    {self.stake_before} tokens, after the change of bonds {self.stake_after}",
            *(f"  refused  {each.what}: {each.error}" for each in self.refusals),
            f"  slashed  {self.slashed} tokens of the forger's",
            f"  proof    {self.proof}: holds",
            "\nOn the home chain",
            *gas_lines(self.home_gas),
            "\nOn the remote chain",
            *gas_lines(self.remote_gas),
        ]
        return "\n".join(lines)
