"""A task's round as the hub's events tell it, checked by counting it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from chainboy.consensus.encoding import keccak
from chainboy.consensus.params import Params
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request
from chainboy.consensus.tally import Tally, tally
from chainboy.contracts.ballots import cast
from chainboy.contracts.hub_events import AttemptOpened, Committed, Finalized, Revealed
from chainboy.errors import ChainError
from chainboy.events.scan import newest_first
from chainboy.units import Address, Weight

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.contracts.hub import Hub

_TOLD = (AttemptOpened, Committed, Revealed, Finalized)


@attrs.frozen(kw_only=True)
class Round:
    """The attempt that was finalized: commitments in commit order, and what was revealed by node."""

    attempt: int
    total_weight: Weight
    commits: tuple[Committed, ...]
    reveals: Mapping[Address, Revealed]
    finalized: Finalized
    tally: Tally

    @property
    def record(self) -> Record:
        """What the hub recorded."""
        return self.finalized.record

    @property
    def outcome(self) -> bytes:
        """The encoded outcome that was agreed on; empty without consensus."""
        if self.tally.outcome is not None:
            return self.tally.outcome.encode()
        revealed = (event.outcome for event in self.reveals.values())
        return next((each for each in revealed if keccak(each) == self.record.outcome_hash), b"")


def read_round(chain: Chain, hub: Hub, request: Request, *, last: int) -> Round:
    """The finalized round of ``request``, from the logs up to block ``last``, newest first.

    Call it when the hub has the record. Raises :class:`~chainboy.errors.ChainError` when the endpoint's
    logs are not the whole round; trying again, or another endpoint, may help.
    """
    topics = ([hub.topic(event) for event in _TOLD], request.task_id)
    name = f"0x{request.task_id.hex()}"
    finalized: Finalized | None = None
    commits: list[Committed] = []
    reveals: dict[Address, Revealed] = {}
    for log in newest_first(chain, [hub.address], topics, last=last):
        event = hub.decode(log)
        if isinstance(event, Finalized):
            finalized = event
        elif finalized is not None and isinstance(event, Revealed):
            reveals[event.node] = event
        elif finalized is not None and isinstance(event, Committed):
            commits.insert(0, event)
        elif finalized is not None and isinstance(event, AttemptOpened):
            # The last attempt's alone have been read, for nothing is committed after it.
            return _counted(request, finalized, event, tuple(commits), reveals)
    raise ChainError(f"the endpoint's logs do not tell the whole round of {name}; use another endpoint")


def _counted(
    request: Request,
    finalized: Finalized,
    opened: AttemptOpened,
    commits: tuple[Committed, ...],
    reveals: Mapping[Address, Revealed],
) -> Round:
    params = Params.unpack(request.params)
    counted = tally(request.task_id, params, opened.total_weight, cast(params.mode, commits, reveals))
    if counted.record != finalized.record:
        raise ChainError(
            f"the endpoint's logs belie the record of 0x{request.task_id.hex()}; use another endpoint"
        )
    return Round(
        attempt=finalized.attempt,
        total_weight=opened.total_weight,
        commits=commits,
        reveals=reveals,
        finalized=finalized,
        tally=counted,
    )
