"""From what came out of an interpreter to the outcome that counts."""

from __future__ import annotations

from chainboy.consensus.outcome import Outcome, Status
from chainboy.sandbox.guest.child import MAX_LOG as MAX_LOG  # noqa: PLC0414 - hosts take it from here
from chainboy.sandbox.guest.driver import MAX_NAME, MAX_PAYLOAD
from chainboy.units import Fuel


def judge(status: int, payload: str, fuel: int) -> Outcome:
    """The outcome for an interpreter's answer; ABORTED if the answer has not the shape of one.

    A program shares its interpreter with the code that answers, so the answer is not trusted: it can
    only be a return value or an exception's name, each within its bounds. Bytes are Latin-1 text.
    """
    try:
        data = payload.encode("latin-1")
    except UnicodeEncodeError:
        return Outcome(Status.ABORTED, Fuel(fuel), b"")
    if status == Status.OK and len(data) <= MAX_PAYLOAD and len(data) % 32 == 0:
        return Outcome(Status.OK, Fuel(fuel), data)
    if status == Status.RAISED and data.isascii() and 0 < len(data) <= MAX_NAME:
        return Outcome(Status.RAISED, Fuel(fuel), data)
    return Outcome(Status.ABORTED, Fuel(fuel), b"")
