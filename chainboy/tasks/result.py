"""What came of a program: its value or its failure, here for a trial or agreed on by the network."""

from __future__ import annotations

from typing import Any

import attrs

from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode
from chainboy.consensus.record import Record, Winner
from chainboy.consensus.rewards import Rewards
from chainboy.errors import ContentNotFound, TaskFailed
from chainboy.programs.program import Program
from chainboy.tasks.crossing import Carriage
from chainboy.units import Fuel, TaskId, Wei, Weight

_FAILURES = {
    Status.OUT_OF_FUEL: "ran out of fuel; ask again with a higher fuel_limit",
    Status.ABORTED: "was aborted by its runtime, by its memory limit for example; ask for less",
}


@attrs.frozen(kw_only=True)
class Trial:
    """One run on this machine: what an honest node would find, and what only its author cares about."""

    program: Program
    outcome: Outcome
    logs: str
    seconds: float
    memory: int | None = None
    """Most bytes the run had at a time, where the sandbox can tell."""

    @property
    def ok(self) -> bool:
        """Whether the program returned."""
        return self.outcome.status is Status.OK

    @property
    def fuel(self) -> Fuel:
        """What the run used; exactly what every node uses."""
        return self.outcome.fuel

    @property
    def value(self) -> Any:
        """What the program returned; raises :class:`~chainboy.errors.TaskFailed` if it failed."""
        return returned(self.outcome, self.program)


@attrs.frozen(kw_only=True)
class Estimate:
    """What a task needs: exact ``fuel``, ``seconds`` on this machine, the gateway's least price in wei."""

    fuel: Fuel
    seconds: float
    least_price: Wei
    status: Status


@attrs.frozen(kw_only=True)
class Result:
    """What the majority of tokens agreed on; weights are bonded tokens of the round's epoch.

    ``winners`` are in commit order, and ``rewards.shares`` are theirs. ``program`` is None for a random
    number, and when the content store no longer has it.
    """

    task_id: TaskId
    mode: Mode
    outcome: Outcome
    record: Record
    winners: tuple[Winner, ...]
    rewards: Rewards
    program: Program | None
    carriage: Carriage | None = None
    """The checkpoint that brought it to a remote chain, once it is delivered there."""

    @property
    def ok(self) -> bool:
        """Whether the program returned; a failure that the majority agrees on is a result, too."""
        return self.outcome.status is Status.OK

    @property
    def status(self) -> Status:
        """How the program ended."""
        return self.outcome.status

    @property
    def value(self) -> Any:
        """What the program returned, by its output types; for a random number an ``int`` below 2**256.

        Raises :class:`~chainboy.errors.TaskFailed` if the program failed, and
        :class:`~chainboy.errors.ContentNotFound` when its types are not to be had.
        """
        if self.mode is Mode.RANDOM:
            return int.from_bytes(self.outcome.payload, "big")
        return returned(self.outcome, self.program)

    @property
    def agreeing_weight(self) -> Weight:
        """Tokens behind this outcome."""
        return self.record.agreeing_weight

    @property
    def total_weight(self) -> Weight:
        """All active tokens, whether they took part or not."""
        return self.record.total_weight


def returned(outcome: Outcome, program: Program | None) -> Any:
    """The value in ``outcome``; raises :class:`~chainboy.errors.TaskFailed` for a failure."""
    if outcome.status is Status.RAISED:
        name = outcome.payload.decode("ascii", "backslashreplace")
        raise TaskFailed(f"the program raised {name}; run it with dry_run to see its log")
    if outcome.status is not Status.OK:
        raise TaskFailed(f"the program {_FAILURES[outcome.status]}")
    if program is None:
        raise ContentNotFound(
            "the program's output types are not known here; put its file into the content store"
        )
    return program.decode_output(outcome.payload)
