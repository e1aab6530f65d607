"""A report as a reader sees it, and as another program does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chainboy.consensus.outcome import Outcome
from chainboy.doctor.examine import Report
from chainboy.doctor.price import Cost
from chainboy.doctor.running import told
from chainboy.programs.program import Program
from chainboy.tasks.result import Trial

_MIB = 1 << 20


def to_lines(report: Report) -> Iterator[str]:
    """The report line by line: what it is, what was found, how it ran, what it costs."""
    yield f"program  {report.cid}, {report.size:,} bytes"
    if report.program is not None:
        yield f"runtime  {report.program.metadata.runtime}"
        yield f"takes    {', '.join(map(str, report.program.inputs)) or 'nothing'}"
        yield f"returns  {', '.join(report.program.outputs) or 'nothing'}"
    yield from map(str, report.findings)
    if report.not_run:
        yield f"not run: {report.not_run}"
    if report.attempts and report.program is not None:
        run = report.attempts[0].run
        yield from _run(run.outcome, report.program, run.memory, run.seconds)
    yield from (f"DIFFERS  {text}" for text in report.differences)
    yield from (f"elsewhere: {text}" for text in report.indications)
    if report.cost is not None:
        yield from _cost(report.cost)
    yield _verdict(report)


def trial_lines(trial: Trial) -> Iterator[str]:
    """One run line by line: what came of it, what it took, what it printed."""
    yield from _run(trial.outcome, trial.program, trial.memory, trial.seconds)
    if trial.logs:
        yield "log"
        yield from (f"  {line}" for line in trial.logs.splitlines())


def trial_table(trial: Trial) -> dict[str, Any]:
    """One run as JSON."""
    return _run_table(trial.outcome, trial.program, trial.memory, trial.seconds) | {"logs": trial.logs}


def to_table(report: Report) -> dict[str, Any]:
    """The report as JSON: amounts of wei and the result as text, all else as numbers and lists."""
    program, first = report.program, report.attempts[0].run if report.attempts else None
    return {
        "ok": report.ok,
        "cid": str(report.cid),
        "size": report.size,
        "runtime": program and program.metadata.runtime,
        "inputs": program and [str(parameter) for parameter in program.inputs],
        "outputs": program and list(program.outputs),
        "findings": [
            {
                "line": each.line,
                "column": each.column,
                "rule": each.rule,
                "severity": each.severity.value,
                "message": each.message,
            }
            for each in report.findings
        ],
        "run": first and program and _run_table(first.outcome, program, first.memory, first.seconds),
        "not_run": report.not_run or None,
        "places": [attempt.place.name for attempt in report.attempts],
        "differences": list(report.differences),
        "indications": list(report.indications),
        "cost": report.cost and _cost_table(report.cost),
    }


def _run(outcome: Outcome, program: Program, memory: int | None, seconds: float) -> Iterator[str]:
    yield f"run      {told(outcome, program)}"
    yield f"fuel     {outcome.fuel:,}"
    if memory is not None:
        yield f"memory   {memory / _MIB:.1f} MiB at most"
    yield f"time     {seconds:.3f} s on this machine"


def _run_table(outcome: Outcome, program: Program, memory: int | None, seconds: float) -> dict[str, Any]:
    return {
        "status": outcome.status.name,
        "told": told(outcome, program),
        "payload": f"0x{outcome.payload.hex()}",
        "fuel": outcome.fuel,
        "memory": memory,
        "seconds": seconds,
    }


def _cost(cost: Cost) -> Iterator[str]:
    if not cost.total:
        yield f"ask with fuel_limit={cost.fuel_limit}"
        return
    yield f"ask with fuel_limit={cost.fuel_limit} and a price of {cost.price} wei or more:"
    yield f"  {cost.fuel_price} wei for its fuel, {cost.nodes_gas} wei for the nodes' gas"
    yield f"  with the gas of the request {cost.total} wei in all"


def _cost_table(cost: Cost) -> dict[str, Any]:
    return {
        "fuel_limit": cost.fuel_limit,
        "fuel_price": str(cost.fuel_price),
        "nodes_gas": str(cost.nodes_gas),
        "price": str(cost.price),
        "request_gas": str(cost.request_gas),
        "total": str(cost.total),
    }


def _verdict(report: Report) -> str:
    if report.differences:
        return "not deterministic: nodes would not agree on it"
    if not report.ok:
        return "not ready: correct the errors above"
    ran = f"{sum(each.place.same for each in report.attempts)} runs agree" if report.attempts else "not run"
    warnings = len(report.findings)
    return f"no errors, {warnings} warning{'' if warnings == 1 else 's'}, {ran}"
