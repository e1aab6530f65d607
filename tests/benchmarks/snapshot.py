"""Figures as they are kept beside the contracts: written, compared, and shown against their goals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import attrs
from stage import DEPLOYED

from chainboy.contracts import artifacts

CONTRACTS = (*DEPLOYED, "CheckpointVerifier", "ResultKeeper")
FOLDER = Path(__file__).resolve().parents[2] / "contracts" / "snapshots"
HINT = "Look at what changed; if it is meant, run: python tests/benchmarks/gas.py --write"


@attrs.frozen
class Row:
    """One step: gas of the whole transaction, or of its share of one, and the most it should be."""

    key: str
    step: str
    gas: int
    goal: int | None = None

    @property
    def met(self) -> bool:
        """Whether the goal, if there is one, is reached."""
        return self.goal is None or self.gas <= self.goal


def sizes() -> dict[str, int]:
    """Bytes of code on the chain, of every contract that a network or its user deploys."""
    return {name: artifacts.load(name).deployed_size for name in CONTRACTS}


def write(rows: Sequence[Row], hardfork: str) -> None:
    """Keep the figures."""
    FOLDER.mkdir(exist_ok=True)
    kept = {"hardfork": hardfork, "rows": [attrs.asdict(row) for row in rows]}
    for name, content in (("gas", kept), ("sizes", sizes())):
        (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")


def load() -> list[Row]:
    """The figures kept."""
    return [Row(**row) for row in json.loads((FOLDER / "gas.json").read_text())["rows"]]


def differences(rows: Sequence[Row]) -> list[str]:
    """What is not as kept, one line each."""
    kept = {row.key: row for row in load()}
    found = {row.key: row for row in rows}
    lines = [f"{key} is not measured any more" for key in kept.keys() - found.keys()]
    lines += [f"{key} is not kept" for key in found.keys() - kept.keys()]
    for key in sorted(kept.keys() & found.keys()):
        if kept[key] != found[key]:
            change = found[key].gas - kept[key].gas
            lines.append(f"{key}: {found[key].gas:,} gas, {change:+,} against the snapshot")
    kept_sizes = json.loads((FOLDER / "sizes.json").read_text())
    for name, size in sizes().items():
        if kept_sizes.pop(name, None) != size:
            lines.append(f"{name}: {size:,} bytes, not as in the snapshot")
    return lines + [f"{name} is not there any more" for name in kept_sizes]


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned text."""
    width = max(len(row.step) for row in rows)
    lines = [f"{'step':{width}}  {'gas':>9}  {'goal':>9}  ratio"]
    for row in rows:
        line = f"{row.step:{width}}  {row.gas:>9,}"
        if row.goal is not None:
            line += f"  {row.goal:>9,}  {row.gas / row.goal:5.2f}  {'met' if row.met else 'MISSED'}"
        lines.append(line)
    return "\n".join(lines)
