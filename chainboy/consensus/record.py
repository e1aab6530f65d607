"""What the hub found out about one task, and who is paid for it.

Rule: protocol, section 7.
"""

from __future__ import annotations

import attrs

from chainboy.consensus import encoding
from chainboy.consensus.fields import ZERO_HASH, address, digest, uint
from chainboy.units import Address, Digest, TaskId, Weight


@attrs.frozen(kw_only=True)
class Winner:
    """A node that agreed; ``rank`` counts winners from 0 in commit order."""

    rank: int = attrs.field(validator=uint(256))
    node: Address = attrs.field(validator=address)
    payout: Address = attrs.field(validator=address)
    weight: Weight = attrs.field(validator=uint(256))

    @property
    def leaf(self) -> Digest:
        """This winner's leaf of the winner tree."""
        return encoding.winner_leaf(self.rank, self.node, self.payout, self.weight)


@attrs.frozen(kw_only=True)
class Record:
    """The majority's answer and its weights; ``rest_weight`` is that of the winners of rank 2 and above.

    Without consensus all but ``task_id`` and ``total_weight`` are zero.
    """

    task_id: TaskId = attrs.field(validator=digest)
    outcome_hash: Digest = attrs.field(validator=digest)
    agreeing_weight: Weight = attrs.field(validator=uint(256))
    total_weight: Weight = attrs.field(validator=uint(256))
    rest_weight: Weight = attrs.field(validator=uint(256))
    winners_root: Digest = attrs.field(validator=digest)
    winners_count: int = attrs.field(validator=uint(256))

    @classmethod
    def without_consensus(cls, task_id: TaskId, total_weight: Weight) -> Record:
        """The record of a round in which no answer had more than half of ``total_weight``."""
        return cls(
            task_id=task_id,
            outcome_hash=Digest(ZERO_HASH),
            agreeing_weight=Weight(0),
            total_weight=total_weight,
            rest_weight=Weight(0),
            winners_root=Digest(ZERO_HASH),
            winners_count=0,
        )

    @property
    def has_consensus(self) -> bool:
        """Whether more than half of all active tokens agreed."""
        return self.agreeing_weight > 0

    @property
    def hash(self) -> Digest:
        """The leaf of the hub's accumulator. Rule: protocol, sections 3 and 7."""
        return encoding.hash_words(
            encoding.RECORD,
            self.task_id,
            self.outcome_hash,
            self.agreeing_weight,
            self.total_weight,
            self.rest_weight,
            self.winners_root,
            self.winners_count,
        )
