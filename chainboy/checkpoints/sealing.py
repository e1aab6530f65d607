"""Whether the hub should seal now, and what: asked by whoever needs a checkpoint.

Rule: protocol, section 10. Sealing is anybody's; a new distribution may be sealed at any time, once an epoch,
a checkpoint without one only some time after the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chainboy.checkpoints.bridge import Bridge
from chainboy.checkpoints.ledger import Ledger
from chainboy.checkpoints.news import is_half_gone
from chainboy.units import Epoch, TaskId

if TYPE_CHECKING:
    from chainboy.chain.call import Call
    from chainboy.chain.client import Chain
    from chainboy.contracts.deployment import Deployment


class Sealing:
    """The hub's next seal, by what ``ledger`` has read."""

    def __init__(self, ledger: Ledger, home: Chain, deployment: Deployment) -> None:
        self._ledger = ledger
        self._home = home
        self._hub = deployment.hub_on(home)
        self._registry = deployment.registry_on(home)
        self._stake = self._registry.profile()
        self._interval = self._hub.profile().min_seal_interval

    def call(self) -> Call | None:
        """The seal that is possible now; ``None`` while the hub would refuse it, or one is not final yet."""
        head = self._home.head()
        last, epoch = self._hub.last_seal(), Epoch(self._stake.epoch(head.timestamp))
        newest = self._ledger.newest
        if last.number != (newest.checkpoint.number if newest else 0):
            return None
        if self._registry.total_at(epoch)[0] == 0:
            return None
        # Nobody weighs anything in epoch 0, that of no seal: whoever weighs now has changed since.
        if self._registry.last_change(epoch) > last.epoch:
            return self._hub.seal(self._ledger.distribution(epoch).nodes)
        if head.timestamp >= last.sealed_at + self._interval:
            return self._hub.seal([])
        return None

    def is_stale(self, bridge: Bridge) -> bool:
        """Whether the verifier's distribution is not the current one, or half as old as it may become."""
        now = Epoch(self._stake.epoch(self._home.head().timestamp))
        held = bridge.verifier.distribution()
        current = self._ledger.distribution(now)
        return current.hash != held.stake_hash or is_half_gone(held.epoch, now, self._stake.trust_epochs)

    def serves(self, tasks: Iterable[TaskId]) -> bool:
        """Whether the newest checkpoint has the records of ``tasks`` and the current stake, dated lately."""
        newest = self._ledger.newest
        if newest is None:
            return False
        now = Epoch(self._stake.epoch(self._home.head().timestamp))
        covered = all(self._ledger.covers(newest, task_id) for task_id in tasks)
        if is_half_gone(newest.checkpoint.epoch, now, self._stake.trust_epochs):
            return False
        return covered and self._ledger.distribution(now).hash == newest.checkpoint.stake_hash
