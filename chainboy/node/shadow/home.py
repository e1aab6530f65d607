"""The home chain as a shadow sees it: as if its bond were in the set, and what it noted had been sent."""

from __future__ import annotations

import attrs

from chainboy.events.log import BlockRef
from chainboy.node.forwarding import ForwardingHome
from chainboy.node.home import Home, RoundLog, Seat
from chainboy.node.machine import Duty
from chainboy.node.rows import Task
from chainboy.node.shadow.counterfactual import agrees, joined
from chainboy.node.shadow.traces import Trace, Traces
from chainboy.node.view import BallotState, View
from chainboy.units import Address, Epoch, Weight


class ShadowHome(ForwardingHome):
    """A :class:`~chainboy.node.home.Home` around the real one."""

    def __init__(self, home: Home, traces: Traces, node: Address, bond: Weight) -> None:
        super().__init__(home)
        self._traces = traces
        self._node = node
        self._bond = bond

    def seat(self, block: BlockRef) -> Seat:
        """A seat with the whole bond, never idle."""
        real = super().seat(block)
        return attrs.evolve(
            real, weight=self._bond, active=True, may_enter=False, last_active=Epoch(real.epoch)
        )

    def view(self, task: Task, attempt: int, block: BlockRef) -> View:
        """The task at ``block``, with the ballot that would be there.

        While ours would be missing the round waits for it until its window ends, and no record is made before
        that; a round that is finalised early, because it has everybody, would have had to wait for us.
        """
        real, trace = super().view(task, attempt, block), self._traces.of(task.task_id)
        ballot = _ballot(trace, real.ballot_attempt, block.number)
        view = attrs.evolve(real, ballot=ballot, claimed=Duty.CLAIM.value in trace.sent)
        if ballot is BallotState.REVEALED:
            return view
        if ballot is BallotState.COMMITTED:
            return attrs.evolve(view, recorded=real.recorded and real.round_over(self.clocks))
        round_ = attrs.evolve(real.round, missing_weight=real.round.missing_weight + self._bond)
        waiting = attrs.evolve(view, round=round_)
        return attrs.evolve(waiting, recorded=real.recorded and waiting.commits_over(self.clocks))

    def round_log(self, task: Task, block: BlockRef) -> RoundLog:
        """What the round would have come to with us; that of a record is noted."""
        real, trace = super().round_log(task, block), self._traces.of(task.task_id)
        if task.outcome is None or trace.committed_at is None:
            return real
        log = joined(
            real, task, task.outcome, node=self._node, bond=self._bond, after=trace.committed_at
        )
        if real.record is not None and trace.revealed_at is not None:
            self._traces.change(
                task.task_id,
                agreed=agrees(real, task, task.outcome),
                rank=log.rank(self._node),
                reward=log.reward(self._node, task.request.price),
            )
        return log


def _ballot(trace: Trace, attempt: int, block: int) -> BallotState:
    """What would be on the hub at ``block``: all that was noted before it."""
    if trace.attempt != attempt:
        return BallotState.NONE
    if trace.revealed_at is not None and trace.revealed_at < block:
        return BallotState.REVEALED
    sent = trace.committed_at is not None and trace.committed_at < block
    return BallotState.COMMITTED if sent else BallotState.NONE
