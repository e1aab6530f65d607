"""What the hub seals for other chains: who held the stake at an epoch, and all records so far.

Rule: protocol, section 10. What nodes sign for it is :func:`chainboy.consensus.signing.checkpoint_digest`.
"""

from __future__ import annotations

import attrs

from chainboy.consensus.canonical import Fields, Tree, dumps, hexed, parse
from chainboy.consensus.fields import digest, uint
from chainboy.units import Digest, Epoch, Weight


@attrs.frozen(kw_only=True)
class Checkpoint:
    """One checkpoint; ``epoch`` is that of the distribution, not of the sealing.

    ``home_block`` is the number of the home chain's block it was sealed in; the records are those before.
    """

    number: int = attrs.field(validator=uint(256))
    epoch: Epoch = attrs.field(validator=uint(256))
    stake_hash: Digest = attrs.field(validator=digest)
    stake_total: Weight = attrs.field(validator=uint(256))
    records_root: Digest = attrs.field(validator=digest)
    records_count: int = attrs.field(validator=uint(256))
    home_block: int = attrs.field(validator=uint(256))

    def to_json(self) -> str:
        """The canonical text."""
        return dumps(self.tree())

    @classmethod
    def from_json(cls, text: str | bytes) -> Checkpoint:
        """The checkpoint in ``text``; raises :class:`~chainboy.errors.EncodingError` unless canonical."""
        return parse(text, cls.read, cls.to_json)

    def tree(self) -> Tree:
        """What becomes a JSON object."""
        return {
            "number": str(self.number),
            "epoch": str(self.epoch),
            "stakeHash": hexed(self.stake_hash),
            "stakeTotal": str(self.stake_total),
            "recordsRoot": hexed(self.records_root),
            "recordsCount": str(self.records_count),
            "homeBlock": str(self.home_block),
        }

    @classmethod
    def read(cls, fields: Fields) -> Checkpoint:
        """The reverse of :meth:`tree`."""
        return cls(
            number=fields.integer("number"),
            epoch=Epoch(fields.integer("epoch")),
            stake_hash=Digest(fields.data("stakeHash")),
            stake_total=Weight(fields.integer("stakeTotal")),
            records_root=Digest(fields.data("recordsRoot")),
            records_count=fields.integer("recordsCount"),
            home_block=fields.integer("homeBlock"),
        )
