"""Does what a state asks for: judges, runs, commits, reveals, finalises, delivers, claims.

A duty only ever repeats what the journal and the head call for, so a round of work can end anywhere.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from types import MappingProxyType

import attrs

from chainboy.consensus.encoding import commitment, keccak
from chainboy.errors import ChainError
from chainboy.node.budget import Due
from chainboy.node.duty import Sight, may_send
from chainboy.node.home import (
    MOST_CLAIMS,
    Abstention,
    Blocks,
    Gate,
    Home,
    RoundLog,
    Solver,
    Submitter,
)
from chainboy.node.journal import Journal
from chainboy.node.machine import DUTIES, Duty, Event
from chainboy.node.policy import Delivery, Policy
from chainboy.node.rows import Task
from chainboy.node.salts import Secrets
from chainboy.units import Address, TaskId, Timestamp

_log = logging.getLogger(__name__)

TRIES = 5
"""How often a program is run whose run failed for a reason that may pass."""

_RETRY_BASE = 2


@attrs.frozen(kw_only=True)
class Decision:
    """What a duty came to: an event, and what goes into the journal with it."""

    event: Event
    attempt: int | None = None
    outcome: bytes | None = None
    rank: int | None = None
    reason: str = ""


@attrs.define
class _Retry:
    tries: int = 0
    not_before: int = 0
    """Block time."""


class Worker:
    """The hands of one node. It remembers nothing that a restart must not forget."""

    def __init__(
        self,
        *,
        address: Address,
        home: Home,
        submitter: Submitter,
        solver: Solver,
        journal: Journal,
        secrets: Secrets,
        policy: Policy,
        gate: Gate | None = None,
    ) -> None:
        self._address = address
        self._home = home
        self._submitter = submitter
        self._solver = solver
        self._journal = journal
        self._secrets = secrets
        self._policy = policy
        self._gate = gate
        self._retries: dict[TaskId, _Retry] = {}
        self._ready_since: dict[TaskId, int] = {}
        self._claimable_since: dict[TaskId, Timestamp] = {}
        self._claims: list[Task] = []
        self._duties: Mapping[Duty, Callable[[Task, Sight, Blocks], Decision | None]] = MappingProxyType(
            {
                Duty.JUDGE: self._judge,
                Duty.RUN: self._run,
                Duty.DECIDE: self._decide,
                Duty.COMMIT: self._commit,
                Duty.REVEAL: self._reveal,
                Duty.FINALIZE: self._finalize,
                Duty.DELIVER: self._deliver,
                Duty.CLAIM: self._claim,
            }
        )

    def work(self, task: Task, sight: Sight, blocks: Blocks) -> Decision | None:
        """Do what the task's state asks for; an event, if that came to one."""
        duty = self._duties.get(DUTIES[task.state])
        return None if duty is None else duty(task, sight, blocks)

    def forget(self, task_id: TaskId) -> None:
        """The task is over."""
        self._solver.forget(task_id)
        self._retries.pop(task_id, None)
        self._ready_since.pop(task_id, None)
        self._claimable_since.pop(task_id, None)

    def claim_batch(self, blocks: Blocks) -> None:
        """Claim what this round of work found claimable, once it is enough or has waited long."""
        claims, self._claims = self._claims, []
        if not claims:
            return
        waited = blocks.head.timestamp - min(self._claimable_since[task.task_id] for task in claims)
        if len(claims) >= self._policy.claim_batch or waited >= self._policy.claim_after:
            rewards = [each for place in _by_chain(claims) for each in self._first(place, blocks)]
            if rewards:
                self._submitter.claim(rewards)

    def _first(self, claims: Sequence[Task], blocks: Blocks) -> Sequence[tuple[Task, RoundLog]]:
        """As many as one transaction takes, with their logs: those of the others would be read in vain."""
        found = ((task, log) for task in claims if (log := self._log_of(task, blocks)) is not None)
        return list(islice(found, MOST_CLAIMS))

    def _log_of(self, task: Task, blocks: Blocks) -> RoundLog | None:
        try:
            return self._home.round_log(task, blocks.head)
        except ChainError as error:
            _log.warning("the claim of task 0x%s has to wait: %s", task.task_id.hex(), error)
            return None

    def keep_seat(self, blocks: Blocks) -> None:
        """Show a sign of life at half of the time after which others may take our seat."""
        seat = self._home.seat(blocks.head)
        if seat.active and seat.epoch - seat.last_active >= max(1, seat.idle_epochs // 2):
            self._submitter.alive()
        elif seat.may_enter and self._policy.enter:
            self._submitter.enter()

    def _judge(self, task: Task, sight: Sight, blocks: Blocks) -> Decision | None:
        refusal = self._policy.refusal(
            task.request, now=sight.head.timestamp, reveal_window=sight.clocks.reveal_window
        )
        if refusal:
            return Decision(event=Event.ABSTAIN, reason=refusal)
        seat = self._home.seat(blocks.head)
        if not seat.weight:
            return None
        refusal = self._solver.refusal(task, self._due(sight), sight.head.timestamp)
        if self._gate is not None:
            refusal = refusal or self._gate.refusal(task, seat)
        return Decision(event=Event.ABSTAIN, reason=refusal) if refusal else Decision(event=Event.ACCEPT)

    def _run(self, task: Task, sight: Sight, _blocks: Blocks) -> Decision | None:
        answer = self._solve(task, sight)
        if answer is None:
            return None
        if isinstance(answer, Abstention):
            return Decision(event=Event.ABSTAIN, reason=answer.reason)
        return Decision(event=Event.OUTCOME, outcome=answer)

    def _solve(self, task: Task, sight: Sight) -> bytes | Abstention | None:
        """An answer that counts: what may pass is tried again, and once committed we never give up."""
        retry = self._retries.get(task.task_id)
        if retry is not None and sight.head.timestamp < retry.not_before:
            return None
        answer = self._solver.solve(task, self._due(sight))
        if not isinstance(answer, Abstention):
            return answer
        retry = self._retries.setdefault(task.task_id, _Retry())
        retry.tries += 1
        retry.not_before = sight.head.timestamp + _RETRY_BASE**retry.tries
        if sight.bound or (answer.passing and retry.tries < TRIES):
            _log.warning("task 0x%s: no outcome yet: %s", task.task_id.hex(), answer.reason)
            return None
        return answer

    def _due(self, sight: Sight) -> Due:
        return Due(by=Timestamp(sight.commit_by - self._policy.margin), bound=sight.bound)

    def _decide(self, task: Task, sight: Sight, blocks: Blocks) -> Decision | None:
        if not may_send(sight):
            return None
        if self._gate is not None and not self._gate.pays(task, self._home.seat(blocks.head)):
            return None
        return Decision(event=Event.COMMIT, attempt=sight.head.open_attempt(sight.clocks))

    def _commit(self, task: Task, sight: Sight, _blocks: Blocks) -> None:
        if not may_send(sight):
            return
        outcome = self._outcome(task, sight)
        if outcome is None:
            return
        salt = self._secrets.salt(task.task_id)
        sealed = commitment(task.task_id, task.attempt, self._address, keccak(outcome), salt)
        self._submitter.commit(task, sealed)

    def _reveal(self, task: Task, sight: Sight, blocks: Blocks) -> None:
        if not may_send(sight):
            return
        outcome = self._outcome(task, sight)
        if outcome is None:
            return
        log = self._home.round_log(task, blocks.head)
        ballot = log.ballots[log.position(self._address)]
        self._submitter.reveal(attrs.evolve(task, outcome=outcome), ballot, self._secrets.salt(task.task_id))

    def _outcome(self, task: Task, sight: Sight) -> bytes | None:
        """The journalled outcome, or the program's once more: the same, for it is deterministic."""
        if task.outcome is not None:
            return task.outcome
        answer = self._solve(task, sight)
        return self._journal.keep_outcome(task, answer).outcome if isinstance(answer, bytes) else None

    def _finalize(self, task: Task, sight: Sight, blocks: Blocks) -> None:
        if not may_send(sight):
            self._ready_since.pop(task.task_id, None)
            return
        ready = self._ready_since.setdefault(task.task_id, sight.head.number)
        log = self._home.round_log(task, blocks.head)
        turn = ready + self._policy.finalize_backoff * log.position(self._address)
        if sight.head.number >= turn:
            self._submitter.finalize(task, log)

    def _deliver(self, task: Task, sight: Sight, blocks: Blocks) -> None:
        delivery = self._policy.delivery
        if delivery is Delivery.NEVER or not may_send(sight):
            return
        log = self._home.round_log(task, blocks.head)
        self._submitter.deliver(task, log, if_paid=delivery is Delivery.IF_PAID)

    def _claim(self, task: Task, sight: Sight, _blocks: Blocks) -> None:
        if may_send(sight):
            self._claimable_since.setdefault(task.task_id, sight.head.timestamp)
            self._claims.append(task)


def _by_chain(tasks: Sequence[Task]) -> Sequence[Sequence[Task]]:
    places: defaultdict[int, list[Task]] = defaultdict(list)
    for task in tasks:
        places[task.request.chain_id].append(task)
    return list(places.values())
