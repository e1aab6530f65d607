"""A call made on mirror and contract, and how it ended on both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from bare_evm.contracts import Log, Reverted

from chainboy.consensus.refusal import Refused


@attrs.frozen
class Done:
    """How a call ended, the same on both sides: refused by ``name``, or with ``value``."""

    name: str
    value: Any
    logs: tuple[Log, ...] = attrs.field(default=(), eq=False)

    @property
    def refused(self) -> bool:
        """Whether it was refused."""
        return self.name != ""


class Disagreement(AssertionError):
    """Mirror and contract ended differently."""


def struct(value: Any) -> tuple[Any, ...]:
    """A frozen class as the ABI's tuple."""
    return attrs.astuple(value)


def both(
    mirror: Callable[[], Any], contract: Callable[[], tuple[Any, list[Log]]], *, gives: bool = False
) -> Done:
    """Make a call on both sides; both must take it, or refuse by the same name and arguments.

    ``gives``: what they return must be the same too.
    """
    logs: tuple[Log, ...] = ()
    try:
        value, events = contract()
        actual, logs = Done("", value), tuple(events)
    except Reverted as reverted:
        actual = Done(reverted.name, reverted.arguments)
    try:
        mirrored = Done("", mirror())
    except Refused as refused:
        mirrored = Done(refused.name, refused.arguments)
    compared = mirrored.refused or gives
    if mirrored.name != actual.name or (compared and mirrored.value != actual.value):
        raise Disagreement(f"mirror {mirrored}, contract {actual}")
    return attrs.evolve(mirrored if mirrored.refused else actual, logs=logs)
