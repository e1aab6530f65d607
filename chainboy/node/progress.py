"""One task's way through the state machine, as far as two blocks of the chain let it go.

What the blocks show, or what a duty came to, is an event; the transition it makes is in the journal before
anything is done that the new state asks for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import attrs

from chainboy.node.duty import Sight, Verdict, next_event
from chainboy.node.finality import Finality
from chainboy.node.home import Blocks
from chainboy.node.machine import TABLE, TERMINAL, Event, State
from chainboy.node.parts import Parts
from chainboy.node.rows import Task, Transition
from chainboy.node.timing import next_look
from chainboy.node.view import View
from chainboy.node.worker import Decision, Worker

_log = logging.getLogger(__name__)

Listener = Callable[[Transition], None]
"""Told every transition once it is in the journal."""


class Progress:
    """Takes tasks on; ``worker`` does what their states ask for."""

    def __init__(self, parts: Parts, worker: Worker, listener: Listener | None) -> None:
        self._address = parts.address
        self._home = parts.home
        self._journal = parts.journal
        self._gate = parts.gate
        self._worker = worker
        self._listener = listener
        self._finality = Finality(parts.journal, parts.home)

    def review(self, blocks: Blocks) -> bool:
        """Take up again what followed from final blocks that have left the chain all the same; if any have.

        Raises what :meth:`serve` raises, and then goes on with it the next time.
        """
        after = self._finality.lost_after(blocks)
        if after is None:
            return False
        _log.error(
            "blocks after %d that were %d deep have left the chain; tasks that followed from them are taken "
            "up again",
            after,
            blocks.head.number - blocks.deep.number,
        )
        for task in self._journal.moved_after(after):
            if (task.state, Event.UNDONE) in TABLE:
                self._take(task, Decision(event=Event.UNDONE), blocks.head.number)
        self._finality.forget_lost()
        return True

    def serve(self, task: Task, blocks: Blocks) -> int:
        """From transition to transition, until the task is over or has to wait.

        Returns for how many seconds nothing can be to be done about it; 0 where that is not known. Raises
        :class:`~chainboy.errors.JournalError`, when nothing more may be done, and any other
        :class:`~chainboy.errors.ChainBoyError`, when the task can be served again.
        """
        while task.state not in TERMINAL:
            sight = self._look(task, blocks)
            event = next_event(sight)
            decision = _shown(event, sight) if event else self._worker.work(task, sight, blocks)
            if decision is None:
                return self._rest(task, sight.head, blocks.depth)
            self._finality.rely(blocks.deep)
            task = self._take(task, decision, sight.head.number)
        return 0

    def _rest(self, task: Task, head: View, depth: int) -> int:
        seconds = next_look(task, head, self._home.clocks, depth=depth)
        return seconds if seconds > depth else 0

    def _look(self, task: Task, blocks: Blocks) -> Sight:
        head = self._home.view(task, task.looked_at, blocks.head)
        deep = head
        if blocks.deep != blocks.head:
            deep = self._home.view(task, task.looked_at, blocks.deep)
        sight = Sight(
            state=task.state,
            mode=task.params.mode,
            commit_window=task.params.commit_window,
            expires_at=task.params.expires_at,
            attempt=task.attempt,
            head=head,
            deep=deep,
            clocks=self._home.clocks,
        )
        if task.state is State.REVEALED and deep.recorded:
            log = self._home.round_log(task, blocks.deep)
            verdict = Verdict(consensus=log.tally.record.has_consensus, rank=log.rank(self._address))
            return attrs.evolve(sight, verdict=verdict)
        return sight

    def _take(self, task: Task, decision: Decision, block: int) -> Task:
        after = self._journal.apply(
            task,
            decision.event,
            block=block,
            attempt=decision.attempt,
            outcome=decision.outcome,
            rank=decision.rank,
            reason=decision.reason,
        )
        self._tell(task, decision, after, block)
        if self._gate is not None:
            self._gate.moved(after)
        if after.state in TERMINAL:
            self._worker.forget(task.task_id)
        return after

    def _tell(self, task: Task, decision: Decision, after: Task, block: int) -> None:
        bad = after.state in (State.UNREVEALED, State.EXPOSED) and decision.event is not Event.UNDONE
        _log.log(
            logging.ERROR if bad else logging.INFO,
            "task 0x%s: %s -> %s (%s)%s",
            task.task_id.hex(),
            task.state.value,
            after.state.value,
            decision.event.value,
            f": {decision.reason}" if decision.reason else "",
        )
        if self._listener is not None:
            self._listener(
                Transition(
                    task_id=task.task_id,
                    source=task.state,
                    event=decision.event,
                    target=after.state,
                    attempt=after.attempt,
                    block=block,
                    reason=decision.reason,
                )
            )


def _shown(event: Event, sight: Sight) -> Decision:
    """What the chain shows, with what it tells besides."""
    seen = event in (Event.COMMIT_SEEN, Event.REVEAL_SEEN)
    return Decision(
        event=event,
        attempt=sight.head.ballot_attempt if seen else None,
        rank=sight.verdict.rank if sight.verdict else None,
    )
