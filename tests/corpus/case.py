"""One program of the corpus on some arguments, and what it is to answer by somebody else's account."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import attrs

from chainboy.cid import Cid
from chainboy.programs import Program
from chainboy.sandbox.protocol import Job
from chainboy.units import Fuel

PROGRAMS = Path(__file__).resolve().parents[2] / "examples" / "programs"
FUEL_LIMIT = Fuel(2_000_000_000)


@attrs.frozen
class Raises:
    """The expectation that a program fails, with this exception."""

    name: str


@attrs.frozen(kw_only=True)
class Case:
    """``program`` is the path below ``examples/programs`` without its suffix."""

    program: str
    arguments: tuple[Any, ...]
    expected: Any
    """What ``main`` returns, decoded; or :class:`Raises`."""
    origin: str
    """Who says so: a library, a published table, or a sum small enough to be done by hand."""
    values: Mapping[str, int]


def case(program: str, *arguments: Any, gives: Any, by: str, values: Mapping[str, int] | None = None) -> Case:
    """A case, as the tables write it."""
    return Case(program=program, arguments=arguments, expected=gives, origin=by, values=values or {})


@cache
def load(name: str) -> Program:
    """The program of that name."""
    return Program.from_file(PROGRAMS / f"{name}.py")


def job_of(each: Case) -> Job:
    """The run that a case asks for; data files lie beside their program."""
    program = load(each.program)
    contents = [path.read_bytes() for path in (PROGRAMS / each.program).parent.iterdir() if path.is_file()]
    by_cid = {Cid.of(content): content for content in contents}
    return Job(
        program=program.source,
        input=program.encode_input(*each.arguments),
        fuel_limit=FUEL_LIMIT,
        files={name: by_cid[cid] for name, cid in program.metadata.files.items()},
        values=each.values,
    )
