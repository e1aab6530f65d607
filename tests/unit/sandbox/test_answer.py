"""What a host makes of an answer it does not trust."""

from __future__ import annotations

import pytest

from chainboy.consensus.outcome import Outcome, Status
from chainboy.sandbox.answer import judge
from chainboy.units import Fuel

ABORTED = Outcome(Status.ABORTED, Fuel(7), b"")


@pytest.mark.parametrize(
    ("status", "payload", "expected"),
    [
        (0, "\xff" * 32, Outcome(Status.OK, Fuel(7), b"\xff" * 32)),
        (0, "", Outcome(Status.OK, Fuel(7), b"")),
        (0, "\0" * 896, Outcome(Status.OK, Fuel(7), bytes(896))),
        (1, "ValueError", Outcome(Status.RAISED, Fuel(7), b"ValueError")),
        (0, "\0" * 928, ABORTED),
        (0, "\0" * 33, ABORTED),
        (0, "\u0100" * 32, ABORTED),
        (1, "", ABORTED),
        (1, "E" * 65, ABORTED),
        (1, "\xe9", ABORTED),
        (2, "", ABORTED),
        (3, "x", ABORTED),
        (255, "", ABORTED),
    ],
)
def test_only_a_well_formed_answer_is_an_outcome(status: int, payload: str, expected: Outcome) -> None:
    """A return value or a name, each within its bounds; all else is ABORTED."""
    assert judge(status, payload, 7) == expected
    assert len(expected.encode()) <= 1024
