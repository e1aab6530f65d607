"""A remote chain: verifier and gateway, by their mirrors."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import attrs
from keyring import recover
from mirror_chain import Made

from chainboy.consensus.attestations import Attestations
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.checkpoint_book import CheckpointBook, TrustedStake
from chainboy.consensus.escrow import Escrow
from chainboy.consensus.fields import ZERO_HASH
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request
from chainboy.consensus.round import Moment
from chainboy.consensus.seal_book import SealBook
from chainboy.consensus.signing import checkpoint_message
from chainboy.contracts.gateway import TaskState
from chainboy.units import Address, Digest, Timestamp
from mirrored.asked import AskedChain, gateway_views, gateway_write
from mirrored.figures import (
    ANSWER,
    CONSUMER,
    DOMAIN,
    GUARDIAN,
    HOME_ID,
    KEYS,
    OWNER,
    PLACE,
    PROFILE,
    REMOTE_ID,
)
from mirrored.home import HomeChain


@attrs.define
class RemoteState:
    """Verifier and gateway."""

    book: CheckpointBook
    escrow: Escrow


class RemoteChain(AskedChain):
    """Gateway and verifier, deployed with what ``home`` holds now."""

    ABIS: ClassVar[Mapping[Address, str]] = {
        PLACE.verifier: "ICheckpointVerifier",
        PLACE.gateway: "ITaskGateway",
    }

    def __init__(self, home: HomeChain, confirmations: int = 0, name: str = "remote") -> None:
        super().__init__(name, REMOTE_ID, confirmations)
        self.travel(home.now)
        stake = TrustedStake.of(_first(home))
        book = CheckpointBook(
            PROFILE.verifier, stake, domain=DOMAIN, guardian=GUARDIAN.address, recover=recover,
            now=Timestamp(self.now),
        )  # fmt: skip
        escrow = Escrow(
            PROFILE.gateway, chain_id=REMOTE_ID, gateway=PLACE.gateway, treasurer=OWNER, verifier=book
        )
        self._states.append((0, RemoteState(book, escrow)))
        self.emit(verifier_event("DistributionActivated", **attrs.asdict(stake)))

    @property
    def book(self) -> CheckpointBook:
        """The verifier."""
        found: CheckpointBook = self.state.book
        return found

    def submit(self, checkpoint: Checkpoint, nodes: Sequence[Address], held: Any) -> None:
        """Somebody brings a checkpoint with these nodes' signatures; ``held`` is the list stored here."""
        message = checkpoint_message(DOMAIN, checkpoint)
        made = Attestations.pack(held, {node: KEYS[node].sign(message) for node in nodes})
        arguments = (attrs.asdict(checkpoint), held.words, made.bitmap, made.signatures)
        self.change(lambda state: self.write(state, "submit", arguments, CONSUMER, 0))

    def guard(self, checkpoint: Checkpoint) -> None:
        """The guardian announces a checkpoint's distribution; after the delay it counts."""
        stake = TrustedStake.of(checkpoint)

        def announce(state: RemoteState) -> list[Made]:
            state.book.announce(stake, sender=GUARDIAN.address, now=Timestamp(self.now))
            return []

        self.change(announce)
        self.travel(self.book.announcement.active_at)  # type: ignore[union-attr]
        self.change(lambda state: self.write(state, "activate", (), CONSUMER, 0))

    def settle(self, request: Request, record: Record, proof: bytes, outcome: bytes = ANSWER) -> None:
        """Somebody else delivers."""
        fields = (attrs.asdict(request), attrs.asdict(record), outcome, proof)
        self.change(lambda state: self.write(state, "deliver", fields, CONSUMER, 0))

    def refund(self, request: Request) -> None:
        """Somebody refunds."""
        self.change(lambda state: self.write(state, "refund", (attrs.asdict(request),), CONSUMER, 0))

    def state_of(self, request: Request) -> TaskState:
        """The gateway's word."""
        return TaskState(self.state.escrow.state_of(request.task_id))

    def views(self, address: Address | None, state: RemoteState) -> dict[str, Callable[..., Any]]:
        """Gateway and verifier."""
        book, escrow = state.book, state.escrow
        if address == PLACE.gateway:
            return gateway_views(escrow, PLACE.verifier)
        roots = {number: found.root for number, found in book.accepted.items() if number}
        return {
            "version": lambda: 1,
            "hub": lambda: PLACE.hub,
            "home_chain_id": lambda: HOME_ID,
            "guardian": lambda: book.guardian,
            "domain_separator": lambda: DOMAIN.separator,
            "profile": lambda: book.profile,
            "live_until": lambda: book.live_until,
            "current_epoch": lambda: book.profile.epoch(Timestamp(self.now)),
            "last_number": lambda: book.last_number,
            "distribution": lambda: TrustedStake(**attrs.asdict(book.stake)),
            "root_of": lambda number: roots.get(number, Digest(ZERO_HASH)),
            "records_count": lambda: book.accepted[book.last_number].count,
            "require_record": lambda record, proof: book.require_record(Record(**record), proof),
        }

    def write(  # noqa: D102 - the base class tells
        self, state: RemoteState, name: str, arguments: Sequence[Any], sender: Address, value: int
    ) -> list[Made]:
        now = Timestamp(self.now)
        match name:
            case "submit":
                checkpoint = Checkpoint(**arguments[0])
                state.book.submit(checkpoint, *arguments[1:], now=now)
                return [verifier_event("CheckpointAccepted", number=checkpoint.number, checkpoint=checkpoint)]
            case "activate":
                state.book.activate(now=now)
                return [verifier_event("DistributionActivated", **attrs.asdict(state.book.stake))]
            case _:
                return gateway_write(state.escrow, name, arguments, sender, value, now)


def _first(home: HomeChain) -> Checkpoint:
    """What the hub would seal now, for its distribution."""
    state = copy.deepcopy(home.state)
    made: Checkpoint = SealBook(state.stake, Accumulator(), min_seal_interval=1).seal(
        home.active(state), at=Moment(0, Timestamp(home.now))
    )
    return made


def verifier_event(name: str, **fields: Any) -> Made:
    """An event of the remote verifier."""
    return PLACE.verifier, "ICheckpointVerifier", name, fields
