"""The parts of a proof file, and the text form of each.

Rule: protocol, sections 4, 6, 7 and 8. Integers are decimal strings, bytes lower-case hex with 0x,
addresses EIP-55.
"""

from __future__ import annotations

import attrs

from chainboy.consensus.canonical import Fields, Tree, hexed
from chainboy.consensus.fields import WORD_BYTES, address, digest, uint
from chainboy.consensus.merkle import DEPTH, Accumulator
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request
from chainboy.consensus.rewards import Rewards
from chainboy.errors import EncodingError
from chainboy.units import Address, Digest, Fuel, TaskId, Timestamp, Wei, Weight


def _same_presence(ballot: ProvenBallot, _field: object, salt: bytes | None) -> None:
    if (salt is None) != (ballot.outcome is None) or (salt is not None and len(salt) != WORD_BYTES):
        raise EncodingError("a revealed ballot has outcome and 32-byte salt, an unrevealed one neither")


@attrs.frozen(kw_only=True)
class ProvenBallot:
    """One committed node, with the preimage of its commitment; outcome and salt ``None`` while unrevealed."""

    node: Address = attrs.field(validator=address)
    payout: Address = attrs.field(validator=address)
    weight: Weight = attrs.field(validator=uint(256))
    commitment: Digest = attrs.field(validator=digest)
    outcome: bytes | None
    salt: bytes | None = attrs.field(validator=_same_presence)


@attrs.frozen(kw_only=True)
class Inclusion:
    """Where the record stands in the hub's accumulator, as of one block of the home chain."""

    index: int = attrs.field(validator=uint(DEPTH))
    records_root: Digest = attrs.field(validator=digest)
    records_count: int = attrs.field(validator=uint(DEPTH + 1))
    block_number: int = attrs.field(validator=uint(256))
    block_hash: Digest = attrs.field(validator=digest)
    siblings: tuple[Digest, ...] = attrs.field(validator=attrs.validators.deep_iterable(digest))

    @classmethod
    def of(cls, records: Accumulator, index: int, block_number: int, block_hash: Digest) -> Inclusion:
        """Record ``index`` of all the hub's ``records`` as of a block."""
        return cls(
            index=index,
            records_root=records.root,
            records_count=len(records),
            block_number=block_number,
            block_hash=block_hash,
            siblings=records.proof(index),
        )


def request_tree(request: Request, input_bytes: bytes) -> Tree:
    """A request and its input."""
    return {
        "chainId": str(request.chain_id),
        "gateway": request.gateway,
        "requester": request.requester,
        "nonce": str(request.nonce),
        "program": hexed(request.program),
        "inputHash": hexed(request.input_hash),
        "input": hexed(input_bytes),
        "price": str(request.price),
        "tip": str(request.tip),
        "callbackGas": str(request.callback_gas),
        "requestedAt": str(request.requested_at),
        "params": _params_tree(Params.unpack(request.params)),
    }


def read_request(fields: Fields) -> tuple[Request, bytes]:
    """A request and its input; the reverse of :func:`request_tree`."""
    request = Request(
        chain_id=fields.integer("chainId"),
        gateway=fields.address("gateway"),
        requester=fields.address("requester"),
        nonce=fields.integer("nonce"),
        program=fields.data("program"),
        input_hash=Digest(fields.data("inputHash")),
        price=Wei(fields.integer("price")),
        tip=Wei(fields.integer("tip")),
        callback_gas=fields.integer("callbackGas"),
        requested_at=Timestamp(fields.integer("requestedAt")),
        params=_read_params(fields.fields("params")).pack(),
    )
    return request, fields.data("input")


def _params_tree(params: Params) -> Tree:
    return {
        "version": str(params.version),
        "mode": params.mode.name,
        "tolerance": str(params.tolerance),
        "commitWindow": str(params.commit_window),
        "fuelLimit": str(params.fuel_limit),
        "expiresAt": str(params.expires_at),
    }


def _read_params(fields: Fields) -> Params:
    return Params(
        version=fields.integer("version"),
        mode=Mode[fields.one_of("mode", Mode.__members__)],
        tolerance=fields.integer("tolerance"),
        commit_window=fields.integer("commitWindow"),
        fuel_limit=Fuel(fields.integer("fuelLimit")),
        expires_at=Timestamp(fields.integer("expiresAt")),
    )


def ballot_tree(ballot: ProvenBallot) -> Tree:
    """One ballot."""
    return {
        "node": ballot.node,
        "payout": ballot.payout,
        "weight": str(ballot.weight),
        "commitment": hexed(ballot.commitment),
        "outcome": None if ballot.outcome is None else hexed(ballot.outcome),
        "salt": None if ballot.salt is None else hexed(ballot.salt),
    }


def read_ballot(fields: Fields) -> ProvenBallot:
    """One ballot; the reverse of :func:`ballot_tree`."""
    return ProvenBallot(
        node=fields.address("node"),
        payout=fields.address("payout"),
        weight=Weight(fields.integer("weight")),
        commitment=Digest(fields.data("commitment")),
        outcome=None if fields.is_null("outcome") else fields.data("outcome"),
        salt=None if fields.is_null("salt") else fields.data("salt"),
    )


def record_tree(record: Record) -> Tree:
    """A record."""
    return {
        "taskId": hexed(record.task_id),
        "outcomeHash": hexed(record.outcome_hash),
        "agreeingWeight": str(record.agreeing_weight),
        "totalWeight": str(record.total_weight),
        "restWeight": str(record.rest_weight),
        "winnersRoot": hexed(record.winners_root),
        "winnersCount": str(record.winners_count),
    }


def read_record(fields: Fields) -> Record:
    """A record; the reverse of :func:`record_tree`."""
    return Record(
        task_id=TaskId(fields.data("taskId")),
        outcome_hash=Digest(fields.data("outcomeHash")),
        agreeing_weight=Weight(fields.integer("agreeingWeight")),
        total_weight=Weight(fields.integer("totalWeight")),
        rest_weight=Weight(fields.integer("restWeight")),
        winners_root=Digest(fields.data("winnersRoot")),
        winners_count=fields.integer("winnersCount"),
    )


def inclusion_tree(inclusion: Inclusion) -> Tree:
    """A record's place."""
    return {
        "index": str(inclusion.index),
        "recordsRoot": hexed(inclusion.records_root),
        "recordsCount": str(inclusion.records_count),
        "blockNumber": str(inclusion.block_number),
        "blockHash": hexed(inclusion.block_hash),
        "siblings": [hexed(sibling) for sibling in inclusion.siblings],
    }


def read_inclusion(fields: Fields) -> Inclusion:
    """A record's place; the reverse of :func:`inclusion_tree`."""
    return Inclusion(
        index=fields.integer("index"),
        records_root=Digest(fields.data("recordsRoot")),
        records_count=fields.integer("recordsCount"),
        block_number=fields.integer("blockNumber"),
        block_hash=Digest(fields.data("blockHash")),
        siblings=tuple(map(Digest, fields.data_list("siblings"))),
    )


def rewards_tree(rewards: Rewards | None) -> Tree | None:
    """Rewards; ``None`` without consensus."""
    if rewards is None:
        return None
    return {
        "shares": [str(share) for share in rewards.shares],
        "treasury": str(rewards.treasury),
        "dust": str(rewards.dust),
    }


def read_rewards(fields: Fields) -> Rewards:
    """Rewards; the reverse of :func:`rewards_tree`."""
    return Rewards(
        shares=tuple(map(Wei, fields.integer_list("shares"))),
        treasury=Wei(fields.integer("treasury")),
        dust=Wei(fields.integer("dust")),
    )
