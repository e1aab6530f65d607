"""The whole examination of a program: its source, its runs compared, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from chainboy.cid import Cid
from chainboy.consensus.outcome import Status
from chainboy.content.store import ContentStore
from chainboy.doctor.finding import Finding, Severity
from chainboy.doctor.lint import lint
from chainboy.doctor.price import MOST_FUEL, Cost, Rates, cost
from chainboy.doctor.probe import corrected
from chainboy.doctor.running import Attempt, Place, differences, make_job, run_at
from chainboy.errors import ProgramError
from chainboy.programs.program import Program
from chainboy.units import Fuel


@attrs.frozen(kw_only=True)
class Report:
    """What an examination found; ``program`` is None when its metadata cannot be read."""

    cid: Cid
    size: int
    """Of the file, in bytes."""
    program: Program | None
    findings: tuple[Finding, ...]
    attempts: tuple[Attempt, ...] = ()
    """The runs that have to agree, then those that only indicate something."""
    differences: tuple[str, ...] = ()
    """Between runs that have to agree."""
    indications: tuple[str, ...] = ()
    """Between the first run and those of other interpreters, where other floats and orders are no fault."""
    cost: Cost | None = None
    """None, too, for a run whose fuel ended before it did."""
    not_run: str = ""
    """Why there are no runs."""

    @property
    def ok(self) -> bool:
        """No finding is an error, and no two runs differ that have to agree."""
        return not self.differences and all(each.severity is not Severity.ERROR for each in self.findings)


def examine(
    source: bytes,
    arguments: Mapping[str, Any] | None = None,
    places: Sequence[Place] = (),
    *,
    files: Mapping[str, bytes] | None = None,
    values: Mapping[str, int] | None = None,
    content: ContentStore | None = None,
    fuel_limit: Fuel = MOST_FUEL,
    rates: Rates | None = None,
) -> Report:
    """Examine the program file ``source``; run it at ``places`` if there are arguments or it takes none.

    Each place that serves the program's runtime runs it, one alone twice. ``rates`` are what the cost is
    reckoned with. Raises :class:`ProgramError` for a file that cannot be read at all,
    :class:`~chainboy.errors.InputError` for arguments or data that do not fit, and what sandboxes and
    ``content`` raise.
    """
    findings = corrected(lint(source), source, [place.sandbox for place in places])
    report = Report(cid=Cid.of(source), size=len(source), program=_program(source), findings=findings)
    program = report.program
    if program is None:
        return attrs.evolve(report, not_run="its metadata must be corrected first")
    if not places:
        return attrs.evolve(report, not_run="there is no sandbox to run it in")
    if arguments is None and program.inputs:
        return attrs.evolve(report, not_run="it was given no arguments")
    declared = len(program.metadata.files) + len(program.metadata.sources)
    if arguments is None and declared and not (files or values or content):
        return attrs.evolve(report, not_run="it was given none of the data it declares")
    data = program.encode_input(**(arguments or {}))
    job = make_job(program, data, fuel_limit=fuel_limit, files=files, values=values, content=content)
    attempts = run_at(places, program.metadata.runtime, job)
    first, *others = attempts
    ending = first.run.outcome.status
    return attrs.evolve(
        report,
        attempts=attempts,
        differences=tuple(_between(first, [each for each in others if each.place.same], program)),
        indications=tuple(_between(first, [each for each in others if not each.place.same], program)),
        cost=None if ending is Status.OUT_OF_FUEL else cost(first.run.outcome.fuel, rates or Rates()),
    )


def _between(first: Attempt, others: Sequence[Attempt], program: Program) -> Iterator[str]:
    return (text for other in others for text in differences(first, other, program))


def _program(source: bytes) -> Program | None:
    try:
        return Program(source)
    except ProgramError:
        return None
