"""The seam between a node and what runs programs: a job goes in, an outcome comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import attrs

from chainboy.consensus.outcome import Outcome
from chainboy.units import Fuel


@attrs.frozen(kw_only=True)
class Job:
    """One run of a program: everything that may decide its outcome, and nothing else."""

    program: bytes
    """The program file as its CID names it."""
    input: bytes
    """The ABI-encoded arguments."""
    fuel_limit: Fuel
    files: Mapping[str, bytes] = attrs.field(factory=dict)
    """The declared data files, by the name the program gave them."""
    values: Mapping[str, int] = attrs.field(factory=dict)
    """What the declared sources said, by name, scaled to integers."""


@attrs.frozen(kw_only=True)
class Run:
    """What a run left: the outcome that counts, and what only its author cares about."""

    outcome: Outcome
    logs: str = ""
    """What the program printed, cut at the sandbox's limit. Never part of the outcome."""
    seconds: float = 0.0
    """Wall-clock time of the run."""
    memory: int | None = None
    """Most bytes the run had at a time, where the sandbox can tell."""


class Sandbox(Protocol):
    """Runs programs it was not written to trust. Instances may be used from many threads."""

    def serves(self, runtime: str) -> bool:
        """Whether this sandbox runs programs that name ``runtime``.

        Raises :class:`~chainboy.errors.SandboxError` as long as it cannot tell; it then runs the golden
        vectors by itself before its first program.
        """
        ...

    def run(self, job: Job) -> Run:
        """Run ``job`` to its outcome.

        Raises :class:`~chainboy.errors.SandboxError` when no outcome can be had (a wall-clock
        limit, host memory, a broken engine): the node then abstains. Whatever the program itself
        does is an outcome, never an exception.
        """
        ...
