"""The proof file of one task: all that the majority's answer follows from, checked offline.

Rule: protocol, sections 3 to 8.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from chainboy.consensus import encoding, proof_parts
from chainboy.consensus.canonical import Fields, Tree, dumps, hexed, parse
from chainboy.consensus.fields import address, uint
from chainboy.consensus.merkle import DEPTH, empty_nodes, verify
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.passage import Passage
from chainboy.consensus.proof_parts import Inclusion, ProvenBallot
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request
from chainboy.consensus.rewards import Rewards, split_reward
from chainboy.consensus.signing import Domain, Recover
from chainboy.consensus.tally import Ballot, Tally, tally, word_of
from chainboy.errors import EncodingError, ProofInvalid
from chainboy.units import Address, Digest, TaskId, Wei, Weight

FORMAT = 1
"""The version of the proof file's form."""


@attrs.frozen(kw_only=True)
class TaskProof:
    """One task's request, ballots in commit order, record, its place in the accumulator and rewards.

    Proves, with a ``recordsRoot`` that the checker trusts (read from the hub at the block named here by a
    node of its own choice): that the hub of that root recorded this answer for exactly this request,
    input and rules; who was paid what; and which commitments and outcomes the majority consisted of, with
    their weights.

    For a task of a remote chain ``passage`` leads to the record from the distribution of stake that the chain
    began with; a checker who knows that needs no root.

    Does not prove: anything at all without a trusted root or such a distribution. Then it shows only that the
    file agrees with itself; whoever writes a file from nothing can make up nodes, weights and an answer, its
    digest included. Never does it prove the weight and payout of nodes that did not reveal or did not agree,
    nor block number and hash: only the digest binds them, which guards against damage, not against a forger.
    The place (index) in the accumulator is bound only as far as empty siblings show it. That an answer is
    right is what a majority of tokens said, no more.
    """

    home_chain_id: int = attrs.field(validator=uint(256))
    hub: Address = attrs.field(validator=address)
    request: Request
    input: bytes
    attempt: int = attrs.field(validator=uint(256))
    total_weight: Weight = attrs.field(validator=uint(256))
    ballots: tuple[ProvenBallot, ...]
    record: Record
    inclusion: Inclusion
    rewards: Rewards | None
    passage: Passage | None = None
    """How the record came to the chain that asked; ``None`` when that is the home chain."""
    digest: Digest = attrs.field()

    @digest.default
    def _made_digest(self) -> Digest:
        return encoding.keccak(dumps(self._tree()).encode("ascii"))

    @classmethod
    def build(
        cls,
        *,
        home_chain_id: int,
        hub: Address,
        request: Request,
        input: bytes,  # noqa: A002 - the field's name
        attempt: int,
        total_weight: Weight,
        ballots: Sequence[ProvenBallot],
        inclusion: Inclusion,
        passage: Passage | None = None,
    ) -> TaskProof:
        """The proof of a finished round; record and rewards follow from the ballots.

        Raises :class:`~chainboy.errors.EncodingError` for an outcome that its mode does not accept.
        """
        counted = _count(request, total_weight, ballots)
        return cls(
            home_chain_id=home_chain_id,
            hub=hub,
            request=request,
            input=input,
            attempt=attempt,
            total_weight=total_weight,
            ballots=tuple(ballots),
            record=counted.record,
            inclusion=inclusion,
            rewards=_rewards(request.price, counted),
            passage=passage,
        )

    @property
    def task_id(self) -> TaskId:
        """The name of the task."""
        return self.request.task_id

    @property
    def tally(self) -> Tally:
        """The round counted again, from the revealed outcomes."""
        return _count(self.request, self.total_weight, self.ballots)

    @property
    def outcome(self) -> bytes | None:
        """The encoded outcome that the record's hash stands for; ``None`` without consensus."""
        counted = self.tally
        if counted.outcome is not None:
            return counted.outcome.encode()
        revealed = (ballot.outcome for ballot in self.ballots if ballot.outcome is not None)
        return next((each for each in revealed if encoding.keccak(each) == self.record.outcome_hash), None)

    def to_json(self) -> str:
        """The canonical text: fixed order of keys, indented by two, ending in the digest and a line feed."""
        return dumps({**self._tree(), "digest": hexed(self.digest)})

    @classmethod
    def from_json(cls, text: str | bytes) -> TaskProof:
        """The proof in ``text``; raises :class:`~chainboy.errors.ProofInvalid` unless it is canonical.

        Reads only: call :meth:`verify` before you believe it.
        """
        try:
            return parse(text, cls._read, cls.to_json)
        except EncodingError as error:
            raise ProofInvalid(f"this is no proof file: {error}") from error

    def _tree(self) -> Tree:
        return {
            "format": str(FORMAT),
            "home": {"chainId": str(self.home_chain_id), "hub": self.hub},
            "request": proof_parts.request_tree(self.request, self.input),
            "attempt": str(self.attempt),
            "totalWeight": str(self.total_weight),
            "ballots": [proof_parts.ballot_tree(ballot) for ballot in self.ballots],
            "record": proof_parts.record_tree(self.record),
            "inclusion": proof_parts.inclusion_tree(self.inclusion),
            "rewards": proof_parts.rewards_tree(self.rewards),
            "passage": None if self.passage is None else self.passage.tree(),
        }

    @classmethod
    def _read(cls, fields: Fields) -> TaskProof:
        if fields.integer("format") != FORMAT:
            raise ProofInvalid(f"format is not {FORMAT}; check this file with the version that wrote it")
        home = fields.fields("home")
        request, input_bytes = proof_parts.read_request(fields.fields("request"))
        return cls(
            home_chain_id=home.integer("chainId"),
            hub=home.address("hub"),
            request=request,
            input=input_bytes,
            attempt=fields.integer("attempt"),
            total_weight=Weight(fields.integer("totalWeight")),
            ballots=tuple(proof_parts.read_ballot(each) for each in fields.field_list("ballots")),
            record=proof_parts.read_record(fields.fields("record")),
            inclusion=proof_parts.read_inclusion(fields.fields("inclusion")),
            rewards=None if fields.is_null("rewards") else proof_parts.read_rewards(fields.fields("rewards")),
            passage=None if fields.is_null("passage") else Passage.read(fields.fields("passage")),
            digest=Digest(fields.data("digest")),
        )

    def verify(
        self,
        *,
        expected_root: Digest | None = None,
        expected_hub: Address | None = None,
        expected_chain_id: int | None = None,
        expected_genesis: Digest | None = None,
        recover: Recover | None = None,
    ) -> None:
        """Recompute everything, offline.

        ``expected_root``, ``expected_hub`` and ``expected_chain_id`` are the checker's own knowledge: the
        hub's ``recordsRoot`` at the block of the proof, the hub's address, the home chain's id; and for a
        remote delivery ``expected_genesis``, the hash of the distribution of stake that the chain's verifier
        began with. ``recover`` tells whose a signature is; only a remote delivery needs it
        (:func:`chainboy.chain.signer.recover`). Raises :class:`~chainboy.errors.ProofInvalid`, naming the
        first field that does not follow from the others.
        """
        expected = {
            "home.chainId": (self.home_chain_id, expected_chain_id),
            "home.hub": (self.hub, expected_hub),
            "inclusion.recordsRoot": (self.inclusion.records_root, expected_root),
        }
        for field, (value, wanted) in expected.items():
            if wanted is not None and value != wanted:
                raise ProofInvalid(f"{field} is not the one expected; this proof is of another network")
        for field, holds in self._checks():
            if not holds:
                raise ProofInvalid(f"{field} does not follow from the rest; do not believe this file")
        self._verify_passage(recover, expected_genesis)

    def _verify_passage(self, recover: Recover | None, genesis: Digest | None) -> None:
        """The record's way to the chain that asked, if that is another."""
        if self.passage is None:
            if genesis is not None:
                raise ProofInvalid("passage is missing; this proof does not tell of a remote delivery")
            return
        if recover is None:
            raise ProofInvalid("passage holds signatures; give recover to check them")
        domain = Domain(self.home_chain_id, self.hub)
        self.passage.verify(self.record, domain=domain, recover=recover, genesis=genesis)

    def _checks(self) -> Iterator[tuple[str, bool]]:
        yield "request.input", encoding.keccak(self.input) == self.request.input_hash
        yield from self._ballot_checks()
        yield from self._weight_checks()
        counted = self.tally
        given, made = (attrs.asdict(record) for record in (self.record, counted.record))
        for name, value in given.items():
            yield f"record.{name}", value == made[name]
        yield "rewards", self.rewards == _rewards(self.request.price, counted)
        yield from _inclusion_checks(self.record.hash, self.inclusion)
        yield "digest", self.digest == self._made_digest()

    def _ballot_checks(self) -> Iterator[tuple[str, bool]]:
        mode = Params.unpack(self.request.params).mode
        for i, ballot in enumerate(self.ballots):
            yield f"ballots[{i}].node", all(ballot.node != other.node for other in self.ballots[:i])
            if ballot.outcome is None or ballot.salt is None:
                continue
            outcome_hash = encoding.keccak(ballot.outcome)
            made = encoding.commitment(self.task_id, self.attempt, ballot.node, outcome_hash, ballot.salt)
            yield f"ballots[{i}].commitment", ballot.commitment == made
            yield f"ballots[{i}].outcome", _accepts(mode, ballot.outcome)

    def _weight_checks(self) -> Iterator[tuple[str, bool]]:
        committed = sum(ballot.weight for ballot in self.ballots)
        yield "ballots", all(ballot.weight > 0 for ballot in self.ballots)
        yield "totalWeight", committed <= self.total_weight < 2 * committed


