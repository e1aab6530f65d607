"""Brings a node's decisions to the contracts: tried first, journalled once signed, then sent.

What the contracts would refuse is not sent, and the reason is logged: a lost race costs nothing, and that
something is done already (AlreadyCommitted, AlreadyFinalized, AlreadyClaimed…) shows in the next view.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import attrs

from chainboy.chain.outbox import Outbox
from chainboy.chain.rpc import attempt
from chainboy.chain.transaction import Transaction
from chainboy.consensus.merkle import WinnerTree
from chainboy.consensus.tally import Ballot
from chainboy.contracts.gateway import Claim
from chainboy.contracts.hub import Attestation, BallotEntry, CommitEntry, RevealEntry
from chainboy.errors import ContractRefused, InsufficientFunds
from chainboy.node.batch import Asked, Batch
from chainboy.node.book import Errand, JournalBook
from chainboy.node.home import MOST_CLAIMS, Blocks, RoundLog
from chainboy.node.journal import Journal
from chainboy.node.machine import Duty
from chainboy.node.rows import Task
from chainboy.units import Address, Digest, TaskId, Timestamp

if TYPE_CHECKING:
    from chainboy.chain.call import Call
    from chainboy.chain.sender import Sender
    from chainboy.contracts.deployment import Deployment
    from chainboy.node.outpost import Outpost

_log = logging.getLogger(__name__)

_NO_DEADLINE = Timestamp(0)
"""A commitment sent by its node carries no signature, so no deadline either."""


class ChainSubmitter:
    """One node's transactions on its home chain, and its claims at the ``outposts`` it serves."""

    def __init__(
        self,
        sender: Sender,
        deployment: Deployment,
        journal: Journal,
        outposts: Sequence[Outpost] = (),
        *,
        settled: Callable[[Duty, Sequence[Digest]], None] | None = None,
    ) -> None:
        """``settled`` is told what each final transaction was for, and the hashes that were signed for it."""
        self._sender = sender
        self._chain = sender.chain
        book = JournalBook(journal, settled)
        self._outbox = Outbox(sender, book)
        self._home_id = deployment.chain_id
        self._hub = deployment.hub_on(sender.chain)
        self._batch = Batch()
        for entry in book.open():
            sent = Transaction.decode(entry.signed.raw)
            self._batch.aboard(entry.label, self._hub.calls_in(sent.call.data))
        self._registry = deployment.registry_on(sender.chain)
        self._gateway = deployment.gateway_on(sender.chain)
        self._outposts = {outpost.chain.chain_id: outpost for outpost in outposts}

    @property
    def address(self) -> Address:
        """The node that sends and pays."""
        return self._sender.address

    def settle(self, blocks: Blocks) -> None:
        """Forget what is K deep; send again what was lost, and offer more for what is stuck."""
        self._outbox.tend(blocks.head, blocks.deep.number)
        self._batch.keep(self._outbox.under_way)

    def commit(self, task: Task, commitment: bytes) -> bool:
        """Commit to the task's journalled attempt."""
        entry = CommitEntry(
            node=self._sender.address,
            attempt=task.attempt,
            commitment=Digest(commitment),
            deadline=_NO_DEADLINE,
        )
        call = self._hub.commit(task.request.hash, task.request.params, [entry])
        return self._send_entry(Duty.COMMIT, call, task)

    def reveal(self, task: Task, ballot: Ballot, salt: bytes) -> bool:
        """Open our commitment."""
        if task.outcome is None:
            raise ValueError("a task without an outcome cannot be revealed")
        entry = RevealEntry(
            node=ballot.node,
            payout=ballot.payout,
            weight=ballot.weight,
            outcome=task.outcome,
            salt=salt,
        )
        return self._send_entry(Duty.REVEAL, self._hub.reveal(task.task_id, [entry]), task)

    def flush(self) -> None:
        """Send what waits, each duty in as few transactions as blocks have room for.

        Where one of several calls would be refused since it was tried, each is sent alone.
        """
        for group in self._batch.take():
            if len(group) == 1 or not self._send_together(group):
                for asked in group:
                    self._submit(asked)

    def _send_together(self, group: Sequence[Asked]) -> bool:
        calls = [asked.call for asked in group]
        # Before it is sent: where no answer comes it may be on its way all the same.
        self._batch.aboard(group[0].errand, [call.data for call in calls])
        try:
            self._outbox.submit(group[0].errand, self._hub.multicall(calls))
        except (ContractRefused, InsufficientFunds) as error:
            _log.info("%d of %s are sent one by one: %s", len(group), group[0].errand.duty.value, error)
            return False
        return True

    def finalize(self, task: Task, log: RoundLog) -> bool:
        """Make the hub tally."""
        ballots = [
            BallotEntry(node=ballot.node, payout=ballot.payout, weight=ballot.weight, choice=choice)
            for ballot, choice in zip(log.ballots, log.tally.choices, strict=True)
        ]
        call = self._hub.finalize(task.request.hash, task.request.params, log.tally.words, ballots)
        return self._send(Duty.FINALIZE, call, task)

    def deliver(self, task: Task, log: RoundLog, *, if_paid: bool) -> bool:
        """Bring the record to the gateway beside the hub, where no proof is needed.

        To another chain relays bring it, with a checkpoint.
        """
        if self._is_remote(task):
            return False
        call = self._gateway.deliver(task.request, log.tally.record, log.outcome)
        if if_paid and not self._pays(call, task):
            return False
        return self._send(Duty.DELIVER, call, task)

    def claim(self, rewards: Sequence[tuple[Task, RoundLog]]) -> bool:
        """Credit our rewards, several in one transaction on each chain that holds some."""
        claims: defaultdict[int, list[Claim]] = defaultdict(list)
        for task, log in rewards:
            claims[task.request.chain_id].append(self._claim(task, log))
        sent = [self._claim_on(chain_id, each[:MOST_CLAIMS]) for chain_id, each in claims.items()]
        return any(sent)

    def _claim_on(self, chain_id: int, claims: Sequence[Claim]) -> bool:
        if chain_id == self._home_id:
            return self._send(Duty.CLAIM, self._gateway.claim(claims))
        return self._outposts[chain_id].claim(claims)

    def _is_remote(self, task: Task) -> bool:
        return task.request.chain_id != self._home_id

    def alive(self) -> bool:
        """Show the registry that we are there."""
        return self._send(Duty.ALIVE, self._registry.alive(self._sender.address))

    def enter(self) -> bool:
        """Take a free seat in the active set."""
        return self._send(Duty.ENTER, self._registry.enter(self._sender.address))

    def attest(self, number: int, signature: bytes) -> bool:
        """Publish our signature over checkpoint ``number``."""
        entry = Attestation(node=self._sender.address, signature=signature)
        return self._send(Duty.ATTEST, self._hub.attest(number, [entry]))

    def slash(self, task_id: TaskId, nodes: Sequence[Address]) -> bool:
        """Have nodes slashed that did not reveal in the task's round."""
        return self._run(Errand(Duty.SLASH, task_id), self._hub.slash_unrevealed(task_id, nodes))

    def _claim(self, task: Task, log: RoundLog) -> Claim:
        winners, record = log.tally.winners, log.tally.record
        mine = next(winner for winner in winners if winner.node == self._sender.address)
        return Claim(
            task_id=task.task_id,
            price=task.request.price,
            winners_root=record.winners_root,
            rest_weight=record.rest_weight,
            winners_count=record.winners_count,
            rank=mine.rank,
            node=mine.node,
            payout=mine.payout,
            weight=mine.weight,
            proof=WinnerTree([winner.leaf for winner in winners]).proof(mine.rank),
        )

    def _pays(self, call: Call, task: Task) -> bool:
        if task.request.tip == 0:
            return False
        try:
            gas = self._chain.estimate_gas(call, self._sender.address)
        except ContractRefused:
            return False
        return gas * self._chain.fees().maximum <= task.request.tip

    def _send_entry(self, duty: Duty, call: Call, task: Task) -> bool:
        """Have a call of one entry go out with the next :meth:`flush`, unless the hub would skip it."""
        asked = Asked(Errand(duty, task.task_id), call)
        if self._outbox.under_way(asked.errand) or self._outbox.under_way(self._batch.carrier(asked)):
            return False
        try:
            (refusal,), prepared = self._chain.together(
                partial(self._hub.refusals, call, self._sender.address),
                partial(attempt, self._sender.prepare, call),
            )
        except ContractRefused as error:
            return self._refused(asked.errand, str(error))
        if refusal:
            return self._refused(asked.errand, f"the hub would skip it with {refusal}")
        return self._batch.add(attrs.evolve(asked, prepared=prepared))

    def _send(self, duty: Duty, call: Call, task: Task | None = None) -> bool:
        return self._run(Errand(duty, None if task is None else task.task_id), call)

    def _run(self, errand: Errand, call: Call) -> bool:
        return not self._outbox.under_way(errand) and self._submit(Asked(errand, call))

    def _submit(self, asked: Asked) -> bool:
        try:
            prepared = None if asked.prepared is None else asked.prepared.get()
            self._outbox.submit(asked.errand, asked.call, prepared)
        except ContractRefused as error:
            return self._refused(asked.errand, str(error))
        except InsufficientFunds as error:
            _log.error("%s is not sent: %s", asked.errand.duty.value, error)
            return False
        return True

    def _refused(self, errand: Errand, reason: str) -> bool:
        _log.info("%s is not sent: %s", errand, reason)
        return False
