"""From the hub's records to one remote verifier: what it may be shown now, as calls and proofs.

Rule: protocol, section 10. Nothing is sent here; whoever carries decides what pays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainboy.chain.signer import recover
from chainboy.checkpoints.ledger import Ledger
from chainboy.consensus.attestations import Attestations, signers
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.signing import checkpoint_digest
from chainboy.contracts.checkpoint_events import Attested, Sealed
from chainboy.errors import ChainError
from chainboy.events.scan import logs_between
from chainboy.units import Digest, Epoch, TaskId

if TYPE_CHECKING:
    from chainboy.chain.call import Call
    from chainboy.chain.client import Chain
    from chainboy.contracts.checkpoint_verifier import CheckpointVerifier
    from chainboy.contracts.deployment import Deployment


class Bridge:
    """One remote verifier, seen from the home chain's ``ledger``."""

    def __init__(
        self, ledger: Ledger, home: Chain, deployment: Deployment, verifier: CheckpointVerifier
    ) -> None:
        self.ledger = ledger
        self.verifier = verifier
        self._home = home
        self._hub = deployment.hub_on(home)
        self._domain = deployment.domain

    def accepted(self) -> Sealed | None:
        """The newest checkpoint that the verifier has accepted; ``None``: none yet.

        Raises :class:`~chainboy.errors.ChainError` when it is not final at home, or not the hub's.
        """
        number = self.verifier.last_number()
        if number == 0:
            return None
        sealed = self.ledger.sealed(number)
        if self.verifier.root_of(number) != sealed.checkpoint.records_root:
            raise ChainError(
                f"verifier {self.verifier.address} holds another checkpoint {number} than the hub; "
                "do not use it"
            )
        return sealed

    def proof(self, task_id: TaskId) -> bytes | None:
        """What the gateway is shown for the task's record; ``None`` while no checkpoint has it."""
        index, sealed = self.ledger.index_of(task_id), self.accepted()
        if index is None or sealed is None or sealed.checkpoint.records_count <= index:
            return None
        return self.ledger.proof(index, sealed.checkpoint)

    def held(self) -> StakeDistribution:
        """The distribution whose signatures the verifier counts.

        Raises :class:`~chainboy.errors.ChainError` when it was never the registry's.
        """
        held = self.verifier.distribution()
        return self.stake(held.epoch, held.stake_hash)

    def stake(self, epoch: Epoch, stake_hash: Digest) -> StakeDistribution:
        """The distribution of this hash; raises as :meth:`held`."""
        stake = self.ledger.distribution(epoch)
        if stake.hash != stake_hash:
            raise ChainError(
                f"verifier {self.verifier.address} holds a distribution for epoch {epoch} that is not "
                "the home registry's; its guardian has to announce the right one"
            )
        return stake

    def submission(self, sealed: Sealed) -> Call | None:
        """The call that brings ``sealed``, once more than half of the stake held there has signed it."""
        stake = self.held()
        found = self.attestations(sealed, stake)
        if found is None:
            return None
        return self.verifier.submit(sealed.checkpoint, stake.words, found.bitmap, found.signatures)

    def attestations(self, sealed: Sealed, stake: StakeDistribution) -> Attestations | None:
        """The fewest signatures over ``sealed`` that are more than half of ``stake``, if there are."""
        digest = checkpoint_digest(self._domain, sealed.checkpoint)
        return Attestations.fewest(stake, signers(digest, stake, self._signatures(sealed), recover))

    def _signatures(self, sealed: Sealed) -> list[bytes]:
        """All that were published for it, final or not: a signature outlives its block."""
        number = Digest(sealed.checkpoint.number.to_bytes(32, "big"))
        logs = logs_between(
            self._home,
            [self._hub.address],
            [self._hub.topic(Attested), number],
            sealed.log.block_number,
            self._home.head().number,
        )
        return [event.signature for event in self._hub.events(logs, Attested)]
