"""How the sandbox conformance suite writes down a program and what it must come to."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from eth_abi.abi import encode

from chainboy.consensus.outcome import Status
from chainboy.sandbox.protocol import Job
from chainboy.units import Fuel

FUEL = 12_000_000_000
"""Fuel limit of a case unless it says otherwise: about two seconds."""


@attrs.frozen
class Expected:
    """The status and payload an outcome must have."""

    status: Status
    payload: bytes


ABSTAINS = Expected(Status.ABORTED, b"abstains")
"""No outcome: the sandbox raises."""
REPEATS = Expected(Status.OK, b"repeats")
"""Returned, and whatever was returned is returned again."""
OUT_OF_FUEL = Expected(Status.OUT_OF_FUEL, b"")
ABORTED = Expected(Status.ABORTED, b"")


def raises(name: str) -> Expected:
    """The outcome of a program that raised ``name``."""
    return Expected(Status.RAISED, name.encode())


@attrs.frozen(kw_only=True)
class Case:
    """One program; ``metered`` and ``unmetered`` are what sandboxes of either kind must find."""

    name: str
    source: str
    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ("uint256",)
    arguments: Sequence[Any] = ()
    files: Mapping[str, bytes] = attrs.field(factory=dict)
    values: Mapping[str, int] = attrs.field(factory=dict)
    fuel_limit: int = FUEL
    metered: Expected
    unmetered: Expected

    def __str__(self) -> str:
        return self.name

    def job(self) -> Job:
        """The run to make."""
        block = (
            f"# /// chainboy\n# inputs = {json.dumps(self.inputs)}\n# outputs = {json.dumps(self.outputs)}\n"
            "# ///\n"
        )
        return Job(
            program=(block + textwrap.dedent(self.source)).encode(),
            input=encode(self.inputs, self.arguments),
            fuel_limit=Fuel(self.fuel_limit),
            files=self.files,
            values=self.values,
        )


def returns(name: str, source: str, *values: Any, **more: Any) -> Case:
    """A case that returns ``values``, encoded by a library the runtime does not use."""
    payload = encode(more.get("outputs", ["uint256"]), values)
    found = Expected(Status.OK, payload)
    return Case(name=name, source=source, metered=found, unmetered=found, **more)


def fails(name: str, source: str, metered: Expected, unmetered: Expected | None = None, **more: Any) -> Case:
    """A case with these outcomes; one stands for both."""
    return Case(name=name, source=source, metered=metered, unmetered=unmetered or metered, **more)
