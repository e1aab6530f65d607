"""Reads the home chain for a node: its tasks' rounds and ballots at a block, and its seat.

Rule: protocol, section 6. The contracts are asked; nothing is reckoned here that they can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from chainboy.chain.rpc import attempt
from chainboy.contracts.hub import RoundState
from chainboy.errors import ChainError
from chainboy.events.log import BlockRef
from chainboy.node.history import round_log
from chainboy.node.home import Blocks, RoundLog, Seat
from chainboy.node.machine import State
from chainboy.node.recent import Recent
from chainboy.node.rows import Task
from chainboy.node.view import BallotState, Clocks, RoundView, TaskState, View
from chainboy.units import Address, Digest, Epoch, TaskId, Weight

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.contracts.deployment import Deployment
    from chainboy.contracts.gateway import Gateway
    from chainboy.node.outpost import Outpost

_BLOCKS = 4
_LOGS = 64

_SETTLING = frozenset({State.REVEALED, State.FINALIZED, State.SPLIT, State.DELIVERED})
"""States in which the gateway's side of a task matters."""


class ChainReader:
    """What ``node`` reads of its home chain; the few newest blocks' answers are kept.

    Of tasks that were asked for on another chain the gateway's side is read at its ``outposts``, as of the
    newest block that is final there.
    """

    def __init__(
        self, chain: Chain, deployment: Deployment, node: Address, outposts: Sequence[Outpost] = ()
    ) -> None:
        self._chain = chain
        self._node = node
        self._hub = deployment.hub_on(chain)
        self._registry = deployment.registry_on(chain)
        self._gateway = deployment.gateway_on(chain)
        self._outposts = {outpost.chain.chain_id: outpost for outpost in outposts}
        hub, gateway = self._hub.profile(), self._gateway.profile()
        self._stake = self._registry.profile()
        self.clocks = Clocks(
            reveal_window=hub.reveal_window,
            phase_blocks=hub.phase_blocks,
            attempt_life=hub.attempt_life,
            max_task_life=hub.max_task_life,
            refund_margin=gateway.refund_margin,
        )
        # Nobody can commit earlier than a task's life before it expires; twice that, for slow blocks.
        self._oldest_round = 2 * (hub.max_task_life + gateway.refund_margin) // chain.profile.block_seconds
        self._at_block = Recent(_BLOCKS)
        self._finished = Recent(_LOGS)

    def blocks(self) -> Blocks:
        """The head and the block that is K deep; at the chain's start its first block stands for that."""
        head = self._chain.head()
        confirmations = self._chain.profile.confirmations
        if confirmations == 0:
            return Blocks(head=head, deep=head)
        return Blocks(head=head, deep=self._chain.block(max(0, head.number - confirmations)))

    def holds(self, number: int, block_hash: Digest) -> bool:
        """Whether that block is in the chain."""
        return self._chain.block(number).hash == block_hash

    def foresee(self, tasks: Sequence[Task], blocks: Blocks) -> None:
        """Read views and seat in as few round trips as possible; what fails is read again by who needs it."""
        reads: list[Callable[[], object]] = [partial(self.seat, blocks.head)]
        places = {blocks.head, blocks.deep}
        reads += [partial(self.view, task, task.looked_at, block) for task in tasks for block in places]
        self._chain.together(*(partial(attempt, read) for read in reads))

    def view(self, task: Task, attempt: int, block: BlockRef) -> View:
        """The task at ``block``; the gateway is asked only when its side matters."""
        state = self._round(task.task_id, block)
        ballot_attempt = attempt or state.attempt
        settling = task.state in _SETTLING
        return View(
            number=block.number,
            timestamp=block.timestamp,
            round=RoundView(
                attempt=state.attempt,
                committed=state.committed,
                revealed=state.revealed,
                opened_at=state.opened_at,
                commit_ends_at=state.commit_ends_at,
                commit_ends_at_block=state.commit_ends_at_block,
                missing_weight=state.missing_weight,
            ),
            ballot_attempt=ballot_attempt,
            ballot=self._ballot(task.task_id, ballot_attempt, state.attempt, block),
            recorded=state.commit_ends_at_block > 0 and any(self._record_hash(task.task_id, block)),
            task=self._task_state(task, block) if settling else TaskState.REQUESTED,
            claimed=task.state is State.DELIVERED and self._claimed(task, block),
        )

    def round_log(self, task: Task, block: BlockRef) -> RoundLog:
        """What the hub told of the current attempt until ``block``; kept once it has a record there."""
        record_hash = self._record_hash(task.task_id, block)
        if any(record_hash):
            return self._finished.get(record_hash, None, lambda: self._told(task, block))
        return self._at_block.get(block.hash, ("log", task.task_id), lambda: self._told(task, block))

    def seat(self, block: BlockRef) -> Seat:
        """Our place in the active set; a jailed node has no weight, for its commits are refused."""
        return self._at_block.get(block.hash, "seat", lambda: self._seat(block))

    def _told(self, task: Task, block: BlockRef) -> RoundLog:
        return round_log(
            self._chain,
            self._hub,
            task,
            self._round(task.task_id, block),
            first=max(0, block.number - self._oldest_round),
            last=block.number,
        )

    def _seat(self, block: BlockRef) -> Seat:
        registry, stake = self._registry.at(block.number), self._stake
        epoch = Epoch((block.timestamp - stake.genesis_time) // stake.epoch_length)
        node, (weight, _) = self._chain.together(
            partial(registry.node_of, self._node), partial(registry.snapshot_at, self._node, epoch)
        )
        may_enter = not node.active and not node.tombstoned and node.bonded >= stake.min_bond
        if node.jailed_epoch == epoch and epoch > 0:
            weight = Weight(0)
        return Seat(
            epoch=epoch,
            weight=weight,
            active=node.active,
            may_enter=may_enter and registry.seats_taken() < stake.max_active,
            last_active=node.last_active_epoch,
            idle_epochs=stake.idle_epochs,
        )

    def _round(self, task_id: TaskId, block: BlockRef) -> RoundState:
        hub = self._hub.at(block.number)
        return self._at_block.get(block.hash, ("round", task_id), lambda: hub.round_of(task_id))

    def _ballot(self, task_id: TaskId, attempt: int, newest: int, block: BlockRef) -> BallotState:
        if not 0 < attempt <= newest:
            return BallotState.NONE  # nobody has opened it
        hub, key = self._hub.at(block.number), ("ballot", task_id, attempt)
        return self._at_block.get(
            block.hash, key, lambda: BallotState(hub.ballot_of(task_id, attempt, self._node))
        )

    def _record_hash(self, task_id: TaskId, block: BlockRef) -> Digest:
        hub, key = self._hub.at(block.number), ("record", task_id)
        return self._at_block.get(block.hash, key, lambda: hub.record_hash_of(task_id))

    def _task_state(self, task: Task, block: BlockRef) -> TaskState:
        gateway, task_id = self._gateway_of(task, block), task.task_id
        return self._at_block.get(block.hash, ("task", task_id), lambda: TaskState(gateway.state_of(task_id)))

    def _claimed(self, task: Task, block: BlockRef) -> bool:
        if task.rank is None:
            return False
        gateway, rank = self._gateway_of(task, block), task.rank
        key = ("claimed", task.task_id, rank)
        return self._at_block.get(block.hash, key, lambda: gateway.is_claimed(task.task_id, rank))

    def _gateway_of(self, task: Task, block: BlockRef) -> Gateway:
        """The gateway that holds the task's escrow, as of ``block`` or of what is final where it is."""
        chain_id = task.request.chain_id
        if chain_id == self._chain.chain_id:
            return self._gateway.at(block.number)
        outpost = self._outposts.get(chain_id)
        if outpost is None:
            raise ChainError(
                f"task 0x{task.task_id.hex()} was asked for on chain {chain_id}, which is not configured; "
                "add the chain again until the task is over"
            )
        return self._at_block.get(block.hash, ("outpost", chain_id), outpost.final)
