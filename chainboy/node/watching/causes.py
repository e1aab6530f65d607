"""Sorts the reasons for which a node abstains into a few classes that can be counted."""

from __future__ import annotations

import re
from enum import Enum


class Cause(Enum):
    """Why a node did not answer a task."""

    POLICY = "policy"
    """The operator does not want it: its mode, its program or its requester."""
    PRICE = "price"
    TIME = "time"
    """The run could not have ended before the commitment is due."""
    RUNTIME = "runtime"
    """No sandbox of this node runs what the program names."""
    SOURCES = "sources"
    CONTENT = "content"
    """The program, or a file of it, could not be had."""
    SANDBOX = "sandbox"
    """A run was given up, or its sandbox failed."""
    FAULT = "fault"
    """The node's own code failed: a bug."""
    OTHER = "other"


_PATTERNS: tuple[tuple[Cause, str], ...] = (
    (Cause.POLICY, r"mode \w+ is not served$|(program|requester) \w+ is (denied|not among those allowed)$"),
    (Cause.PRICE, r"price \d+ wei "),
    (Cause.TIME, r"-?\d+ s are left, we need|this run of up to "),
    (Cause.FAULT, r"our own code failed"),
    (Cause.RUNTIME, r"runtime .* is not served here"),
    (Cause.SOURCES, r"(the )?sources? |the program asks for HTTP sources"),
    (Cause.SANDBOX, r"the (run|pool|engine|container|artifact|native stack|Docker engine) |no (run|thread) "),
    (Cause.CONTENT, r".*\b(Qm[1-9A-HJ-NP-Za-km-z]{44}|ba[fg][a-z2-7]{20,}|store|block|daemon|gateway)\b"),
)
"""How a reason of each class begins; the first that fits."""

_COMPILED = tuple((cause, re.compile(pattern)) for cause, pattern in _PATTERNS)


def cause_of(reason: str) -> Cause:
    """The class of a reason as the journal has it; :attr:`Cause.OTHER` for one that is in none."""
    return next((cause for cause, pattern in _COMPILED if pattern.match(reason)), Cause.OTHER)
