"""One run between a host and an interpreter in a process: a line asks, a line answers."""

from __future__ import annotations

import json
import re
from base64 import b64encode

from chainboy.consensus.outcome import Outcome, Status
from chainboy.sandbox.answer import MAX_LOG, judge
from chainboy.sandbox.protocol import Job
from chainboy.units import Fuel

_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_ANSWER = re.compile(rb"\[[0-9]{1,3}, " + _STRING + rb", " + _STRING + rb"\]\n?")
"""Looked at before it is parsed: what nests deeply could break a parser, and this process with it."""


def question(job: Job) -> bytes:
    """``job`` as :mod:`chainboy.sandbox.guest.child` reads it: JSON on one line, bytes in base64."""
    asked = {
        "program": _text(job.program),
        "data": _text(job.input),
        "files": {name: _text(content) for name, content in sorted(job.files.items())},
        "values": {name: str(value) for name, value in sorted(job.values.items())},
    }
    return json.dumps(asked).encode() + b"\n"


def outcome(answer: bytes) -> tuple[Outcome, str]:
    """The outcome that an answer stands for, fuel 0, and the log; ABORTED if it has not an answer's shape."""
    try:
        status, payload, log = json.loads(answer) if _ANSWER.fullmatch(answer) else (Status.ABORTED, "", "")
    except ValueError:
        return Outcome(Status.ABORTED, Fuel(0), b""), ""
    return judge(status, payload, 0), _sound(log[:MAX_LOG])


def _sound(text: str) -> str:
    """``text`` without lone surrogates, which JSON can write and nothing can print."""
    return text.encode("utf-8", "replace").decode()


def _text(data: bytes) -> str:
    return b64encode(data).decode()
