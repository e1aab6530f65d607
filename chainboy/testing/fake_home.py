"""A home chain in memory, on the contracts' mirrors: blocks, a pool of transactions, reorganisations, no RPC.

For tests of a node's logic, many thousand steps a minute.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import attrs

from chainboy.consensus.encoding import keccak
from chainboy.consensus.escrow import Claim, Escrow
from chainboy.consensus.fields import ZERO_ADDRESS, ZERO_HASH, to_address
from chainboy.consensus.merkle import WinnerTree
from chainboy.consensus.params import Bounds, Mode, Params
from chainboy.consensus.profiles import GatewayProfile, HubProfile, RegistryProfile
from chainboy.consensus.refusal import Refused
from chainboy.consensus.request import Request
from chainboy.consensus.round import Moment
from chainboy.consensus.round_book import CommitEntry, RevealEntry, RoundBook
from chainboy.consensus.stake import StakeBook
from chainboy.consensus.tally import Ballot, tally
from chainboy.events.log import BlockRef
from chainboy.node.home import Blocks, RoundLog, Seat
from chainboy.node.journal import Journal
from chainboy.node.machine import Duty
from chainboy.node.rows import Sent, Task
from chainboy.node.view import BallotState, Clocks, RoundView, TaskState, View
from chainboy.units import Address, Digest, Epoch, Fuel, TaskId, Timestamp, Wei, Weight

CHAIN_ID = 1_337
GENESIS = 1_000_000
EPOCH = 10_000
HUB, TREASURER, GATEWAY, REQUESTER = (to_address(bytes([n]) * 20) for n in range(1, 5))

_BOUNDS = Bounds(min_commit_window=1, max_commit_window=100, max_fuel=Fuel(10**9))
_STAKE = RegistryProfile(
    genesis_time=Timestamp(GENESIS),
    epoch_length=EPOCH,
    unbonding_epochs=4,
    idle_epochs=4,
    max_active=256,
    min_bond=Weight(1),
    min_active_weight=Weight(1),
    unrevealed_share=100,
    random_share=1_000,
    forgery_share=5_000,
)
_HUB = HubProfile(bounds=_BOUNDS, reveal_window=20, phase_blocks=24, attempt_life=60, max_task_life=1_000)
_GATEWAY = GatewayProfile(
    bounds=_BOUNDS,
    reveal_window=20,
    settle_time=48,
    max_task_life=1_000,
    refund_margin=300,
    min_price=Wei(1),
    max_callback_gas=0,
)


@attrs.define
class State:
    """All that the chain holds after one block."""

    stake: StakeBook
    rounds: RoundBook
    escrow: Escrow
    outcomes: dict[tuple[TaskId, Address], bytes]


Effect = Callable[[State, Moment], None]
"""What a transaction does in a block; refuses with ``Refused``, and then nothing changed."""


@attrs.frozen
class Transaction:
    """One signed transaction; an outcome of ``effect`` depends on its block."""

    sender: Address
    nonce: int
    effect: Effect
    label: tuple[str, ...]

    @property
    def hash(self) -> Digest:
        """Names it."""
        return keccak(repr((self.sender, self.nonce, self.label)).encode())


@attrs.define
class _Block:
    ref: BlockRef
    state: State
    taken: list[Transaction]


class FakeChain:
    """The chain: nothing happens in it but by :meth:`mine` and :meth:`reorganise`."""

    def __init__(self, bonds: dict[Address, int], *, confirmations: int = 2) -> None:
        self.confirmations = confirmations
        self.pool: list[Transaction] = []
        self.known: dict[Digest, Transaction] = {}
        self.sent: list[Transaction] = []
        """Every transaction that was ever broadcast, oldest first."""
        self.final = 0
        """The number of the newest block that ever was deep: no reorganisation of K blocks reaches it."""
        self._salt = 0
        stake = StakeBook(_STAKE, hub=HUB, treasurer=TREASURER)
        for node, bond in bonds.items():
            stake.register(node, node, signed=True, sender=TREASURER, now=Timestamp(GENESIS))
            stake.bond(node, bond, sender=TREASURER, now=Timestamp(GENESIS))
            stake.enter(node, ZERO_ADDRESS, sender=TREASURER, now=Timestamp(GENESIS))
        rounds = RoundBook(_HUB, stake)
        escrow = Escrow(_GATEWAY, chain_id=CHAIN_ID, gateway=GATEWAY, treasurer=TREASURER, hub=rounds)
        start = BlockRef(
            number=0,
            hash=Digest(ZERO_HASH),
            parent_hash=Digest(ZERO_HASH),
            timestamp=Timestamp(GENESIS + EPOCH),
        )
        self.blocks = [_Block(start, State(stake, rounds, escrow, {}), [])]
        self.requests: dict[TaskId, Task] = {}

    @property
    def head(self) -> BlockRef:
        """The newest block."""
        return self.blocks[-1].ref

    @property
    def deep(self) -> BlockRef:
        """The newest block that counts as final."""
        return self.blocks[max(0, len(self.blocks) - 1 - self.confirmations)].ref

    def state(self, number: int = -1) -> State:
        """What the chain holds after a block."""
        return self.blocks[number].state

    def mine(self, seconds: int = 1) -> None:
        """A block with all that waits in the pool."""
        self._salt += 1
        parent = self.head
        ref = BlockRef(
            number=parent.number + 1,
            hash=keccak(parent.hash + self._salt.to_bytes(8, "big")),
            parent_hash=parent.hash,
            timestamp=Timestamp(parent.timestamp + max(1, seconds)),
        )
        block = _Block(ref, copy.deepcopy(self.state()), [])
        self.blocks.append(block)
        self.final = max(self.final, self.deep.number)
        waiting, self.pool = sorted(self.pool, key=lambda each: each.nonce), []
        for transaction in waiting:
            if transaction.nonce != self.mined(transaction.sender):
                if transaction.nonce > self.mined(transaction.sender):
                    self.pool.append(transaction)
                continue
            block.taken.append(transaction)
            try:
                transaction.effect(block.state, Moment(ref.number, ref.timestamp))
            except Refused:
                continue

    def reorganise(self, depth: int, *, lose: bool = False) -> None:
        """Drop the newest ``depth`` blocks; what they held waits again, or is lost from the pool."""
        depth = min(depth, len(self.blocks) - 1)
        dropped = self.blocks[len(self.blocks) - depth :]
        del self.blocks[len(self.blocks) - depth :]
        if not lose:
            self.pool = [each for block in dropped for each in block.taken] + self.pool

    def broadcast(self, transaction: Transaction) -> None:
        """Put a transaction into the pool unless it is known there or mined."""
        self.sent.append(transaction)
        self.known[transaction.hash] = transaction
        mined = self.block_of(transaction.hash) is not None
        if not mined and all(each.hash != transaction.hash for each in self.pool):
            self.pool.append(transaction)

    def mined(self, sender: Address) -> int:
        """How many of the sender's transactions blocks have taken."""
        return sum(each.sender == sender for block in self.blocks for each in block.taken)

    def block_of(self, tx_hash: bytes) -> int | None:
        """The number of the block that has taken a transaction."""
        for block in self.blocks:
            if any(each.hash == tx_hash for each in block.taken):
                return block.ref.number
        return None

    def ask(self, *, mode: Mode = Mode.EXACT, life: int = 300, data: bytes = b"", price: int = 1_000) -> Task:
        """A request that is mined at once; its task."""
        self.mine()
        params = Params(
            mode=mode,
            tolerance=0,
            commit_window=5,
            fuel_limit=Fuel(0 if mode is Mode.RANDOM else 1_000),
            expires_at=Timestamp(self.head.timestamp + life),
        )
        program = ZERO_HASH if mode is Mode.RANDOM else keccak(b"program")
        request: Request = self.state().escrow.request(
            program, data, params.pack(), 0, 0, sender=REQUESTER, value=price, now=self.head.timestamp
        )
        task = Task(request=request, input=data, block=self.head.number)
        self.requests[task.task_id] = task
        return task


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
            reveal_window=_HUB.reveal_window,
            phase_blocks=_HUB.phase_blocks,
            attempt_life=_HUB.attempt_life,
            max_task_life=_HUB.max_task_life,
            refund_margin=_GATEWAY.refund_margin,
        )

    def blocks(self) -> Blocks:
        """Head and deep block."""
        return Blocks(head=self._chain.head, deep=self._chain.deep)

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
                quorum_block=now.quorum_block,
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
            may_enter=not node.active and node.bonded >= _STAKE.min_bond,
            last_active=Epoch(node.last_active_epoch),
            idle_epochs=_STAKE.idle_epochs,
        )


class FakeSubmitter:
    """Sends to a fake chain with the real one's discipline: tried, signed, journalled, broadcast."""

    def __init__(self, chain: FakeChain, node: Address, journal: Journal) -> None:
        self._chain = chain
        self._node = node
        self._journal = journal
        self._pending: set[tuple[Duty, TaskId | None]] = set()
        self._next = 0

    def settle(self, blocks: Blocks) -> None:
        """Forget what is deep, broadcast again what is in no block."""
        self._pending = set()
        for sent in self._journal.unsettled():
            self._next = max(self._next, sent.nonce + 1)
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
        nonce = max(self._next, self._chain.mined(self._node))
        name = (duty.value, "" if task_id is None else task_id.hex(), *label)
        transaction = Transaction(self._node, nonce, effect, name)
        # Whoever has the raw bytes can broadcast them: the test's chain stands in for the bytes.
        self._chain.known[transaction.hash] = transaction
        self._journal.record_sent(
            Sent(nonce=nonce, tx_hash=transaction.hash, raw=b"raw", duty=duty, task_id=task_id)
        )
        self._next = nonce + 1
        self._chain.broadcast(transaction)
        self._pending.add((duty, task_id))
        return True

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
