"""Whether a checkpoint is worth a signature, or a place on another chain. Pure.

Rule: protocol, section 10: nodes sign what brings news, or when half a trust period has gone.
"""

from __future__ import annotations

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.units import Epoch


def is_half_gone(before: Epoch, now: Epoch, trust_epochs: int) -> bool:
    """Whether a distribution of epoch ``before`` is half as old, in epoch ``now``, as it may become."""
    return 2 * (now - before) >= trust_epochs


def brings_news(checkpoint: Checkpoint, known: Checkpoint | None, trust_epochs: int) -> bool:
    """Whether ``checkpoint`` has records or stake that ``known`` has not, or is dated much later."""
    if known is None or checkpoint.stake_hash != known.stake_hash:
        return True
    if checkpoint.records_count > known.records_count:
        return True
    return is_half_gone(known.epoch, checkpoint.epoch, trust_epochs)
