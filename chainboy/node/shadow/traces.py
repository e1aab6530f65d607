"""What a shadow notes of each task, kept in its journal as a line each."""

from __future__ import annotations

import json
import threading
from math import ceil
from typing import Any, Self

import attrs

from chainboy.node.economics.gate import Memory
from chainboy.node.rows import Task
from chainboy.sandbox.protocol import Run
from chainboy.units import Fuel, TaskId, Wei


@attrs.frozen(kw_only=True)
class Trace:
    """One task as it would have gone; blocks are those after which something would have been sent."""

    attempt: int = 0
    committed_at: int | None = None
    revealed_at: int | None = None
    sent: tuple[str, ...] = ()
    """The duties of all transactions that would have gone out."""
    gas_cost: Wei = attrs.field(default=Wei(0))
    fuel: Fuel = attrs.field(default=Fuel(0))
    milliseconds: int = 0
    runs: int = 0
    agreed: bool | None = None
    """Whether our outcome is the recorded one; None where there is none, or nothing to compare."""
    rank: int | None = None
    reward: Wei = attrs.field(default=Wei(0))
    """What the round would have brought, in the coin of the chain that asked."""

    def to_json(self) -> str:
        """As one line."""
        return json.dumps(attrs.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What :meth:`to_json` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "sent": tuple(fields["sent"])})


class Traces:
    """All traces of one journal. Its methods may be called from many threads."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._lock = threading.RLock()

    def of(self, task_id: TaskId) -> Trace:
        """The task's trace; an empty one of a task that left none."""
        with self._lock:
            kept = self._memory.load(_name(task_id))
        return Trace() if kept is None else Trace.from_json(kept)

    def change(self, task_id: TaskId, **changes: Any) -> None:
        """Keep some fields of it anew."""
        with self._lock:
            before = self.of(task_id)
            after = attrs.evolve(before, **changes)
            if after != before:
                self._memory.save(_name(task_id), after.to_json())

    def ran(self, task: Task, run: Run) -> None:
        """A program has run for this task."""
        with self._lock:
            before = self.of(task.task_id)
            self.change(
                task.task_id,
                fuel=before.fuel + run.outcome.fuel,
                milliseconds=before.milliseconds + ceil(run.seconds * 1_000),
                runs=before.runs + 1,
            )


def _name(task_id: TaskId) -> str:
    return f"shadow 0x{task_id.hex()}"
