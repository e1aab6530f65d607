"""What a node sees of a fake chain: its requests, its blocks, and a way to send to it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import count

from chainboy.consensus.escrow import Claim
from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.consensus.merkle import WinnerTree
from chainboy.consensus.refusal import Refused
from chainboy.consensus.round import Moment
from chainboy.consensus.round_book import CommitEntry, RevealEntry
from chainboy.consensus.tally import Ballot, tally
from chainboy.events.log import BlockRef
from chainboy.node.home import Blocks, RoundLog, Seat
from chainboy.node.journal import Journal
from chainboy.node.machine import Duty
from chainboy.node.rows import Sent, Task
from chainboy.node.view import BallotState, Clocks, RoundView, TaskState, View
from chainboy.testing.fake_chain import (
    GATEWAY_PROFILE,
    HUB_PROFILE,
    STAKE_PROFILE,
    Effect,
    FakeChain,
    State,
    Transaction,
)
from chainboy.units import Address, Digest, Epoch, TaskId, Timestamp, Weight


class FakeInbox:
    """The requests of a fake chain that are final, again and again until acknowledged."""

    def __init__(self, chain: FakeChain) -> None:
        self._chain = chain

    def poll(self) -> Sequence[Task]:
        """Every final request; the journal knows which are new."""
        return [task for task in self._chain.requests.values() if task.block <= self._chain.deep.number]

    def acknowledge(self) -> None:
        """Nothing to remember."""


class FakeHome:
    """Reads a fake chain for one node."""

    def __init__(self, chain: FakeChain, node: Address) -> None:
        self._chain = chain
        self._node = node
        self.clocks = Clocks(
            reveal_window=HUB_PROFILE.reveal_window,
            phase_blocks=HUB_PROFILE.phase_blocks,
            attempt_life=HUB_PROFILE.attempt_life,
            max_task_life=HUB_PROFILE.max_task_life,
            refund_margin=GATEWAY_PROFILE.refund_margin,
        )

    def blocks(self) -> Blocks:
        """Head and deep block."""
        return Blocks(head=self._chain.head, deep=self._chain.deep)

    def holds(self, number: int, block_hash: Digest) -> bool:
        """Whether that block is in the chain."""
        return self._chain.blocks[number].ref.hash == block_hash

    def foresee(self, tasks: Sequence[Task], blocks: Blocks) -> None:
        """All is at hand."""

    def view(self, task: Task, attempt: int, block: BlockRef) -> View:
        """The task at a block."""
        state = self._chain.state(block.number)
        now = state.rounds.round_of(task.task_id)
        ballot_attempt = attempt or now.attempt
        rank = task.rank
        return View(
            number=block.number,
            timestamp=block.timestamp,
            round=RoundView(
                attempt=now.attempt,
                committed=now.committed,
                revealed=now.revealed,
                opened_at=Timestamp(0) if now.has_quorum else now.opened_at,
                commit_ends_at=now.commit_ends_at,
                commit_ends_at_block=now.commit_ends_at_block,
                missing_weight=now.missing_weight,
            ),
            ballot_attempt=ballot_attempt,
            ballot=BallotState(int(state.rounds.ballot_of(task.task_id, ballot_attempt, self._node))),
            recorded=task.task_id in state.rounds.tallies,
            task=TaskState(int(state.escrow.state_of(task.task_id))),
            claimed=rank is not None and state.escrow.is_claimed(task.task_id, rank),
        )

    def round_log(self, task: Task, block: BlockRef) -> RoundLog:
        """The current attempt at a block."""
        state = self._chain.state(block.number)
        now = state.rounds.round_of(task.task_id)
        total, _ = state.stake.total_at(now.epoch)
        ballots = tuple(
            Ballot(node=node, payout=ballot.payout, weight=ballot.weight, word=ballot.word)
            for node, ballot in now.ballots.items()
        )
        made = state.rounds.tallies.get(task.task_id)
        return RoundLog(
            attempt=now.attempt,
            ballots=ballots,
            outcomes={node: data for (of, node), data in state.outcomes.items() if of == task.task_id},
            tally=tally(task.task_id, task.params, total, ballots),
            record=made.record if made else None,
        )

    def seat(self, block: BlockRef) -> Seat:
        """The node's seat at a block."""
        stake = self._chain.state(block.number).stake
        epoch = stake.epoch(block.timestamp)
        node = stake.node(self._node)
        weight, _ = stake.snapshot_at(self._node, epoch)
        return Seat(
            epoch=epoch,
            weight=Weight(0) if node.jailed_epoch == epoch else weight,
            active=node.active,
            may_enter=not node.active and node.bonded >= STAKE_PROFILE.min_bond,
            last_active=Epoch(node.last_active_epoch),
            idle_epochs=STAKE_PROFILE.idle_epochs,
        )


