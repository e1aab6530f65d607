"""How soon another look at a task is useful; pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chainboy.node.machine import State
from chainboy.node.rows import Task
from chainboy.node.view import Clocks, View

LONGEST = 60
"""Seconds after which an open task is looked at again, whatever it waits for."""

_SOON = frozenset(
    {
        State.SEEN,
        State.ACCEPTED,
        State.COMPUTED,
        State.COMMITTING,
        State.REVEALING,
        State.FINALIZED,
        State.SPLIT,
        State.DELIVERED,
    }
)
"""What these wait for is a block or a few."""

_PHASES: Mapping[State, int] = MappingProxyType({State.COMMITTED: 0, State.REVEALED: 1})
"""States that wait for the end of a phase: how many phases after the commits' end it is."""


def next_look(task: Task, view: View, clocks: Clocks, *, depth: int) -> int:
    """Seconds after which something may be to be done about ``task``; ``depth``: until a block is final.

    Never longer than the time in which a commit phase can begin and end, so that no reveal is missed.
    """
    longest = max(depth, min(LONGEST, task.params.commit_window))
    if task.state in _SOON:
        return depth
    if task.state is State.COMMITTED and view.all_committed:
        return depth
    if task.state is State.REVEALED and view.all_revealed:
        return depth
    if task.state in _PHASES and view.quorum:
        over = view.round.commit_ends_at + _PHASES[task.state] * clocks.reveal_window
        return min(max(over - view.timestamp, 0) + depth, longest)
    return longest
