"""A home chain in memory, on the contracts' mirrors: blocks, a pool of transactions, reorganisations, no RPC.

For tests of a node's logic, many thousand steps a minute.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import attrs

from chainboy.consensus.encoding import keccak
from chainboy.consensus.escrow import Escrow
from chainboy.consensus.fields import ZERO_ADDRESS, ZERO_HASH, to_address
from chainboy.consensus.params import Bounds, Mode, Params
from chainboy.consensus.profiles import GatewayProfile, HubProfile, RegistryProfile
from chainboy.consensus.record_verifier import HubRecords
from chainboy.consensus.refusal import Refused
from chainboy.consensus.request import Request
from chainboy.consensus.round import Moment
from chainboy.consensus.round_book import RoundBook
from chainboy.consensus.stake import StakeBook
from chainboy.events.log import BlockRef
from chainboy.node.rows import Task
from chainboy.units import Address, Digest, Fuel, TaskId, Timestamp, Wei, Weight

CHAIN_ID = 1_337
GENESIS = 1_000_000
EPOCH = 10_000
HUB, TREASURER, GATEWAY, REQUESTER = (to_address(bytes([n]) * 20) for n in range(1, 5))

BOUNDS = Bounds(min_commit_window=1, max_commit_window=100, max_fuel=Fuel(10**9))
STAKE_PROFILE = RegistryProfile(
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
HUB_PROFILE = HubProfile(
    bounds=BOUNDS,
    reveal_window=20,
    phase_blocks=24,
    block_time=1,
    attempt_life=60,
    max_task_life=1_000,
    min_seal_interval=10,
    listing_delay=60,
)
GATEWAY_PROFILE = GatewayProfile(
    bounds=BOUNDS,
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
        stake = StakeBook(STAKE_PROFILE, hub=HUB, treasurer=TREASURER)
        for node, bond in bonds.items():
            stake.register(node, node, signed=True, sender=TREASURER, now=Timestamp(GENESIS))
            stake.bond(node, bond, sender=TREASURER, now=Timestamp(GENESIS))
            stake.enter(node, ZERO_ADDRESS, sender=TREASURER, now=Timestamp(GENESIS))
        rounds = RoundBook(HUB_PROFILE, stake)
        escrow = Escrow(
            GATEWAY_PROFILE,
            chain_id=CHAIN_ID,
            gateway=GATEWAY,
            treasurer=TREASURER,
            verifier=HubRecords(rounds),
        )
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
