"""Explains a task from what chains told about it: counts the round again and splits the price again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

import attrs

from chainboy.consensus.encoding import keccak
from chainboy.consensus.params import Params
from chainboy.consensus.record import Record
from chainboy.consensus.rewards import Rewards, split_reward
from chainboy.consensus.tally import Tally, tally
from chainboy.contracts.ballots import cast
from chainboy.contracts.contract import ContractEvent
from chainboy.contracts.gateway_events import RewardClaimed, TaskDelivered, TaskRefunded, TaskRequested
from chainboy.contracts.hub_events import AttemptOpened, Committed, Finalized, QuorumReached, Revealed
from chainboy.errors import ChainError
from chainboy.explain.told import Told, Transaction, key_of
from chainboy.units import Address, Epoch, Timestamp, Wei, Weight

E = TypeVar("E", bound=ContractEvent)

KINDS: Mapping[type[ContractEvent], str] = {
    AttemptOpened: "commit",
    Committed: "commit",
    QuorumReached: "commit",
    Revealed: "reveal",
    Finalized: "finalize",
    TaskDelivered: "deliver",
    TaskRefunded: "refund",
    RewardClaimed: "claim",
}
"""What a transaction with such an event was sent for; a request is paid for by who asks."""


@attrs.frozen(kw_only=True)
class Expense:
    """This task's part of a transaction's fee, in wei of that chain's coin."""

    kind: str
    chain_id: int
    tx_hash: bytes
    wei: Wei


@attrs.frozen(kw_only=True)
class Attempt:
    """One attempt at the task, with the weights of ``epoch``; ``quorum_block`` is None without a quorum."""

    number: int
    epoch: Epoch
    total_weight: Weight
    committed_weight: Weight
    commits: int
    reveals: int
    quorum_block: int | None
    commit_ends_at: Timestamp | None


@attrs.frozen(kw_only=True)
class NodeShare:
    """One node's part in a task, in wei where not said otherwise.

    ``position`` is its place in the commit order of ``attempt``, ``rank`` that among the winners. ``agreed``
    is None while there is no record of that attempt. ``reward`` is what the record promises, ``tip`` what
    it got as deliverer; ``expenses`` are the transactions that it sent itself.
    """

    node: Address
    payout: Address
    weight: Weight
    attempt: int
    position: int
    outcome: bytes | None
    agreed: bool | None
    rank: int | None
    reward: Wei
    claimed: bool
    slashed: bool
    tip: Wei
    expenses: tuple[Expense, ...]

    @property
    def revealed(self) -> bool:
        """Whether its commitment was opened."""
        return self.outcome is not None

    def gas(self, chain_id: int) -> Wei:
        """What it paid for gas on that chain."""
        return Wei(sum(expense.wei for expense in self.expenses if expense.chain_id == chain_id))


@attrs.frozen(kw_only=True)
class Explanation:
    """A task as it stands. ``rewards`` is None without consensus, ``record`` before the hub has one.

    Amounts in wei of the coin of the chain that asked; gas of the home chain is in the home chain's coin.
    """

    requested: TaskRequested
    home_chain_id: int
    attempts: tuple[Attempt, ...]
    nodes: tuple[NodeShare, ...]
    record: Record | None
    outcome: bytes
    rewards: Rewards | None
    finalized: Finalized | None
    finalized_by: Address | None
    delivered: TaskDelivered | None
    refunded: TaskRefunded | None

    @property
    def params(self) -> Params:
        """The rules that the requester chose."""
        return Params.unpack(self.requested.params)

    @property
    def state(self) -> str:
        """How far it is, in a word or two."""
        if self.refunded is not None:
            return "refunded"
        if self.record is None:
            return "revealing" if any(node.revealed for node in self.nodes) else "open"
        if not self.record.has_consensus:
            return "no consensus"
        return "finalized" if self.delivered is None else "delivered"

    def profit(self, node: NodeShare) -> Wei | None:
        """What ``node`` has from the task: reward and tip without gas; below 0 a loss.

        None for a task of another chain, whose coin is not the one that gas was paid in at home.
        """
        asking = self.requested.log.chain_id
        if any(expense.chain_id != asking for expense in node.expenses):
            return None
        return Wei(node.reward + node.tip - node.gas(asking))


def explain(told: Told) -> Explanation:
    """What became of the task.

    Raises :class:`~chainboy.errors.ChainError` when the record is not what the events come to.
    """
    finalized = _only(told.hub, Finalized)
    delivered, refunded = _only(told.gateway, TaskDelivered), _only(told.gateway, TaskRefunded)
    commits, reveals = _of(told.hub, Committed), _of(told.hub, Revealed)
    counted = _counted(told, finalized, commits, reveals)
    rewards = None
    if counted is not None and counted.winners and refunded is None:
        price = told.requested.price
        rewards = split_reward(price, [winner.weight for winner in counted.winners])
    return Explanation(
        requested=told.requested,
        home_chain_id=told.home_chain_id,
        attempts=tuple(_attempt(opened, told.hub) for opened in _of(told.hub, AttemptOpened)),
        nodes=_nodes(told, counted, rewards, finalized, delivered),
        record=None if finalized is None else finalized.record,
        outcome=_outcome(counted, reveals),
        rewards=rewards,
        finalized=finalized,
        finalized_by=None if finalized is None else told.transactions[key_of(finalized.log)].sender,
        delivered=delivered,
        refunded=refunded,
    )


