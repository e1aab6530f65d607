"""Has nodes slashed that committed and did not reveal, where the operator is ready to pay for that.

The contracts pay no bounty: what is slashed goes to the registry's treasury. The caller has what all others
have of it, a silent node that is jailed for the rest of the epoch and weighs less from the next one on.
Rule: protocol, sections 5 and 6.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import attrs

from chainboy.consensus import encoding
from chainboy.consensus.params import Mode
from chainboy.contracts.hub_events import Committed, Finalized
from chainboy.contracts.registry_events import Offence, Slashed
from chainboy.errors import ChainError, ContractRefused
from chainboy.events.scan import logs_between, newest_first
from chainboy.units import Address, Epoch, TaskId, Wei

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.contracts.deployment import Deployment
    from chainboy.events.log import BlockRef

_log = logging.getLogger(__name__)

MOST = 20
"""Nodes in one transaction, so that it fits the smallest block."""

PAUSE = 10
"""Blocks until a case is looked at again: gas was too dear, or the call may not be in a block yet."""

STRIDE = 10_000
"""Blocks of the past that are read at a step."""

_EPOCHS = 2
"""A round can be slashed for until the end of the epoch after its last possible reveal."""

Slash = Callable[[TaskId, Sequence[Address]], bool]
"""Brings a slash to the hub; whether it was sent."""


@attrs.frozen(kw_only=True)
class Case:
    """A round in which nodes stayed silent; it is not looked at before block ``due``."""

    task_id: TaskId
    silent: tuple[Address, ...]
    since: int
    """The block of its record."""
    due: int


class Bailiff:
    """One node's part in it. It remembers nothing: a restart reads what can still be slashed again.

    ``budget``: most wei of gas for one node that loses something. Nodes take turns in the commit order,
    ``backoff`` blocks after each other, so that one pays and not all.
    """

    def __init__(
        self, chain: Chain, deployment: Deployment, node: Address, slash: Slash, *, budget: Wei, backoff: int
    ) -> None:
        self._chain = chain
        self._hub = deployment.hub_on(chain)
        self._registry = deployment.registry_on(chain)
        self._node = node
        self._slash = slash
        self._budget = budget
        self._backoff = backoff
        self._stake = self._registry.profile()
        self._reach = int(_EPOCHS * self._stake.epoch_length / chain.profile.block_seconds)
        self._next: int | None = None
        self._cases: list[Case] = []

    def step(self, deep: BlockRef) -> None:
        """Look at rounds that are final at block ``deep``, and do what is due.

        Raises :class:`~chainboy.errors.ChainError`; what was not read is read at the next step.
        """
        self._follow(deep.number)
        pursued = [self._pursued(case, deep.number) for case in self._cases]
        self._cases = [case for case in pursued if case is not None]

    def forget(self) -> None:
        """Look for rounds anew: some were in blocks that have left the chain."""
        self._next, self._cases = None, []

    def _follow(self, last: int) -> None:
        first = max(0, last - self._reach) if self._next is None else self._next
        until = min(last, first + STRIDE - 1)
        if until < first:
            return
        topics = ([self._hub.topic(Finalized)],)
        logs = logs_between(self._chain, [self._hub.address], topics, first, until)
        found = [self._case(event) for event in self._hub.events(logs, Finalized) if event.unrevealed]
        self._cases += [case for case in found if case.silent]
        self._next = until + 1

    def _case(self, record: Finalized) -> Case:
        """Who stayed silent; our own silence is for others to tell."""
        commits = sorted(self._commits(record), key=lambda commit: commit.position)
        places = {commit.node: commit.position for commit in commits}
        since, place = record.log.block_number, places.get(self._node, len(commits))
        return Case(
            task_id=record.task_id,
            silent=tuple(
                commit.node
                for commit in commits
                if record.unrevealed >> commit.position & 1 and commit.node != self._node
            ),
            since=since,
            due=since + place * self._backoff,
        )

    def _commits(self, record: Finalized) -> Iterator[Committed]:
        """The commitments of the attempt that was finalised."""
        topics = ([self._hub.topic(Committed)], record.task_id)
        last = record.log.block_number
        for log in newest_first(self._chain, [self._hub.address], topics, last=last):
            (commit,) = self._hub.events([log], Committed)
            if commit.attempt == record.attempt:
                yield commit
                if commit.position == 0:
                    return
        raise ChainError(
            f"the endpoint's logs lack commitments to 0x{record.task_id.hex()}; use another endpoint"
        )

    def _pursued(self, case: Case, now: int) -> Case | None:
        """The case to look at again later; ``None``: nothing is left to do about it."""
        if now < case.due:
            return case
        try:
            owing = self._owing(case)[:MOST]
            if owing and self._pays(case, owing):
                self._slash(case.task_id, owing)
        except ContractRefused as error:
            _log.info("silent nodes of task 0x%s go free: %s", case.task_id.hex(), error)
            return None
        return attrs.evolve(case, due=now + PAUSE) if owing else None

    def _owing(self, case: Case) -> list[Address]:
        """Those whom a slash would still cost something. Raises ``ContractRefused`` once it is too late.

        In EXACT and MEDIAN one slash is for all rounds of its epoch and before.
        """
        call = self._hub.slash_unrevealed(case.task_id, case.silent)
        refusals = self._hub.refusals(call, self._node)
        left = [node for node, refusal in zip(case.silent, refusals, strict=True) if not refusal]
        if not left:
            return []
        round_ = self._hub.round_of(case.task_id)
        if round_.mode is Mode.RANDOM:
            return left
        return [node for node in left if not self._has_paid(node, round_.epoch, case)]

    def _has_paid(self, node: Address, epoch: Epoch, case: Case) -> bool:
        """Whether it was slashed in that epoch or later for another round that was not RANDOM."""
        topics = ([self._registry.topic(Slashed)], encoding.word(node))
        first, last = max(0, case.since - self._reach), self._chain.head().number
        logs = logs_between(self._chain, [self._registry.address], topics, first, last)
        return any(
            self._epoch(event.log.block_number) >= epoch
            for event in self._registry.events(logs, Slashed)
            if event.offence is Offence.UNREVEALED
        )

    def _epoch(self, block: int) -> int:
        stake = self._stake
        return (self._chain.block(block).timestamp - stake.genesis_time) // stake.epoch_length

    def _pays(self, case: Case, owing: Sequence[Address]) -> bool:
        gas = self._chain.estimate_gas(self._hub.slash_unrevealed(case.task_id, owing), self._node)
        return gas * self._chain.fees().likely <= self._budget * len(owing)
