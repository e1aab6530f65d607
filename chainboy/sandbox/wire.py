"""What a node and its runner say to each other: JSON of a few fixed shapes, each with a bound on its bytes.

Bytes are base64, integers of any size decimal text. Whatever has another shape is an :class:`EncodingError`.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import attrs

from chainboy.consensus.outcome import Outcome, Status
from chainboy.errors import (
    ChainBoyError,
    ConfigError,
    EncodingError,
    ProgramError,
    RuntimeNotServed,
    SandboxError,
    SandboxFault,
)
from chainboy.sandbox.answer import MAX_LOG, judge
from chainboy.sandbox.protocol import Job, Run
from chainboy.tables import Table, amount
from chainboy.units import Fuel

PROTOCOL = 1
"""Of this module; a node and a runner with different ones do not work together."""

MOST_JOB = 32 << 20
"""Most bytes of a job: a program and its sixteen data files at their largest, in base64, and an input."""

MOST_ANSWER = 1 << 20
"""Most bytes of any answer; a log at its largest has six for each character, and is most of it."""

_MOST_ERROR = 2000
_MOST_NUMBER = 1 << 50

_STRING, _PLAIN = rb'"(?:[^"\\]++|\\.)*+"', rb'[^"\[\]{}]++'
_SHALLOW = re.compile(
    rb"\{(?:%b|%b|[\[{](?:%b|%b)*+[\]}])*+\}" % (_STRING, _PLAIN, _STRING, _PLAIN), re.DOTALL
)
"""Looked at before it is parsed: what nests deeply could break a parser, and this process with it."""

T = TypeVar("T")

_ERRORS: Mapping[str, type[ChainBoyError]] = MappingProxyType(
    {kind.__name__: kind for kind in (ProgramError, RuntimeNotServed, SandboxError, SandboxFault)}
)
"""What a runner can say instead of a run, the general ones last."""


@attrs.frozen(kw_only=True)
class About:
    """A runner since its start: ``instance`` is another after each, ``runtimes`` are those it serves now."""

    instance: str
    version: str
    runtimes: tuple[str, ...]


def pack_about(about: About) -> bytes:
    """What a runner says of itself."""
    return _pack({"protocol": PROTOCOL, **attrs.asdict(about)})


def unpack_about(data: bytes) -> About:
    """The same; :class:`SandboxError` if it speaks another protocol than this."""
    spoken, about = _unpack(data, _about)
    if spoken != PROTOCOL:
        raise SandboxError(
            f"the runner (ChainBoy {about.version}) speaks protocol {spoken}, this node {PROTOCOL}; "
            "install the same release for both"
        )
    return about


def pack_job(job: Job, instance: str) -> bytes:
    """``job`` for the runner that is this instance, and no other."""
    return _pack(
        {
            "instance": instance,
            "program": _text(job.program),
            "input": _text(job.input),
            "fuel_limit": job.fuel_limit,
            "files": {name: _text(content) for name, content in sorted(job.files.items())},
            "values": {name: str(value) for name, value in sorted(job.values.items())},
        }
    )


def unpack_job(data: bytes) -> tuple[Job, str]:
    """The job, and the instance that it is for."""
    return _unpack(data, _job)


def pack_run(run: Run) -> bytes:
    """What a run left."""
    outcome = _text(run.outcome.encode())
    return _pack({"outcome": outcome, "logs": run.logs, "seconds": run.seconds, "memory": run.memory})


def unpack_run(data: bytes, job: Job) -> Run:
    """The run; its outcome is one that ``job`` can have, whatever the runner says."""
    run = _unpack(data, _run)
    if not _possible(run.outcome, job.fuel_limit):
        raise EncodingError("the runner's answer is an outcome that this job cannot have")
    return run


def pack_error(error: ChainBoyError) -> bytes:
    """Why there is no run."""
    kind = next((name for name, kind in _ERRORS.items() if isinstance(error, kind)), SandboxFault.__name__)
    return _pack({"error": kind, "message": str(error)[:_MOST_ERROR]})


def unpack_error(data: bytes) -> ChainBoyError:
    """The error."""
    return _unpack(data, lambda table: table.take("error", _ERRORS.__getitem__)(table.take("message", _line)))


def _about(table: Table) -> tuple[int, About]:
    spoken = table.take("protocol", amount)
    about = About(
        instance=table.take("instance", str),
        version=table.take("version", str),
        runtimes=tuple(table.take("runtimes", _strings)),
    )
    return spoken, about


def _job(table: Table) -> tuple[Job, str]:
    job = Job(
        program=table.take("program", _bytes),
        input=table.take("input", _bytes),
        fuel_limit=Fuel(table.take("fuel_limit", amount)),
        files={name: _bytes(text) for name, text in table.take("files", _mapping).items()},
        values={name: int(_string(text)) for name, text in table.take("values", _mapping).items()},
    )
    return job, table.take("instance", str)


def _run(table: Table) -> Run:
    return Run(
        outcome=Outcome.decode(table.take("outcome", _bytes)),
        logs=table.take("logs", _string)[:MAX_LOG],
        seconds=table.take("seconds", _number),
        memory=table.take("memory", _size),
    )


def _possible(outcome: Outcome, limit: int) -> bool:
    """Whether a run with this fuel limit can end so. Rule: protocol, section 6 "Outcome"."""
    match outcome.status:
        case Status.OUT_OF_FUEL:
            return outcome.fuel == limit and not outcome.payload
        case Status.ABORTED:
            return outcome.fuel <= limit and not outcome.payload
    same = judge(outcome.status, outcome.payload.decode("latin-1"), outcome.fuel) == outcome
    return same and outcome.fuel <= limit


def _pack(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode("utf-8", "replace")


def _unpack(data: bytes, read: Callable[[Table], T]) -> T:
    if not _SHALLOW.fullmatch(data):
        raise EncodingError("this is nothing that a node and a runner say: no object, or a deep one")
    try:
        table = Table(json.loads(data), "")
        found = read(table)
        table.finish()
    except (ConfigError, ValueError, TypeError) as error:
        raise EncodingError(f"this is nothing that a node and a runner say: {str(error)[:100]}") from error
    return found


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _bytes(value: Any) -> bytes:
    return b64decode(_string(value), validate=True)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("give text")
    return value.encode("utf-8", "replace").decode()  # JSON can write lone surrogates, nothing can print them


def _line(value: Any) -> str:
    return " ".join(_string(value).split())[:_MOST_ERROR]


def _strings(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("give a list")
    return [_string(item) for item in value]


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("give an object")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _MOST_NUMBER:
        raise ValueError("give a number, 0 or more")
    return float(value)


def _size(value: Any) -> int | None:
    return None if value is None else int(_number(value))
