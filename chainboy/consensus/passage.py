"""How a record came to a remote chain, as anybody can check it from a first distribution of stake on.

Rule: protocol, section 10. The checkpoints are submitted again, to the verifier's own rules.
"""

from __future__ import annotations

import attrs

from chainboy.consensus.canonical import Fields, Tree, hexed
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.checkpoint_book import CheckpointBook, TrustedStake
from chainboy.consensus.fields import digest, uint
from chainboy.consensus.profiles import VerifierProfile
from chainboy.consensus.record import Record
from chainboy.consensus.record_proof import encode_record_proof
from chainboy.consensus.refusal import Refused
from chainboy.consensus.signing import Domain, Recover
from chainboy.errors import EncodingError, ProofInvalid
from chainboy.units import Digest, Epoch, Timestamp, Weight


@attrs.frozen(kw_only=True)
class Link:
    """One checkpoint as it can be submitted: signed by the ``words`` of the distribution before it.

    ``accepted_at`` is a time at which the remote chain would have taken it.
    """

    checkpoint: Checkpoint
    words: tuple[int, ...] = attrs.field(validator=attrs.validators.deep_iterable(uint(256)))
    bitmap: int = attrs.field(validator=uint(256))
    signatures: bytes
    accepted_at: Timestamp = attrs.field(validator=uint(64))

    def tree(self) -> Tree:
        """The text form's."""
        return {
            "checkpoint": self.checkpoint.tree(),
            "words": [str(word) for word in self.words],
            "bitmap": str(self.bitmap),
            "signatures": hexed(self.signatures),
            "acceptedAt": str(self.accepted_at),
        }

    @classmethod
    def read(cls, fields: Fields) -> Link:
        """The reverse of :meth:`tree`."""
        return cls(
            checkpoint=Checkpoint.read(fields.fields("checkpoint")),
            words=tuple(fields.integer_list("words")),
            bitmap=fields.integer("bitmap"),
            signatures=fields.data("signatures"),
            accepted_at=Timestamp(fields.integer("acceptedAt")),
        )


@attrs.frozen(kw_only=True)
class Passage:
    """From the ``genesis`` distribution, by ``links``, to a checkpoint that has the record.

    ``siblings`` lead from the record's hash to the last link's ``recordsRoot``.
    """

    profile: VerifierProfile
    genesis: TrustedStake
    links: tuple[Link, ...]
    siblings: tuple[Digest, ...] = attrs.field(validator=attrs.validators.deep_iterable(digest))

    @property
    def checkpoint(self) -> Checkpoint:
        """The one that has the record."""
        return self.links[-1].checkpoint

    def verify(
        self, record: Record, *, domain: Domain, recover: Recover, genesis: Digest | None = None
    ) -> Weight:
        """Submit every link again, and prove the record; returns the weight behind the last link.

        ``genesis`` is the checker's own knowledge of the first distribution's hash: without it this shows
        only that the file agrees with itself. Raises :class:`~chainboy.errors.ProofInvalid`.
        """
        if genesis is not None and self.genesis.stake_hash != genesis:
            raise ProofInvalid("passage.genesis is not the one expected; this proof begins elsewhere")
        if not self.links:
            raise ProofInvalid("passage.links is empty; fetch the whole file")
        begun = self.links[0].accepted_at
        try:
            book = CheckpointBook(
                self.profile, self.genesis, domain=domain, guardian=domain.hub, recover=recover, now=begun
            )
            for link in self.links:
                signed = self._submit(book, link)
            book.require_record(record, encode_record_proof(self.checkpoint.number, self.siblings))
        except (Refused, EncodingError) as error:
            raise ProofInvalid(f"passage is refused: {error}; do not believe this file") from error
        return signed

    @staticmethod
    def _submit(book: CheckpointBook, link: Link) -> Weight:
        return book.submit(link.checkpoint, link.words, link.bitmap, link.signatures, now=link.accepted_at)

    def tree(self) -> Tree:
        """The text form's."""
        return {
            "profile": {
                "genesisTime": str(self.profile.genesis_time),
                "epochLength": str(self.profile.epoch_length),
                "trustPeriod": str(self.profile.trust_period),
                "guardianDelay": str(self.profile.guardian_delay),
            },
            "genesis": {
                "epoch": str(self.genesis.epoch),
                "stakeHash": hexed(self.genesis.stake_hash),
                "stakeTotal": str(self.genesis.stake_total),
            },
            "links": [link.tree() for link in self.links],
            "siblings": [hexed(sibling) for sibling in self.siblings],
        }

    @classmethod
    def read(cls, fields: Fields) -> Passage:
        """The reverse of :meth:`tree`."""
        profile, genesis = fields.fields("profile"), fields.fields("genesis")
        return cls(
            profile=VerifierProfile(
                genesis_time=Timestamp(profile.integer("genesisTime")),
                epoch_length=profile.integer("epochLength"),
                trust_period=profile.integer("trustPeriod"),
                guardian_delay=profile.integer("guardianDelay"),
            ),
            genesis=TrustedStake(
                epoch=Epoch(genesis.integer("epoch")),
                stake_hash=Digest(genesis.data("stakeHash")),
                stake_total=Weight(genesis.integer("stakeTotal")),
            ),
            links=tuple(Link.read(each) for each in fields.field_list("links")),
            siblings=tuple(map(Digest, fields.data_list("siblings"))),
        )