class FakeSubmitter:
    """Sends to a fake chain with the real one's discipline: tried, signed, journalled, broadcast."""

    def __init__(self, chain: FakeChain, node: Address, journal: Journal) -> None:
        self._chain = chain
        self._node = node
        self._journal = journal
        self._pending: set[tuple[Duty, TaskId | None]] = set()

    def settle(self, blocks: Blocks) -> None:
        """Forget what is deep, broadcast again what is in no block."""
        self._pending = set()
        for sent in self._journal.unsettled():
            block = self._chain.block_of(sent.tx_hash)
            if block is None and self._chain.mined(self._node) > sent.nonce:
                self._journal.settle(sent.nonce)
            elif block is None:
                self._pending.add((sent.duty, sent.task_id))
                self._chain.broadcast(self._chain.known[Digest(sent.tx_hash)])
            elif block <= blocks.deep.number:
                self._journal.settle(sent.nonce)

    def commit(self, task: Task, commitment: bytes) -> bool:
        """Commit."""
        entry = CommitEntry(node=self._node, attempt=task.attempt, commitment=Digest(commitment))
        request_hash, word, node = task.request.hash, task.request.params, self._node

        def effect(state: State, at: Moment) -> None:
            (refusal,) = state.rounds.commit(request_hash, word, [entry], sender=node, at=at)
            if refusal:
                raise Refused(refusal)

        return self._send(Duty.COMMIT, task.task_id, effect, str(task.attempt), commitment.hex())

    def reveal(self, task: Task, ballot: Ballot, salt: bytes) -> bool:
        """Reveal."""
        outcome, task_id = task.outcome or b"", task.task_id
        entry = RevealEntry(
            node=ballot.node, payout=ballot.payout, weight=ballot.weight, outcome=outcome, salt=salt
        )

        def effect(state: State, at: Moment) -> None:
            (refusal,) = state.rounds.reveal(task_id, [entry], at=at)
            if refusal:
                raise Refused(refusal)
            state.outcomes[task_id, entry.node] = outcome

        return self._send(Duty.REVEAL, task_id, effect, salt.hex())

    def flush(self) -> None:
        """All was sent at once."""

    def finalize(self, task: Task, log: RoundLog) -> bool:
        """Finalise with what the log shows."""
        del log
        request_hash, word, task_id = task.request.hash, task.request.params, task.task_id

        def effect(state: State, at: Moment) -> None:
            state.rounds.finalize(request_hash, word, *state.rounds.choices(task_id), at=at)

        return self._send(Duty.FINALIZE, task_id, effect)

    def deliver(self, task: Task, log: RoundLog, *, if_paid: bool) -> bool:
        """Deliver; gas is free here."""
        del if_paid
        request, record, outcome, node = task.request, log.tally.record, log.outcome, self._node

        def effect(state: State, at: Moment) -> None:
            state.escrow.deliver(request, record, outcome, sender=node, now=at.timestamp)

        return self._send(Duty.DELIVER, task.task_id, effect)

    def claim(self, rewards: Sequence[tuple[Task, RoundLog]]) -> bool:
        """Claim."""
        claims = [self._claim(task, log) for task, log in rewards]

        def effect(state: State, _at: Moment) -> None:
            if all(state.escrow.claim(claims)):
                raise Refused("AlreadyClaimed")

        return self._send(Duty.CLAIM, None, effect, *(claim.task_id.hex() for claim in claims))

    def alive(self) -> bool:
        """Show a sign of life."""
        node = self._node

        def effect(state: State, at: Moment) -> None:
            state.stake.alive(node, sender=node, now=at.timestamp)

        return self._send(Duty.ALIVE, None, effect)

    def enter(self) -> bool:
        """Take a seat."""
        node = self._node

        def effect(state: State, at: Moment) -> None:
            state.stake.enter(node, ZERO_ADDRESS, sender=node, now=at.timestamp)

        return self._send(Duty.ENTER, None, effect)

    def _claim(self, task: Task, log: RoundLog) -> Claim:
        record, winners = log.tally.record, log.tally.winners
        mine = next(winner for winner in winners if winner.node == self._node)
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
            proof=tuple(WinnerTree([winner.leaf for winner in winners]).proof(mine.rank)),
        )

    def _send(self, duty: Duty, task_id: TaskId | None, effect: Effect, *label: str) -> bool:
        if (duty, task_id) in self._pending or not self._would_work(effect):
            return False
        nonce = self._free_nonce()
        name = (duty.value, "" if task_id is None else task_id.hex(), *label)
        transaction = Transaction(self._node, nonce, effect, name)
        # Whoever has the raw bytes can broadcast them: the test's chain stands in for the bytes.
        self._chain.known[transaction.hash] = transaction
        self._journal.record_sent(
            Sent(nonce=nonce, tx_hash=transaction.hash, raw=b"raw", duty=duty, task_id=task_id)
        )
        self._chain.broadcast(transaction)
        self._pending.add((duty, task_id))
        return True

    def _free_nonce(self) -> int:
        """The first that neither a block has taken, nor a transaction in the journal or the pool."""
        taken = {sent.nonce for sent in self._journal.unsettled()}
        taken |= {each.nonce for each in self._chain.pool if each.sender == self._node}
        return next(nonce for nonce in count(self._chain.mined(self._node)) if nonce not in taken)

    def _would_work(self, effect: Effect) -> bool:
        """Try it on a copy of the newest state, in the block after it."""
        head = self._chain.head
        try:
            effect(
                copy.deepcopy(self._chain.state()),
                Moment(head.number + 1, Timestamp(head.timestamp + 1)),
            )
        except Refused:
            return False
        return True
