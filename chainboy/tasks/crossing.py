"""A task's way from the home chain to the one that asked: what carried it, and how to carry it by hand.

Rule: protocol, sections 9 and 10. Relays do this for tips; a requester can, too.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import attrs

from chainboy.checkpoints.bridge import Bridge
from chainboy.checkpoints.ledger import Ledger
from chainboy.checkpoints.sealing import Sealing
from chainboy.checkpoints.way import first_accepted, passage
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.passage import Passage
from chainboy.errors import ContractRefused
from chainboy.units import TaskId, Timestamp

if TYPE_CHECKING:
    from chainboy.chain.call import Call
    from chainboy.chain.client import Chain
    from chainboy.chain.sender import Sender
    from chainboy.contracts.deployment import Deployment
    from chainboy.contracts.remote import RemoteDeployment


@attrs.frozen(kw_only=True)
class Carriage:
    """The checkpoint under which a result reached the chain that asked, and when that chain believed it.

    Times are of that chain. ``stake_since`` is when the checkpoint's distribution began to count: the older
    it is, the nearer is the end of its trust.
    """

    checkpoint: Checkpoint
    accepted_at: Timestamp
    stake_since: Timestamp

    @property
    def stake_age(self) -> int:
        """Seconds for which the distribution had counted when the checkpoint was believed."""
        return self.accepted_at - self.stake_since


class Crossing:
    """From the home chain's hub to one remote chain, for one account: ``sender`` there, ``sealer`` at home.

    ``first``: no block of the home chain before it has anything of the hub.
    Safe to use from many threads; they wait for each other.
    """

    def __init__(
        self,
        home: Chain,
        deployment: Deployment,
        chain: Chain,
        place: RemoteDeployment,
        *,
        sender: Sender | None,
        sealer: Sender | None,
        first: int = 0,
    ) -> None:
        self._home = home
        self._chain = chain
        self._verifier = place.verifier_on(chain)
        self._sender, self._sealer = sender, sealer
        self._ledger = Ledger(home, deployment, first=first)
        self._bridge = Bridge(self._ledger, home, deployment, self._verifier)
        self._sealing = Sealing(self._ledger, home, deployment)
        self._lock = threading.RLock()

    def proof(self, task_id: TaskId) -> bytes | None:
        """What the gateway is shown for the task's record; ``None`` while no checkpoint there has it."""
        with self._lock:
            self._ledger.follow(self._home.final_number())
            return self._bridge.proof(task_id)

    def move_on(self, task_id: TaskId) -> bytes | None:
        """Do the next thing that brings the task nearer, seal or submit; its proof, once there is one."""
        with self._lock:
            proof = self.proof(task_id)
            index = self._ledger.index_of(task_id)
            if proof is not None or index is None:
                return proof
            covering = self._ledger.covering(index)
            if covering is None:
                self._send(self._sealer, self._sealing.call())
                return None
            self._send(self._sender, self._bridge.submission(covering))
            return self._bridge.proof(task_id)

    def carriage(self, task_id: TaskId) -> Carriage | None:
        """The first checkpoint that brought the task's record; ``None`` while there is none."""
        with self._lock:
            self._ledger.follow(self._home.final_number())
            index = self._ledger.index_of(task_id)
        found = None if index is None else first_accepted(self._verifier, index)
        if found is None:
            return None
        profile = self._verifier.profile()
        return Carriage(
            checkpoint=found.checkpoint,
            accepted_at=self._chain.block(found.log.block_number).timestamp,
            stake_since=Timestamp(profile.genesis_time + found.checkpoint.epoch * profile.epoch_length),
        )

    def passage(self, task_id: TaskId) -> Passage | None:
        """The whole way of the task's record, for its proof file; ``None`` before it has come."""
        with self._lock:
            self._ledger.follow(self._home.final_number())
            index = self._ledger.index_of(task_id)
            target = None if index is None else first_accepted(self._verifier, index)
            return None if index is None or target is None else passage(self._bridge, index, target)

    @staticmethod
    def _send(sender: Sender | None, call: Call | None) -> None:
        if sender is None or call is None:
            return
        try:
            sender.send(call)
        except ContractRefused:
            return  # somebody was faster: the next look shows it
