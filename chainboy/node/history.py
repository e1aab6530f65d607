"""A round as its events tell it: who committed and revealed what, and what that comes to.

The hub keeps one word a ballot; whoever finalises, delivers or claims brings the rest from its events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainboy.consensus.tally import tally
from chainboy.contracts.ballots import cast
from chainboy.contracts.hub_events import AttemptOpened, Committed, Finalized, Revealed
from chainboy.errors import ChainError
from chainboy.events.scan import newest_first
from chainboy.node.home import RoundLog
from chainboy.units import Address

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.contracts.hub import Hub, RoundState
    from chainboy.node.rows import Task

_TOLD = (AttemptOpened, Committed, Revealed, Finalized)


def round_log(chain: Chain, hub: Hub, task: Task, state: RoundState, *, first: int, last: int) -> RoundLog:
    """What the hub told about attempt ``state.attempt`` of ``task`` in blocks ``first`` to ``last``.

    Read from the newest block back to where the attempt was opened, wherever that is: it may be older than
    the request, for who foresees a request can commit to it. Raises :class:`~chainboy.errors.ChainError`
    when the endpoint leaves out a part; trying again, or another endpoint, may help.
    """
    topics = ([hub.topic(event) for event in _TOLD], task.task_id)
    commits: list[Committed] = []
    reveals: dict[Address, Revealed] = {}
    finalized: Finalized | None = None
    for log in newest_first(chain, [hub.address], topics, first=first, last=last):
        match hub.decode(log):
            case Finalized() as event:
                finalized = event
            case Revealed() as event:
                reveals[event.node] = event
            case Committed() as event:
                commits.insert(0, event)
            case AttemptOpened() as event:
                told = event.attempt, len(commits), len(reveals)
                if told == (state.attempt, state.committed, state.revealed):
                    return _counted(task, event, commits, reveals, finalized)
                break
    raise ChainError(
        f"the endpoint's logs do not tell the whole round of 0x{task.task_id.hex()}; use another endpoint"
    )


def _counted(
    task: Task,
    opened: AttemptOpened,
    commits: list[Committed],
    reveals: dict[Address, Revealed],
    finalized: Finalized | None,
) -> RoundLog:
    ballots = cast(task.params.mode, commits, reveals)
    counted = tally(task.task_id, task.params, opened.total_weight, ballots)
    if finalized is not None and finalized.record != counted.record:
        raise ChainError(
            f"the endpoint's logs belie the record of 0x{task.task_id.hex()}; use another endpoint"
        )
    return RoundLog(
        attempt=opened.attempt,
        ballots=ballots,
        outcomes={node: event.outcome for node, event in reveals.items()},
        tally=counted,
        record=None if finalized is None else finalized.record,
        blocks=tuple(event.log.block_number for event in commits),
    )
