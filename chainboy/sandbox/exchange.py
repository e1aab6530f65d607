"""One run between a host and an interpreter in a process: a line asks, a line answers."""

from __future__ import annotations

import json
from base64 import b64encode

from chainboy.consensus.outcome import Outcome, Status
from chainboy.sandbox.answer import MAX_LOG, judge
from chainboy.sandbox.protocol import Job
from chainboy.units import Fuel


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
        status, payload, log = json.loads(answer)
        return judge(int(status), str(payload), 0), _sound(str(log)[:MAX_LOG])
    except (ValueError, TypeError, OverflowError, RecursionError):
        return Outcome(Status.ABORTED, Fuel(0), b""), ""


def _sound(text: str) -> str:
    """``text`` without lone surrogates, which JSON can write and nothing can print."""
    return text.encode("utf-8", "replace").decode()


def _text(data: bytes) -> str:
    return b64encode(data).decode()
