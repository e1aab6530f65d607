"""What a node without coins hands to whoever carries its calls to the hub, and its text.

Rule: protocol, section 6: a commitment is signed by its node, a reveal is its own authority, so nobody who
carries one can change it.
"""

from __future__ import annotations

import attrs

from chainboy.consensus.canonical import Fields, Tree, dumps, hexed, loads
from chainboy.consensus.encoding import task_id
from chainboy.consensus.fields import digest, uint
from chainboy.consensus.signing import Domain, Recover, commit_digest, signer_of
from chainboy.contracts.hub import Attestation, CommitEntry, RevealEntry
from chainboy.errors import EncodingError
from chainboy.units import Address, Digest, TaskId, Timestamp, Weight

MOST_BYTES = 16_384
"""A letter's text is shorter: an outcome has at most 1,024 bytes."""


@attrs.frozen(kw_only=True)
class CommitLetter:
    """One signed commitment."""

    request_hash: Digest = attrs.field(validator=digest)
    params: int = attrs.field(validator=uint(256))
    entry: CommitEntry

    @property
    def task_id(self) -> TaskId:
        """The task committed to."""
        return task_id(self.request_hash, self.params)

    @property
    def node(self) -> Address:
        """Whose it is."""
        return self.entry.node

    def is_signed(self, domain: Domain, recover: Recover) -> bool:
        """Whether the node has signed it for the hub of ``domain``."""
        entry = self.entry
        signed = commit_digest(domain, self.task_id, entry.commitment, entry.attempt, entry.deadline)
        return signer_of(signed, entry.signature, recover) == entry.node

    def to_json(self) -> str:
        """The text."""
        return dumps(
            {
                "kind": "commit",
                "requestHash": hexed(self.request_hash),
                "params": str(self.params),
                "node": self.entry.node,
                "attempt": str(self.entry.attempt),
                "commitment": hexed(self.entry.commitment),
                "deadline": str(self.entry.deadline),
                "signature": hexed(self.entry.signature),
            }
        )


@attrs.frozen(kw_only=True)
class RevealLetter:
    """The preimage of one commitment."""

    task_id: TaskId = attrs.field(validator=digest)
    entry: RevealEntry

    @property
    def node(self) -> Address:
        """Whose it is."""
        return self.entry.node

    def to_json(self) -> str:
        """The text."""
        tree: Tree = {
            "kind": "reveal",
            "taskId": hexed(self.task_id),
            "node": self.entry.node,
            "payout": self.entry.payout,
            "weight": str(self.entry.weight),
            "outcome": hexed(self.entry.outcome),
            "salt": hexed(self.entry.salt),
        }
        return dumps(tree)


@attrs.frozen(kw_only=True)
class AttestationLetter:
    """One signature over a sealed checkpoint."""

    number: int = attrs.field(validator=uint(256))
    entry: Attestation

    @property
    def node(self) -> Address:
        """Whose it is."""
        return self.entry.node

    def to_json(self) -> str:
        """The text."""
        return dumps(
            {
                "kind": "attestation",
                "number": str(self.number),
                "node": self.entry.node,
                "signature": hexed(self.entry.signature),
            }
        )


Letter = CommitLetter | RevealLetter | AttestationLetter


def read_letter(text: bytes) -> Letter:
    """The letter in ``text``; raises :class:`~chainboy.errors.EncodingError` when there is none."""
    if len(text) > MOST_BYTES:
        raise EncodingError(f"a letter has at most {MOST_BYTES} bytes, this one {len(text)}; send just one")
    fields = loads(text)
    match fields.one_of("kind", ("commit", "reveal", "attestation")):
        case "commit":
            return _read_commit(fields)
        case "reveal":
            return _read_reveal(fields)
        case _:
            entry = Attestation(node=fields.address("node"), signature=fields.data("signature"))
            return AttestationLetter(number=fields.integer("number"), entry=entry)


def _read_commit(fields: Fields) -> CommitLetter:
    entry = CommitEntry(
        node=fields.address("node"),
        attempt=fields.integer("attempt"),
        commitment=Digest(fields.data("commitment")),
        deadline=Timestamp(fields.integer("deadline")),
        signature=fields.data("signature"),
    )
    return CommitLetter(
        request_hash=Digest(fields.data("requestHash")), params=fields.integer("params"), entry=entry
    )


def _read_reveal(fields: Fields) -> RevealLetter:
    entry = RevealEntry(
        node=fields.address("node"),
        payout=fields.address("payout"),
        weight=Weight(fields.integer("weight")),
        outcome=fields.data("outcome"),
        salt=fields.data("salt"),
    )
    return RevealLetter(task_id=TaskId(fields.data("taskId")), entry=entry)