def _counted(
    told: Told, finalized: Finalized | None, commits: Iterable[Committed], reveals: Iterable[Revealed]
) -> Tally | None:
    """The finalized attempt counted again."""
    if finalized is None:
        return None
    number, params = finalized.attempt, Params.unpack(told.requested.params)
    opened = next((each for each in _of(told.hub, AttemptOpened) if each.attempt == number), None)
    mine = [commit for commit in commits if commit.attempt == number]
    opened_by = {reveal.node: reveal for reveal in reveals if reveal.attempt == number}
    total = Weight(0) if opened is None else opened.total_weight
    counted = tally(told.requested.task_id, params, total, cast(params.mode, mine, opened_by))
    if counted.record != finalized.record:
        raise ChainError(
            f"the endpoint's logs belie the record of 0x{told.requested.task_id.hex()}; use another endpoint"
        )
    return counted


def _outcome(counted: Tally | None, reveals: Iterable[Revealed]) -> bytes:
    """The encoded outcome that was agreed on; empty without one."""
    if counted is None or not counted.winners:
        return b""
    if counted.outcome is not None:
        return counted.outcome.encode()
    wanted = counted.record.outcome_hash
    return next(each.outcome for each in reveals if keccak(each.outcome) == wanted)


def _attempt(opened: AttemptOpened, events: Iterable[ContractEvent]) -> Attempt:
    number = opened.attempt
    commits = [each for each in _of(events, Committed) if each.attempt == number]
    quorum = next((each for each in _of(events, QuorumReached) if each.attempt == number), None)
    return Attempt(
        number=number,
        epoch=opened.epoch,
        total_weight=opened.total_weight,
        committed_weight=Weight(sum(commit.weight for commit in commits)),
        commits=len(commits),
        reveals=sum(each.attempt == number for each in _of(events, Revealed)),
        quorum_block=None if quorum is None else quorum.log.block_number,
        commit_ends_at=None if quorum is None else quorum.commit_ends_at,
    )


def _nodes(
    told: Told,
    counted: Tally | None,
    rewards: Rewards | None,
    finalized: Finalized | None,
    delivered: TaskDelivered | None,
) -> tuple[NodeShare, ...]:
    """Each node with its last commitment: those of the last attempt first, in commit order."""
    latest = {commit.node: commit for commit in _of(told.hub, Committed)}
    opened = {(each.node, each.attempt): each.outcome for each in _of(told.hub, Revealed)}
    ranks = {} if counted is None else {winner.node: winner.rank for winner in counted.winners}
    claimed = {claim.rank for claim in _of(told.gateway, RewardClaimed)}
    expenses = tuple(_expenses(told))

    def share(commit: Committed) -> NodeShare:
        decided = finalized is not None and finalized.attempt == commit.attempt
        rank = ranks.get(commit.node) if decided else None
        tipped = rewards is not None and delivered is not None and delivered.deliverer == commit.node
        return NodeShare(
            node=commit.node,
            payout=commit.payout,
            weight=commit.weight,
            attempt=commit.attempt,
            position=commit.position,
            outcome=opened.get((commit.node, commit.attempt)),
            agreed=rank is not None if decided else None,
            rank=rank,
            reward=Wei(0) if rank is None or rewards is None else rewards.shares[rank],
            claimed=rank is not None and rank in claimed,
            slashed=commit.node in told.slashed,
            tip=told.requested.tip if tipped else Wei(0),
            expenses=tuple(expense for sender, expense in expenses if sender == commit.node),
        )

    ordered = sorted(latest.values(), key=lambda commit: (-commit.attempt, commit.position))
    return tuple(map(share, ordered))


def _expenses(told: Told) -> Iterable[tuple[Address, Expense]]:
    """Who paid what for this task; a transaction is told once, for what it did first."""
    seen = set()
    for event in (*told.hub, *told.gateway):
        key = key_of(event.log)
        kind = KINDS.get(type(event))
        if kind is None or key in seen:
            continue
        seen.add(key)
        sent: Transaction = told.transactions[key]
        yield sent.sender, Expense(kind=kind, chain_id=key[0], tx_hash=key[1], wei=sent.share)


def _of(events: Iterable[ContractEvent], kind: type[E]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def _only(events: Iterable[ContractEvent], kind: type[E]) -> E | None:
    return next(iter(_of(events, kind)), None)
