"""What the hub seals for other chains: who held the stake at an epoch, and all records so far.

Rule: protocol, section 10.
"""

from __future__ import annotations

import attrs

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
