"""Whether a checkpoint is worth a signature, or a place on another chain. Pure.

Rule: protocol, section 10: nodes sign what brings news, or when half a trust period has gone.
"""

from __future__ import annotations

import attrs

from chainboy.consensus.checkpoint import Checkpoint


@attrs.frozen(kw_only=True)
class Trust:
    """For how long a distribution is trusted: ``period`` seconds, of epochs of ``epoch_length`` seconds."""

    epoch_length: int
    period: int

    def is_half_gone(self, before: int, now: int) -> bool:
        """Whether a distribution of epoch ``before`` is half as old, in epoch ``now``, as it may become."""
        return 2 * (now - before) * self.epoch_length >= self.period


def brings_news(checkpoint: Checkpoint, known: Checkpoint | None, trust: Trust) -> bool:
    """Whether ``checkpoint`` has records or stake that ``known`` has not, or is dated much later."""
    if known is None or checkpoint.stake_hash != known.stake_hash:
        return True
    if checkpoint.records_count > known.records_count:
        return True
    return trust.is_half_gone(known.epoch, checkpoint.epoch)
