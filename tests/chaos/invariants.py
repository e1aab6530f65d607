"""What must hold after a storm, told by the chain and by what its pool took, not by the nodes' own records.

Rule: protocol, section 12, invariants 1, 2, 3 and 7.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs
import rlp
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from hexbytes import HexBytes
from node_world import World

from chainboy.consensus.rewards import Rewards, split_reward
from chainboy.contracts.gateway_events import (
    ClaimSkipped,
    RewardClaimed,
    TaskDelivered,
    TaskRefunded,
    TaskRequested,
)
from chainboy.contracts.hub_events import (
    AttemptOpened,
    Committed,
    EntrySkipped,
    Finalized,
    QuorumReached,
    Revealed,
)
from chainboy.contracts.registry_events import Jailed, Slashed
from chainboy.units import Address, TaskId


@attrs.frozen(kw_only=True)
class Chronicle:
    """All that the contracts told about the tasks, in order; ``nodes`` are those under test."""

    nodes: tuple[Address, ...]
    requested: tuple[TaskRequested, ...]
    opened: tuple[AttemptOpened, ...]
    committed: tuple[Committed, ...]
    quorums: tuple[QuorumReached, ...]
    revealed: tuple[Revealed, ...]
    finalized: tuple[Finalized, ...]
    delivered: tuple[TaskDelivered, ...]
    refunded: tuple[TaskRefunded, ...]
    claimed: tuple[RewardClaimed, ...]
    punished: tuple[Slashed | Jailed, ...]
    skipped: tuple[EntrySkipped | ClaimSkipped, ...]
    used: Mapping[Address, int]
    """How many nonces of each node are in blocks."""
    credit: int
    treasury: int
    balance: int
    """What the gateway holds, in wei."""

    @classmethod
    def read(cls, world: World, nodes: Sequence[Address]) -> Chronicle:
        """As of the newest block."""
        head = world.chain.head().number
        hub, gateway, registry = (
            world.chain.logs([each.address], [], 0, head)
            for each in (world.hub, world.gateway, world.registry)
        )
        return cls(
            nodes=tuple(nodes),
            requested=world.gateway.events(gateway, TaskRequested),
            opened=world.hub.events(hub, AttemptOpened),
            committed=world.hub.events(hub, Committed),
            quorums=world.hub.events(hub, QuorumReached),
            revealed=world.hub.events(hub, Revealed),
            finalized=world.hub.events(hub, Finalized),
            delivered=world.gateway.events(gateway, TaskDelivered),
            refunded=world.gateway.events(gateway, TaskRefunded),
            claimed=world.gateway.events(gateway, RewardClaimed),
            punished=(*world.registry.events(registry, Slashed), *world.registry.events(registry, Jailed)),
            skipped=(*world.hub.events(hub, EntrySkipped), *world.gateway.events(gateway, ClaimSkipped)),
            used={node: world.chain.nonce(node, pending=False) for node in nodes},
            credit=world.gateway.credit_of(world.faucet.address),
            treasury=world.gateway.treasury(),
            balance=world.chain.balance(world.gateway.address),
        )

    @property
    def settled(self) -> bool:
        """Every task is delivered, and every share of it is credited."""
        shares = sum(each.record.winners_count for each in self.finalized)
        return len(self.delivered) == len(self.requested) and len(self.claimed) == shares

    def rewards(self) -> Mapping[TaskId, Rewards]:
        """Every finalised task's price, split by the mirror among all who revealed: honest nodes agree."""
        price = {each.task_id: each.price for each in self.requested}
        weights = defaultdict(list)
        revealed = {(each.task_id, each.attempt, each.node) for each in self.revealed}
        for each in sorted(self.committed, key=lambda event: event.position):
            if (each.task_id, each.attempt, each.node) in revealed:
                weights[each.task_id].append(each.weight)
        known = [each.task_id for each in self.finalized if each.task_id in price]
        return {task: split_reward(price[task], weights[task]) for task in known}


def broken(chronicle: Chronicle, taken: Iterable[bytes], requests: int) -> list[str]:
    """One sentence for everything that does not hold."""
    return [
        *_nonces(chronicle, taken),
        *_ballots(chronicle),
        *_records(chronicle, requests),
        *_money(chronicle),
    ]


