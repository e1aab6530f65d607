"""Golden vectors: what a runtime makes of known programs, to the last unit of fuel.

Rule: protocol, section 6 "Outcome". They ship with the runtime; a node runs them at its start and does
not serve a runtime that differs in any of them.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import attrs

from chainboy.consensus.outcome import Outcome, Status
from chainboy.errors import SandboxError
from chainboy.sandbox.protocol import Job, Sandbox
from chainboy.sandbox.runtimes import DEFAULT, runtime_named
from chainboy.units import Fuel


@attrs.frozen(kw_only=True)
class Vector:
    """One run, and the outcome it has."""

    name: str
    job: Job
    outcome: Outcome


def vectors(runtime: str = DEFAULT) -> tuple[Vector, ...]:
    """The vectors of ``runtime``; raises :class:`RuntimeNotServed` if there is no such runtime."""
    name = runtime_named(runtime).name.replace(":", "-")
    table = json.loads(resources.files(__package__).joinpath(f"{name}.json").read_text("utf-8"))
    return tuple(_vector(row) for row in table)


def self_test(sandbox: Sandbox, runtime: str = DEFAULT) -> None:
    """Run every vector of ``runtime``; raises :class:`SandboxError` at the first that differs."""
    for vector in vectors(runtime):
        found = sandbox.run(vector.job).outcome
        if found != vector.outcome:
            raise SandboxError(
                f"{runtime} does not run here as released: vector {vector.name!r} should be "
                f"{_brief(vector.outcome)} and is {_brief(found)}; do not serve it, install it again",
            )


def job_of(row: dict[str, Any]) -> Job:
    """The job that a row of a vector file describes."""
    return Job(
        program="\n".join(row["program"]).encode(),
        input=bytes.fromhex(row["input"]),
        fuel_limit=Fuel(row["fuel_limit"]),
        files={name: bytes.fromhex(content) for name, content in row.get("files", {}).items()},
        values=row.get("values", {}),
    )


def _vector(row: dict[str, Any]) -> Vector:
    outcome = Outcome(Status(row["status"]), Fuel(row["fuel"]), bytes.fromhex(row["payload"]))
    return Vector(name=row["name"], job=job_of(row), outcome=outcome)


def _brief(outcome: Outcome) -> str:
    return f"{outcome.status.name} with fuel {outcome.fuel} and payload {outcome.payload.hex() or 'empty'}"
