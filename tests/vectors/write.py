"""Writes the golden vectors: cases of every preimage, tally, tree, split and checkpoint, and what they give.

Run ``python tests/vectors/write.py`` after a deliberate change; a test fails while the files are not what it
gives. Integers are decimal strings, bytes hex with 0x. Mirror, contracts and an independent client read them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
from eth_account import Account

from chainboy.consensus import encoding
from chainboy.consensus.attestations import Attestations
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.fields import to_address
from chainboy.consensus.merkle import Accumulator, WinnerTree
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.record import Record
from chainboy.consensus.record_proof import prove_record
from chainboy.consensus.request import Request
from chainboy.consensus.rewards import split_reward
from chainboy.consensus.signing import Domain, checkpoint_digest, commit_digest, register_digest
from chainboy.consensus.tally import UNREVEALED, Ballot, tally, word_of

HERE = Path(__file__).parent
MAX = 2**256 - 1

Case = dict[str, Any]


def plain(value: object) -> object:
    """A value as the files hold it."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    raise TypeError(value)


class Draw:
    """Repeatable choices that favour the edges of every range."""

    def __init__(self, name: str) -> None:
        self.random = random.Random(name)

    def uint(self, bits: int = 256) -> int:
        """An integer of at most ``bits`` bits, zero and the largest among them."""
        some = (self.random.getrandbits(bits), self.random.getrandbits(bits // 2))
        return self.random.choice([0, 1, 2**bits - 1, *some])

    def bytes32(self) -> bytes:
        """Any word."""
        return self.random.choice([bytes(32), b"\xff" * 32, *(self.random.randbytes(32) for _ in range(4))])

    def address(self) -> str:
        """Any address but zero."""
        return to_address(self.random.randbytes(20))


def requests(draw: Draw) -> list[Case]:
    """Requests with their hash and task id."""
    cases = []
    for _ in range(24):
        fields = {
            "chain_id": draw.uint(),
            "gateway": draw.address(),
            "requester": draw.address(),
            "nonce": draw.uint(),
            "program": draw.bytes32(),
            "input_hash": draw.bytes32(),
            "price": draw.uint(),
            "tip": draw.uint(),
            "callback_gas": draw.uint(),
            "requested_at": draw.uint(),
            "params": draw.uint(),
        }
        request = Request(**fields)
        cases.append({**fields, "hash": request.hash, "task_id": request.task_id})
    return cases


def params(draw: Draw) -> list[Case]:
    """Rules and their word."""
    cases = []
    for _ in range(24):
        fields = {
            "mode": draw.random.choice(list(Mode)),
            "tolerance": draw.uint(16),
            "commit_window": draw.uint(32),
            "fuel_limit": draw.uint(64),
            "expires_at": draw.uint(64),
        }
        cases.append({**fields, "word": Params(**fields).pack()})
    return cases


def commitments(draw: Draw) -> list[Case]:
    """Commitments, and what is signed for them."""
    cases = []
    for _ in range(16):
        domain = Domain(draw.uint(), draw.address())
        task_id, attempt, node, salt = draw.bytes32(), draw.uint(), draw.address(), draw.bytes32()
        outcome, deadline = draw.random.randbytes(draw.random.randrange(64)), draw.uint()
        made = encoding.commitment(task_id, attempt, node, encoding.keccak(outcome), salt)
        cases.append(
            {
                "home_chain_id": domain.home_chain_id,
                "hub": domain.hub,
                "task_id": task_id,
                "attempt": attempt,
                "node": node,
                "outcome": outcome,
                "salt": salt,
                "deadline": deadline,
                "commitment": made,
                "digest": commit_digest(domain, task_id, made, attempt, deadline),
            }
        )
    return cases


def registrations(draw: Draw) -> list[Case]:
    """What a node signs to be registered."""
    cases = []
    for _ in range(8):
        domain = Domain(draw.uint(), draw.address())
        node, owner, payout = draw.address(), draw.address(), draw.address()
        digest = register_digest(domain, node, owner, payout)
        cases.append(
            {
                "home_chain_id": domain.home_chain_id,
                "hub": domain.hub,
                "node": node,
                "owner": owner,
                "payout": payout,
                "digest": digest,
            }
        )
    return cases


def records(draw: Draw) -> list[Case]:
    """Records and their hash."""
    cases = []
    for _ in range(16):
        fields = {
            "task_id": draw.bytes32(),
            "outcome_hash": draw.bytes32(),
            "agreeing_weight": draw.uint(),
            "total_weight": draw.uint(),
            "rest_weight": draw.uint(),
            "winners_root": draw.bytes32(),
            "winners_count": draw.uint(),
        }
        cases.append({**fields, "hash": Record(**fields).hash})
    return cases


def outcomes(draw: Draw) -> list[Case]:
    """Outcomes, their encoding and its hash."""
    sizes = (0, 1, 31, 32, 33, 96)
    made = [Outcome(status, draw.uint(64), draw.random.randbytes(n)) for status in Status for n in sizes]
    made += [encoding.median_outcome(value) for value in (0, -1, 1, 2**200, -(2**200))]
    made += [encoding.random_outcome(draw.bytes32(), [draw.bytes32() for _ in range(n)]) for n in (1, 2, 5)]
    return [
        {
            "status": outcome.status,
            "fuel": outcome.fuel,
            "payload": outcome.payload,
            "encoded": outcome.encode(),
            "hash": encoding.keccak(outcome.encode()),
        }
        for outcome in made
    ]


def _outcome_for(mode: Mode, draw: Draw, spread: int) -> bytes:
    if mode is Mode.EXACT:
        return Outcome(Status.OK, 7, bytes([draw.random.randrange(spread)])).encode()
    if mode is Mode.MEDIAN:
        centre = draw.random.choice([1, -1]) * draw.random.choice([0, 10_000, 2**200 - 10_000])
        value = centre + draw.random.randrange(-spread, spread)
        return Outcome(Status.OK, draw.uint(64), encoding.signed_word(value)).encode()
    return Outcome(Status.OK, 0, draw.bytes32()).encode()


def tallies(draw: Draw) -> list[Case]:
    """Rounds from ballots to the record."""
    shapes = [(mode, count, spread) for mode in Mode for count in (1, 2, 3, 4, 7) for spread in (1, 3)]
    shapes += [(mode, 31, 3) for mode in Mode] + [(Mode.MEDIAN, 256, 3)]
    return [_tally(draw, *shape) for shape in shapes]


def _tally(draw: Draw, mode: Mode, count: int, spread: int) -> Case:
    tolerance = 500 if mode is Mode.MEDIAN else 0
    rules = Params(mode=mode, tolerance=tolerance, commit_window=60, fuel_limit=9, expires_at=9)
    task_id = draw.bytes32()
    revealed = [draw.random.random() > (spread - 1) / 10 for _ in range(count)]
    seen = [_outcome_for(mode, draw, spread) if there else None for there in revealed]
    weights = [draw.random.choice([1, 10**21, draw.random.randrange(1, 10**24)]) for _ in range(count)]
    total = sum(weights) * draw.random.choice([10, 10, 15]) // 10
    ballots = [
        Ballot(
            node=draw.address(),
            payout=draw.address(),
            weight=weight,
            word=None if outcome is None else word_of(mode, outcome),
        )
        for weight, outcome in zip(weights, seen, strict=True)
    ]
    counted = tally(task_id, rules, total, ballots)
    return {
        "task_id": task_id,
        "params": rules.pack(),
        "total_weight": total,
        "ballots": [
            {"node": b.node, "payout": b.payout, "weight": b.weight, "outcome": outcome, "word": b.word}
            for b, outcome in zip(ballots, seen, strict=True)
        ],
        "words": counted.words,
        "weights": counted.weights,
        "choices": [None if choice == UNREVEALED else choice for choice in counted.choices],
        "unrevealed": counted.unrevealed,
        "record": {
            "outcome_hash": counted.record.outcome_hash,
            "agreeing_weight": counted.record.agreeing_weight,
            "rest_weight": counted.record.rest_weight,
            "winners_root": counted.record.winners_root,
            "winners_count": counted.record.winners_count,
            "hash": counted.record.hash,
        },
    }


def winner_trees(draw: Draw) -> list[Case]:
    """Winners in rank order, the root over them and one of the proofs."""
    cases = []
    for count in (1, 2, 3, 4, 5, 8, 13, 256):
        rows = [(rank, draw.address(), draw.address(), draw.uint(96)) for rank in range(count)]
        tree = WinnerTree([encoding.winner_leaf(*row) for row in rows])
        index = draw.random.randrange(count)
        winners = [dict(zip(("rank", "node", "payout", "weight"), row, strict=True)) for row in rows]
        leaf = encoding.winner_leaf(*rows[index])
        cases.append(
            {
                "winners": winners,
                "root": tree.root,
                "index": index,
                "leaf": leaf,
                "proof": tree.proof(index),
            }
        )
    return cases


def accumulators(draw: Draw) -> list[Case]:
    """The hub's tree after so many records, and one of the proofs."""
    cases: list[Case] = [{"leaves": [], "root": Accumulator().root, "index": None, "proof": []}]
    for count in (1, 2, 3, 4, 9, 33):
        leaves = [draw.random.randbytes(32) for _ in range(count)]
        tree = Accumulator(leaves)
        index = draw.random.randrange(count)
        cases.append({"leaves": leaves, "root": tree.root, "index": index, "proof": tree.proof(index)})
    return cases


def rewards(draw: Draw) -> list[Case]:
    """Prices and winners' weights, and who gets what."""
    prices = [0, 1, 3, 7, 99, 100, 10**16, 10**18 + 1, 2**96 - 1, MAX]
    counts = [1, 2, 3, 4, 7, 256]
    cases = []
    for price, count in [(price, count) for price in prices for count in counts]:
        weights = [draw.random.choice([1, 3, 10**21, draw.random.randrange(1, 2**96)]) for _ in range(count)]
        split = split_reward(price, weights)
        cases.append(
            {
                "price": price,
                "weights": weights,
                "shares": split.shares,
                "treasury": split.treasury,
                "dust": split.dust,
            }
        )
    return cases


def stake_lists(draw: Draw) -> list[Case]:
    """Distributions of stake: entries, their words, hash and total."""
    cases = []
    for count in (0, 1, 2, 3, 7, 256):
        entries = ((draw.address(), max(1, draw.uint(96))) for _ in range(count))
        made = StakeDistribution.of(entries)
        cases.append(
            {
                "entries": [{"node": node, "weight": weight} for node, weight in made.entries],
                "words": made.words,
                "hash": made.hash,
                "total": made.total,
            }
        )
    return cases


def _checkpoint(draw: Draw) -> Checkpoint:
    return Checkpoint(
        number=draw.uint(),
        epoch=draw.uint(),
        stake_hash=draw.bytes32(),
        stake_total=draw.uint(),
        records_root=draw.bytes32(),
        records_count=draw.uint(),
        home_block=draw.uint(),
    )


def checkpoints(draw: Draw) -> list[Case]:
    """Checkpoints, and what is signed for them."""
    cases = []
    for _ in range(16):
        domain, checkpoint = Domain(draw.uint(), draw.address()), _checkpoint(draw)
        cases.append(
            {
                "home_chain_id": domain.home_chain_id,
                "hub": domain.hub,
                **attrs.asdict(checkpoint),
                "digest": checkpoint_digest(domain, checkpoint),
            }
        )
    return cases


def attestations(draw: Draw) -> list[Case]:
    """Who signed a digest, packed for a verifier: all of them, and the fewest that are more than half."""
    cases = []
    for count, share in ((1, 1.0), (2, 1.0), (3, 0.7), (5, 0.5), (9, 0.9), (33, 0.6)):
        drawn = (Account.from_key(draw.random.randbytes(32)) for _ in range(count))
        keys = {key.address: key for key in drawn}
        weights = (draw.random.choice([10**20, 3 * 10**20, draw.random.randrange(1, 10**21)]) for _ in keys)
        held = StakeDistribution.of(zip(keys, weights, strict=True))
        digest = draw.bytes32()
        nodes = [node for node in held.nodes if draw.random.random() < share]
        signed = {node: bytes(keys[node].unsafe_sign_hash(digest).signature) for node in nodes}
        packed, fewest = Attestations.pack(held, signed), Attestations.fewest(held, signed)
        cases.append(
            {
                "words": held.words,
                "total": held.total,
                "digest": digest,
                "signers": nodes,
                "packed": attrs.asdict(packed),
                "fewest": None if fewest is None else attrs.asdict(fewest),
            }
        )
    return cases


def record_proofs(draw: Draw) -> list[Case]:
    """Records under a checkpoint that may be older than the newest record, as a verifier takes the proof."""
    cases = []
    for count, more in ((1, 0), (1, 3), (2, 1), (5, 0), (8, 9), (13, 6)):
        leaves = [draw.random.randbytes(32) for _ in range(count + more)]
        tree, index = Accumulator(leaves), draw.random.randrange(count)
        changes = {"records_root": tree.root_at(count), "records_count": count}
        checkpoint = attrs.evolve(_checkpoint(draw), **changes)
        cases.append(
            {
                "leaves": leaves,
                "count": count,
                "root": checkpoint.records_root,
                "number": checkpoint.number,
                "index": index,
                "proof": prove_record(tree, index, checkpoint),
            }
        )
    return cases


WRITERS: dict[str, Callable[[Draw], list[Case]]] = {
    writer.__name__: writer
    for writer in (
        requests,
        params,
        commitments,
        registrations,
        records,
        outcomes,
        tallies,
        winner_trees,
        accumulators,
        rewards,
        stake_lists,
        checkpoints,
        attestations,
        record_proofs,
    )
}


def text_of(name: str) -> str:
    """What the file of this name must hold."""
    return json.dumps(plain(WRITERS[name](Draw(name))), indent=1) + "\n"


def main() -> None:
    """Write every file."""
    for name in WRITERS:
        (HERE / f"{name}.json").write_text(text_of(name), encoding="ascii")


if __name__ == "__main__":
    main()
