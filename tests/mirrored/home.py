"""The home chain: registry, hub and gateway, by their mirrors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar

import attrs
from keyring import recover
from mirror_chain import GENESIS, Made

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.encoding import commitment, keccak
from chainboy.consensus.escrow import Escrow
from chainboy.consensus.fields import ZERO_ADDRESS, ZERO_HASH
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.params import Params
from chainboy.consensus.record import Record
from chainboy.consensus.record_verifier import HubRecords
from chainboy.consensus.refusal import Refused
from chainboy.consensus.request import Request
from chainboy.consensus.round import Moment
from chainboy.consensus.seal_book import SealBook
from chainboy.consensus.signing import checkpoint_message, signer_of
from chainboy.consensus.stake import StakeBook
from chainboy.consensus.tally import Ballot, tally, word_of
from chainboy.contracts.hub import BallotState, RoundState, SealState
from chainboy.units import Address, Digest, TaskId, Timestamp
from mirrored.asked import AskedChain, gateway_views, gateway_write
from mirrored.figures import (
    ANSWER,
    BONDS,
    DEPLOYMENT,
    DOMAIN,
    EPOCH,
    HOME_ID,
    INTERVAL,
    KEYS,
    NODES,
    OWNER,
    PROFILE,
    STRANGER,
)

IDLE = RoundState(
    attempt=0, epoch=0, committed=0, revealed=0, opened_at=0, commit_ends_at=0, commit_ends_at_block=0,
    missing_weight=0, mode=0,
)  # type: ignore[arg-type]  # fmt: skip


@attrs.define
class HomeState:
    """Registry and hub; rounds are counted at once, so the hub keeps their records alone."""

    stake: StakeBook
    seals: SealBook
    escrow: Escrow
    counted: Any
    """What the verifier asks: an object with the rounds' ``tallies``."""
    records: dict[bytes, Digest] = attrs.Factory(dict)
    rounds: dict[bytes, RoundState] = attrs.Factory(dict)


