"""What a host and an interpreter in a process say to each other."""

from __future__ import annotations

import base64
import json
import sys

import pytest

from chainboy.consensus.outcome import Outcome, Status
from chainboy.sandbox import exchange
from chainboy.sandbox.answer import MAX_LOG
from chainboy.sandbox.protocol import Job
from chainboy.units import Fuel

ABORTED = (Outcome(Status.ABORTED, Fuel(0), b""), "")


def test_a_question_is_one_line_of_json() -> None:
    """Every byte comes through, integers as text, and nothing of the host's own."""
    every = bytes(range(256))
    job = Job(
        program=every, input=b"\n", fuel_limit=Fuel(9), files={"b": b"", "a": every}, values={"v": -(2**200)}
    )
    asked = exchange.question(job)
    assert asked.count(b"\n") == 1
    assert asked.endswith(b"\n")
    read = json.loads(asked)
    assert base64.b64decode(read["program"]) == base64.b64decode(read["files"]["a"]) == every
    assert (read["data"], read["files"]["b"], read["values"]) == ("Cg==", "", {"v": str(-(2**200))})
    assert set(read) == {"program", "data", "files", "values"}


def test_an_answer_is_judged() -> None:
    """A well-formed one is an outcome without fuel, its log cut at the limit."""
    payload = "\xff" * 32
    found, log = exchange.outcome(json.dumps([0, payload, "x" * (MAX_LOG + 1)]).encode())
    assert found == Outcome(Status.OK, Fuel(0), b"\xff" * 32)
    assert log == "x" * MAX_LOG


@pytest.mark.parametrize(
    "answer",
    [b"", b"[]", b"{", b"null", b'[0, "", ""', b'["x", "", ""]', b"\xff", b'[2, "", "x"]', b"[" * 100_000],
)
def test_what_is_no_answer_is_aborted(answer: bytes) -> None:
    """Nothing, half of one, or another shape, however deep, is the end of the artifact."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10**6)
    try:
        assert exchange.outcome(answer)[0] == ABORTED[0]
    finally:
        sys.setrecursionlimit(before)
