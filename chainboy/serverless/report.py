"""What a call says that it did: JSON without secrets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import Enum

import attrs

from chainboy.logs import redacted
from chainboy.node.rows import Transition
from chainboy.web import Response

MOST_MOVES = 50
"""Transitions that are told one by one."""


class Ending(Enum):
    """Why a call ended, and with which HTTP status it is answered."""

    QUIET = "quiet"
    """There was nothing left to do for now."""
    DEADLINE = "deadline"
    """The time was over; the next call goes on at once."""
    BUSY = "busy"
    """Another call works, and nothing was done."""
    FAILED = "failed"
    """Something did not answer, or refused; nothing is lost."""


_STATUS = {Ending.QUIET: 200, Ending.DEADLINE: 200, Ending.BUSY: 202, Ending.FAILED: 503}


@attrs.frozen(kw_only=True)
class Report:
    """``open`` tasks are not over; after ``next`` seconds another call is useful, none: when news come."""

    ending: Ending
    moves: Sequence[Transition] = ()
    sent: int = 0
    """Transactions that were signed."""
    open: int = 0
    next: int | None = None
    error: str = ""

    def response(self) -> Response:
        """The answer to who called."""
        moves = [
            {"task": f"0x{each.task_id.hex()}", "from": each.source.value, "to": each.target.value}
            for each in self.moves[:MOST_MOVES]
        ]
        said = {
            "ending": self.ending.value,
            "transitions": len(self.moves),
            "moves": moves,
            "sent": self.sent,
            "open": self.open,
            "next": self.next,
        }
        if self.error:
            said["error"] = redacted(self.error)
        headers = {} if self.next is None else {"retry-after": str(self.next)}
        return Response(status=_STATUS[self.ending], body=json.dumps(said).encode(), headers=headers)