class HomeChain(AskedChain):
    """Token, stake and consensus; blocks a second apart, the epoch 600 seconds."""

    ABIS: ClassVar[Mapping[Address, str]] = {
        DEPLOYMENT.registry: "INodeRegistry",
        DEPLOYMENT.hub: "IConsensusHub",
        DEPLOYMENT.gateway: "ITaskGateway",
    }

    def __init__(self, bonds: Mapping[Address, int] = BONDS, confirmations: int = 0) -> None:
        super().__init__("home", HOME_ID, confirmations)
        stake = StakeBook(PROFILE.registry, hub=DEPLOYMENT.hub, treasurer=OWNER)
        seals = SealBook(stake, Accumulator(), min_seal_interval=INTERVAL)
        counted: Any = SimpleNamespace(tallies={})
        escrow = Escrow(
            PROFILE.gateway,
            chain_id=HOME_ID,
            gateway=DEPLOYMENT.gateway,
            treasurer=OWNER,
            verifier=HubRecords(counted),
        )
        self._states.append((0, HomeState(stake, seals, escrow, counted)))
        self.leaves: list[Digest] = []
        """Every record's hash, kept apart from the mirrors."""
        for node, amount in bonds.items():
            self.join(node, amount)
        if bonds:
            self.next_epoch()

    def next_epoch(self, count: int = 1) -> None:
        """A block at the start of a later epoch."""
        self.travel(GENESIS + (self.epoch + count) * EPOCH)

    @property
    def epoch(self) -> int:
        """The newest block's."""
        return (self.now - GENESIS) // EPOCH

    @property
    def sealed(self) -> list[Checkpoint]:
        """Every checkpoint, from number 1 on."""
        seals: SealBook = self.state.seals
        return [seals.checkpoint(number) for number in range(1, seals.last_number + 1)]  # type: ignore[misc]

    def join(self, node: Address, amount: int) -> None:
        """A node bonds and takes a seat."""

        def effect(state: HomeState) -> list[Made]:
            now = Timestamp(self.now)
            state.stake.register(node, OWNER, signed=True, sender=OWNER, now=now)
            state.stake.bond(node, amount, sender=OWNER, now=now)
            state.stake.enter(node, ZERO_ADDRESS, sender=OWNER, now=now)
            return [self._weight(state, node)]

        self.change(effect)

    def bond(self, node: Address, amount: int) -> None:
        """More tokens, or with a minus fewer."""

        def effect(state: HomeState) -> list[Made]:
            now = Timestamp(self.now)
            move = state.stake.bond if amount > 0 else state.stake.unbond
            move(node, abs(amount), sender=OWNER, now=now)
            return [self._weight(state, node)]

        self.change(effect)

    def seal(self, *, listed: bool | None = None) -> Checkpoint:
        """Anybody seals: with the list, without, or (None) as it is possible now."""

        def effect(state: HomeState) -> list[Made]:
            if listed is not None:
                return self._seal(state, self.active(state) if listed else ())
            try:
                return self._seal(state, self.active(state))
            except Refused:
                return self._seal(state, ())

        self.change(effect)
        return self.sealed[-1]

    def active(self, state: HomeState) -> tuple[Address, ...]:
        """Who weighs something in the newest block's epoch, ascending."""
        return tuple(node for node in NODES if state.stake.snapshot_at(node, self.epoch)[0])

    def attest(self, checkpoint: Checkpoint, nodes: Sequence[Address] = NODES) -> None:
        """These nodes' signatures are published."""
        message = checkpoint_message(DOMAIN, checkpoint)
        self.publish(checkpoint.number, *(KEYS[node].sign(message) for node in nodes))

    def publish(self, number: int, *signatures: bytes) -> None:
        """Events with any bytes, as a hub would not tell them but an endpoint can."""
        self.mine()
        self.emit(
            *(
                hub_event("Attested", number=number, node=STRANGER.address, signature=each)
                for each in signatures
            )
        )

    def record(self, name: bytes) -> Record:
        """A record of no round, for what needs nothing else."""
        record = Record.without_consensus(TaskId(keccak(name)), sum(BONDS.values()))
        self.change(lambda state: [self._append(state, record)])
        return record

    def answer(self, request: Request, outcomes: Sequence[bytes | None] = (ANSWER,) * 4) -> Record:
        """A whole round: all commit, who has an outcome reveals, and it is counted."""
        params, task_id = Params.unpack(request.params), request.task_id
        weights = [(node, self.state.stake.snapshot_at(node, self.epoch)[0]) for node in NODES]
        total, _ = self.state.stake.total_at(self.epoch)
        ballots = [
            Ballot(node=node, payout=node, weight=weight, word=None if o is None else word_of(params.mode, o))
            for (node, weight), o in zip(weights, outcomes, strict=True)
        ]
        name = {"task_id": task_id, "attempt": 1}
        made = [hub_event("AttemptOpened", **name, epoch=self.epoch, total_weight=total)]
        for position, (ballot, outcome) in enumerate(zip(ballots, outcomes, strict=True)):
            salt = keccak(ballot.node.encode())
            bound = commitment(task_id, 1, ballot.node, keccak(outcome or b""), salt)
            fields = {"node": ballot.node, "payout": ballot.payout, "weight": ballot.weight}
            made.append(hub_event("Committed", **name, **fields, position=position, commitment=bound))
        self.mine()
        self.emit(*made)
        self.mine()
        self.emit(
            *(
                hub_event("Revealed", **name, node=ballot.node, outcome=o, salt=keccak(ballot.node.encode()))
                for ballot, o in zip(ballots, outcomes, strict=True)
                if o is not None
            )
        )
        counted = tally(task_id, params, total, ballots)
        extra = {"words": counted.words, "weights": counted.weights, "unrevealed": counted.unrevealed}

        def finalize(state: HomeState) -> list[Made]:
            state.counted.tallies[task_id] = counted
            state.rounds[task_id] = attrs.evolve(
                IDLE,
                attempt=1,
                epoch=self.epoch,
                committed=len(ballots),
                revealed=sum(outcome is not None for outcome in outcomes),
                opened_at=self.now,
                commit_ends_at=self.now,
                commit_ends_at_block=len(self._times) - 1,
                mode=params.mode,
            )
            return [self._append(state, counted.record, **extra)]

        self.change(finalize)
        return counted.record

    def views(self, address: Address | None, state: HomeState) -> dict[str, Callable[..., Any]]:
        """Registry and hub."""
        stake, seals = state.stake, state.seals
        if address == DEPLOYMENT.registry:
            return {
                "profile": lambda: PROFILE.registry,
                "total_at": stake.total_at,
                "last_change": stake.last_change,
                "snapshot_at": stake.snapshot_at,
                "node_of": stake.node,
                "seats_taken": lambda: stake.active_set.seats_taken,
            }
        if address == DEPLOYMENT.gateway:
            return gateway_views(state.escrow, DEPLOYMENT.verifier)
        held = seals.distribution
        return {
            "profile": lambda: PROFILE.hub,
            "record_hash_of": lambda task_id: state.records.get(task_id, ZERO_HASH),
            "records_root": lambda: seals.records.root,
            "records_count": lambda: len(seals.records),
            "checkpoint_digest_of": lambda number: seals.digest_of(number, DOMAIN),
            "ballot_of": lambda task_id, *_: int(BallotState.REVEALED if task_id in state.rounds else 0),
            "round_of": lambda task_id: state.rounds.get(task_id, IDLE),
            "last_seal": lambda: SealState(
                number=seals.last_number,
                epoch=seals.distribution_epoch,
                stake_hash=held.hash if held else Digest(ZERO_HASH),
                stake_total=held.total if held else 0,
                sealed_at=seals.sealed_at,
            ),
        }

    def write(  # noqa: D102 - the base class tells
        self, state: HomeState, name: str, arguments: Sequence[Any], sender: Address, value: int
    ) -> list[Made]:
        if name == "seal":
            return self._seal(state, arguments[0])
        if name != "attest":
            return gateway_write(state.escrow, name, arguments, sender, value, Timestamp(self.now))
        number, entries = arguments
        made = []
        for entry in entries:
            digest = state.seals.digest_of(number, DOMAIN)
            assert signer_of(digest, entry["signature"], recover) == entry["node"]
            made.append(hub_event("Attested", number=number, **entry))
        return made

    def _append(self, state: HomeState, record: Record, **extra: Any) -> Made:
        state.records[record.task_id] = record.hash
        self.leaves.append(record.hash)
        fields = {"words": (), "weights": (), "unrevealed": 0, **extra}
        return hub_event(
            "Finalized", task_id=record.task_id, attempt=1, index=state.seals.records.append(record.hash),
            record=record, **fields,
        )  # fmt: skip

    def _seal(self, state: HomeState, nodes: Sequence[Address]) -> list[Made]:
        made = state.seals.seal(nodes, at=Moment(len(self._times) - 1, Timestamp(self.now)))
        held = state.seals.distribution
        assert held is not None
        return [hub_event("Sealed", number=made.number, checkpoint=made, words=held.words if nodes else ())]

    def _weight(self, state: HomeState, node: Address) -> Made:
        weight, _ = state.stake.snapshot_at(node, self.epoch + 1)
        fields = {"node": node, "from_epoch": self.epoch + 1, "weight": weight}
        return DEPLOYMENT.registry, "INodeRegistry", "WeightChanged", fields


def hub_event(name: str, **fields: Any) -> Made:
    """An event of the hub."""
    return DEPLOYMENT.hub, "IConsensusHub", name, fields
