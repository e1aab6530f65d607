"""What became of a nonce, and what to do with it now; pure.

A nonce belongs to one call for good: whatever happens, only the same call is signed for it again, at a higher
price. Rule: protocol, section 12, invariant 7.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from types import MappingProxyType

import attrs

LEAST_BLOCKS = 3
"""A transaction that fewer blocks left out is not stuck, whatever their times say."""


class Fate(Enum):
    """What became of a nonce that something was signed for."""

    UNSENT = "unsent"
    """No endpoint has heard of it from this process."""
    PENDING = "pending"
    """It waits in the pool."""
    DROPPED = "dropped"
    """The pool does not have it."""
    STUCK = "stuck"
    """It is next in line, and blocks leave it out."""
    MINED = "mined"
    """A block has it, which may yet be reorganised."""
    FINAL = "final"
    """A final block has it."""
    TAKEN = "taken"
    """A block has a transaction of this nonce that is not ours, and may yet be reorganised."""
    REPLACED = "replaced"
    """A final block has a transaction of this nonce that is not ours; ours will never be mined."""


class Step(Enum):
    """What to do with a nonce."""

    WAIT = "wait"
    BROADCAST = "broadcast"
    RAISE = "raise"
    """Sign the same call for the same nonce, offer more."""
    SETTLE = "settle"
    """Forget it."""


STEPS: Mapping[Fate, Step] = MappingProxyType(
    {
        Fate.UNSENT: Step.BROADCAST,
        Fate.PENDING: Step.WAIT,
        Fate.DROPPED: Step.BROADCAST,
        Fate.STUCK: Step.RAISE,
        Fate.MINED: Step.WAIT,
        Fate.FINAL: Step.SETTLE,
        Fate.TAKEN: Step.WAIT,
        Fate.REPLACED: Step.SETTLE,
    }
)
"""What each fate calls for."""

UNDER_WAY = frozenset({Fate.UNSENT, Fate.PENDING, Fate.DROPPED, Fate.STUCK})
"""The call may still be executed, and no block has it: it must not be sent under another nonce."""


@attrs.frozen(kw_only=True)
class Count:
    """How many nonces of an account are used: by the newest block, with the pool, by the newest final block.

    ``final`` is only asked for, and needed, where a nonce was taken by a transaction that is not ours.
    """

    mined: int
    pending: int
    final: int = 0


@attrs.frozen(kw_only=True)
class Sighting:
    """One nonce as it is seen now.

    ``block``: the number of the block that has one of our transactions, ``deep`` that of the newest final
    block. ``seconds`` and ``blocks``: how long it has been next in line at the price offered now.
    """

    nonce: int
    sent: bool
    block: int | None
    deep: int
    count: Count
    seconds: float = 0.0
    blocks: int = 0

    def fate(self, patience: float) -> Fate:
        """What became of it; ``patience`` in seconds of block time."""
        if self.block is not None:
            return Fate.FINAL if self.block <= self.deep else Fate.MINED
        if self.count.mined > self.nonce:
            return Fate.REPLACED if self.count.final > self.nonce else Fate.TAKEN
        if not self.sent:
            return Fate.UNSENT
        left_out = self.blocks >= LEAST_BLOCKS and self.seconds >= patience
        if left_out and self.count.mined == self.nonce:
            return Fate.STUCK
        return Fate.PENDING if self.count.pending > self.nonce else Fate.DROPPED


def free_nonce(pending: int, held: Collection[int]) -> int:
    """The lowest nonce, from ``pending`` on, that nothing is signed for.

    So a gap that was left below is filled first, and an endpoint that counts too few gives none away twice.
    """
    nonce = pending
    while nonce in held:
        nonce += 1
    return nonce