def _nonces(chronicle: Chronicle, taken: Iterable[bytes]) -> Iterator[str]:
    """A nonce is for one call, whatever became of its transactions; none is left out."""
    calls: defaultdict[tuple[str, int], set[tuple[str, bytes, int]]] = defaultdict(set)
    for raw in taken:
        sender, nonce, call = read_transaction(raw)
        calls[sender, nonce].add(call)
    for (sender, nonce), found in calls.items():
        if len(found) > 1:
            yield f"{sender} used nonce {nonce} for {len(found)} calls"
    for node, count in chronicle.used.items():
        own = {nonce for sender, nonce in calls if sender == node}
        if not set(range(count)) <= own:
            yield f"{node} has {count} transactions in blocks, of which its endpoint took only some"


def _ballots(chronicle: Chronicle) -> Iterator[str]:
    """One commitment a node and attempt; each revealed once, if its attempt came to a quorum; no slash."""
    commits = Counter((each.task_id, each.attempt, each.node) for each in chronicle.committed)
    reveals = Counter((each.task_id, each.attempt, each.node) for each in chronicle.revealed)
    quorums = {(each.task_id, each.attempt) for each in chronicle.quorums}
    for (task, attempt, node), count in commits.items():
        name = f"0x{task.hex()}, attempt {attempt}, {node}"
        if count != 1:
            yield f"{name}: committed {count} times"
        due = 1 if (task, attempt) in quorums else 0
        if reveals[task, attempt, node] != due:
            yield f"{name}: revealed {reveals[task, attempt, node]} times, not {due}"
    for event in chronicle.punished:
        yield f"an honest node was punished: {event}"


def _records(chronicle: Chronicle, requests: int) -> Iterator[str]:
    """Every request has one record with all who revealed in it, and was delivered."""
    if len(chronicle.requested) != requests:
        yield f"{len(chronicle.requested)} requests are in the chain, not {requests}"
    records = Counter(each.task_id for each in chronicle.finalized)
    delivered = Counter(each.task_id for each in chronicle.delivered)
    for each in chronicle.requested:
        if (records[each.task_id], delivered[each.task_id]) != (1, 1):
            told = f"{records[each.task_id]} records and {delivered[each.task_id]} deliveries"
            yield f"0x{each.task_id.hex()} has {told}"
    revealed = Counter(each.task_id for each in chronicle.revealed)
    for finalized in chronicle.finalized:
        found = finalized.record.winners_count, finalized.unrevealed
        if found != (revealed[finalized.task_id], 0):
            yield f"0x{finalized.task_id.hex()} has {found[0]} winners, {revealed[finalized.task_id]} reveals"


def _money(chronicle: Chronicle) -> Iterator[str]:
    """Every share is credited once, as the mirror has it; the gateway holds what it owes, to the wei."""
    rewards = chronicle.rewards()
    claims = Counter((each.task_id, each.rank) for each in chronicle.claimed)
    due = {
        (task, rank): share for task, each in rewards.items() for rank, share in enumerate(each.shares)
    }
    for task, rank in due:
        if claims[task, rank] != 1:
            yield f"0x{task.hex()}: the share of rank {rank} was claimed {claims[task, rank]} times"
    for each in chronicle.claimed:
        if each.amount != due.get((each.task_id, each.rank)):
            yield f"0x{each.task_id.hex()}: {each.amount} wei for rank {each.rank}"
    credit = sum(sum(reward.shares) for reward in rewards.values())
    treasury = sum(reward.treasury for reward in rewards.values())
    dust = sum(reward.dust for reward in rewards.values())
    found = chronicle.credit, chronicle.treasury, chronicle.balance
    if found != (credit, treasury, credit + treasury + dust):
        yield f"the gateway has {found} as credit, treasury and balance, not {(credit, treasury)} and {dust}"


def read_transaction(raw: bytes) -> tuple[Address, int, tuple[str, bytes, int]]:
    """Who signed which nonce for which call: recipient, data and value."""
    sender = Address(Account.recover_transaction(raw))
    if raw[0] <= 0x7F:
        fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
        return sender, fields["nonce"], (bytes(fields["to"]).hex(), bytes(fields["data"]), fields["value"])
    nonce, _, _, to, value, data, *_ = rlp.decode(raw)
    return sender, int.from_bytes(nonce, "big"), (to.hex(), data, int.from_bytes(value, "big"))