def _count(request: Request, total_weight: Weight, ballots: Sequence[ProvenBallot]) -> Tally:
    params = Params.unpack(request.params)
    seen = [
        Ballot(
            node=ballot.node,
            payout=ballot.payout,
            weight=ballot.weight,
            word=None if ballot.outcome is None else word_of(params.mode, ballot.outcome),
        )
        for ballot in ballots
    ]
    return tally(request.task_id, params, total_weight, seen)


def _rewards(price: Wei, counted: Tally) -> Rewards | None:
    return split_reward(price, [winner.weight for winner in counted.winners]) if counted.winners else None


def _accepts(mode: Mode, outcome: bytes) -> bool:
    try:
        word_of(mode, outcome)
    except EncodingError:
        return False
    return True


def _inclusion_checks(leaf: Digest, inclusion: Inclusion) -> Iterator[tuple[str, bool]]:
    siblings = inclusion.siblings
    yield "inclusion.index", inclusion.index < inclusion.records_count
    yield "inclusion.siblings", len(siblings) == DEPTH
    for level, empty in enumerate(empty_nodes()[:DEPTH]):
        beyond = (inclusion.index >> level ^ 1) << level >= inclusion.records_count
        yield f"inclusion.siblings[{level}]", not beyond or siblings[level] == empty
    yield "inclusion.recordsRoot", verify(leaf, siblings, inclusion.records_root)
