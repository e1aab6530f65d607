"""A round as its events tell it: who committed and revealed what, and what that comes to.

The hub keeps one word a ballot; whoever finalises, delivers or claims brings the rest from its events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainboy.consensus.tally import Ballot, tally
from chainboy.contracts.hub_events import AttemptOpened, Committed, Finalized, Revealed
from chainboy.errors import ChainError, TooManyLogs
from chainboy.node.home import RoundLog

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.contracts.hub import Hub, RoundState
    from chainboy.events.log import LogEvent, Topics
    from chainboy.node.rows import Task

_FIRST_STRETCH = 64
_TOLD = (AttemptOpened, Committed, Revealed, Finalized)


def round_log(
    chain: Chain, hub: Hub, task: Task, state: RoundState, *, last: int, max_task_life: int
) -> RoundLog:
    """What the hub told about attempt ``state.attempt`` of ``task`` until block ``last``.

    Raises :class:`~chainboy.errors.ChainError` when the endpoint leaves out a part of it; trying again may
    help.
    """
    logs = _complete_logs(chain, hub, task, state, last=last, max_task_life=max_task_life)
    opened = next((e for e in hub.events(logs, AttemptOpened) if e.attempt == state.attempt), None)
    if opened is None:
        raise ChainError(f"the endpoint's logs do not tell how the round of 0x{task.task_id.hex()} began")
    revealed = {event.node: event for event in hub.events(logs, Revealed) if event.attempt == state.attempt}
    ballots = tuple(
        Ballot(
            node=event.node,
            payout=event.payout,
            weight=event.weight,
            word=revealed[event.node].word if event.node in revealed else None,
        )
        for event in _commits(hub, logs, state)
    )
    found = tally(task.task_id, task.params, opened.total_weight, ballots)
    record = next((event.record for event in hub.events(logs, Finalized)), None)
    if record is not None and record != found.record:
        raise ChainError(f"the endpoint's logs belie the record of 0x{task.task_id.hex()}; use another one")
    return RoundLog(
        attempt=state.attempt,
        ballots=ballots,
        outcomes={node: event.outcome for node, event in revealed.items()},
        tally=found,
        record=record,
    )


def _commits(hub: Hub, logs: list[LogEvent], state: RoundState) -> list[Committed]:
    mine = [event for event in hub.events(logs, Committed) if event.attempt == state.attempt]
    return sorted(mine, key=lambda event: event.position)


def _complete_logs(
    chain: Chain, hub: Hub, task: Task, state: RoundState, *, last: int, max_task_life: int
) -> list[LogEvent]:
    """The task's logs from its request on; from before it, if somebody committed even earlier.

    Nobody can commit more than ``max_task_life`` seconds before the task expires: there the search ends.
    """
    topics: Topics = ([hub.topic(event) for event in _TOLD], task.task_id)
    first = min(task.block, last)
    logs = _logs(chain, hub, topics, first, last)
    stretch = _FIRST_STRETCH
    while len(_commits(hub, logs, state)) < state.committed:
        if first == 0 or chain.block(first).timestamp + max_task_life < task.params.expires_at:
            raise ChainError(f"the endpoint's logs miss commits of 0x{task.task_id.hex()}; use another one")
        before, first = first, max(0, first - stretch)
        logs = _logs(chain, hub, topics, first, before - 1) + logs
        stretch *= 2
    return logs


def _logs(chain: Chain, hub: Hub, topics: Topics, first: int, last: int) -> list[LogEvent]:
    """The logs of a range, in halves if the endpoint finds it too long."""
    try:
        return chain.logs([hub.address], topics, first, last)
    except TooManyLogs:
        if first == last:
            raise
    middle = (first + last) // 2
    return _logs(chain, hub, topics, first, middle) + _logs(chain, hub, topics, middle + 1, last)
