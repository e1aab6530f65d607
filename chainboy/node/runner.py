"""The node itself: one round of work after the other, in which every task has its turn."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import attrs

from chainboy.errors import ChainBoyError, JournalError
from chainboy.node.home import Blocks
from chainboy.node.machine import State
from chainboy.node.moment import done_soon
from chainboy.node.parts import Parts
from chainboy.node.policy import Policy
from chainboy.node.progress import Listener, Progress
from chainboy.node.rows import Task
from chainboy.node.turns import MOST_TOGETHER, Turns
from chainboy.node.worker import Worker
from chainboy.units import Address

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.chain.signer import Signer
    from chainboy.content.store import ContentStore
    from chainboy.contracts.deployment import Deployment
    from chainboy.node.carried import Post
    from chainboy.node.outpost import Outpost
    from chainboy.pool.pool import Pool
    from chainboy.sandbox.protocol import Sandbox
    from chainboy.sources.reading import SourceReader

_log = logging.getLogger(__name__)

Clock = Callable[[float, ChainBoyError | None], None]
"""Told of every round of work how many seconds it took, and why it failed if it did."""

_LONGEST_PAUSE = 60.0
_LONGEST_SETBACK = 4.0
"""The longest pause while only some of the work fails: the rest must not come too late for it."""

_GLANCE = 0.02
_BREATH = 0.25
"""The least pause, however often the bell rings: a flood of hints must not become one of questions."""


class Node:
    """One node on one home chain.

    :meth:`compose` makes the usual one. Use :meth:`step` for one round of work in this thread, or
    :meth:`run` to work until told to stop.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        policy: Policy | None = None,
        listener: Listener | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.parts = parts
        self.policy = policy or Policy()
        self._listener = listener
        self._clock = clock
        self._turns = Turns(time.monotonic)
        self.opened = False
        """The round that runs, or ran last, got as far as its tasks."""
        self._worker = Worker(
            address=parts.address,
            home=parts.home,
            submitter=parts.submitter,
            solver=parts.solver,
            journal=parts.journal,
            secrets=parts.secrets,
            policy=self.policy,
            gate=parts.gate,
        )
        self._progress = Progress(parts, self._worker, listener)
        self._witnesses = [each for each in (parts.attestor, parts.bailiff) if each is not None]

    @classmethod
    def compose(
        cls,
        *,
        chain: Chain,
        deployment: Deployment,
        signer: Signer,
        content: ContentStore,
        sandbox: Sandbox,
        journal: Path | str,
        outposts: Sequence[Outpost] = (),
        carrier: Post | None = None,
        sources: SourceReader | None = None,
        pool: Pool | None = None,
        policy: Policy | None = None,
        listener: Listener | None = None,
    ) -> Self:
        """The usual node; checks chain and contracts first, and sends again what a crash left behind.

        ``pool``: where programs run, ended with the node; by default threads of this process.

        Raises :class:`~chainboy.errors.WrongChain`, :class:`~chainboy.errors.VersionMismatch`,
        :class:`~chainboy.errors.JournalError` and :class:`~chainboy.errors.ChainError`.
        """
        from chainboy.node.compose import compose_parts  # noqa: PLC0415 - loads web3

        parts = compose_parts(
            chain=chain,
            deployment=deployment,
            signer=signer,
            content=content,
            sandboxes=(sandbox,),
            journal=journal,
            outposts=outposts,
            carrier=carrier,
            sources=sources,
            pool=pool,
            policy=policy,
        )
        return cls(parts, policy=policy, listener=listener)

    def replacing(self, **parts: Any) -> Self:
        """The same node with some of its :class:`Parts` replaced, by name; use it instead of this one."""
        changed = attrs.evolve(self.parts, **parts)
        return type(self)(changed, policy=self.policy, listener=self._listener, clock=self._clock)

    @property
    def address(self) -> Address:
        """The node's own account."""
        return self.parts.address

    @property
    def busy(self) -> bool:
        """Whether a program runs now."""
        return self.parts.solver.busy

    def close(self) -> None:
        """Stop; the journal says where to go on."""
        self.parts.closing.close()
        self.parts.solver.close()
        self.parts.journal.close()

    def step(self) -> bool:
        """Do all that can be done now; returns whether anything happened or was sent.

        Raises :class:`~chainboy.errors.JournalError` when the node must stop, at once; any other
        :class:`~chainboy.errors.ChainBoyError`, the first one, at the end of the round: call again.
        """
        if self._clock is None:
            return self._round()
        began, failure = time.monotonic(), None
        try:
            return self._round()
        except ChainBoyError as error:
            failure = error
            raise
        finally:
            self._clock(time.monotonic() - began, failure)

    def _round(self) -> bool:
        journal, before = self.parts.journal, self.parts.journal.entries
        self.opened = False
        blocks = self.parts.home.blocks()
        self._admit()
        self.parts.submitter.settle(blocks)
        self.opened = True
        active = journal.active()
        foresee = partial(self.parts.home.foresee, blocks=blocks)
        turns = self._turns.of(active, at=blocks.head.timestamp, announce=foresee)
        failures = self._serve_all(turns, blocks)
        if len(active) <= MOST_TOGETHER and done_soon(lambda: self.busy):
            # The same look at the chain serves their outcomes; a crowd has its next round soon enough.
            computed = [task for task in journal.active() if task.state is State.ACCEPTED]
            failures += self._serve_all(computed, blocks)
        failures += self._flush()
        self._worker.claim_batch(blocks)
        self._worker.keep_seat(blocks)
        undone = self._progress.review(blocks)  # last: what is due need not wait for it
        for witness in self._witnesses:
            if undone:
                witness.forget()
            witness.step(blocks.deep)
        if failures:
            raise failures[0]
        return self._turns.cut or journal.entries > before

    def run(self, stop: threading.Event, *, pause: float = 1.0) -> None:
        """Work until ``stop`` is set, ``pause`` seconds between rounds, longer while they fail.

        A bell that rings ends a pause, but not one after a failure.

        Raises :class:`~chainboy.errors.JournalError`: nothing can be promised without a journal.
        """
        wait = pause
        while not stop.is_set():
            self.parts.bell.quiet()
            try:
                if self.step():  # one thing leads to another
                    self.parts.bell.ring()
                wait, heeded = pause, True
            except JournalError:
                raise
            except ChainBoyError as error:
                most = max(pause, _LONGEST_SETBACK) if self.opened else _LONGEST_PAUSE
                wait, heeded = min(2 * wait, most), False
                _log.warning("this round of work failed, the next is in %g s: %s", wait, error)
            self._rest(stop, wait, heeded=heeded)

    def _rest(self, stop: threading.Event, seconds: float, *, heeded: bool) -> None:
        """Wait, but not while an answer is there, nor, if the bell is ``heeded``, long after it rang."""
        computing, rested = self.busy, 0.0
        glance = min(seconds, _GLANCE) if computing or heeded else seconds
        while rested < seconds and not stop.wait(glance):
            rested += glance
            if (computing and not self.busy) or (heeded and rested >= _BREATH and self.parts.bell.rung):
                return

    def _admit(self) -> None:
        for task in self.parts.inbox.poll():
            self.parts.journal.add(task)
        self.parts.inbox.acknowledge()

    def _serve_all(self, tasks: Iterable[Task], blocks: Blocks) -> list[ChainBoyError]:
        """Let each have its turn, whatever happens to the others."""
        failures: list[ChainBoyError] = []
        for task in tasks:
            failure = self._try(task, blocks)
            self._turns.note(failed=failure is not None)
            if failure is not None:
                failures.append(failure)
        return failures

    def _try(self, task: Task, blocks: Blocks) -> ChainBoyError | None:
        try:
            rest = self._progress.serve(task, blocks)
            self._turns.rest(task.task_id, blocks.head.timestamp + rest)
        except JournalError:
            raise
        except ChainBoyError as error:
            _log.warning("task 0x%s has to wait: %s", task.task_id.hex(), error)
            return error
        return None

    def _flush(self) -> list[ChainBoyError]:
        try:
            self.parts.submitter.flush()
        except JournalError:
            raise
        except ChainBoyError as error:
            _log.warning("what was to be sent has to wait: %s", error)
            return [error]
        return []
