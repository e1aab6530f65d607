"""The hub's checkpoints as a pure state machine: what it seals, when, and who signed something else.

Rule: protocol, section 10; a mirror of the hub's ``seal``, ``attest`` and ``slashForgery``, refusals by
its own names.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.distribution import StakeDistribution, node_number
from chainboy.consensus.fields import ZERO_HASH
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.refusal import Refused
from chainboy.consensus.round import Moment
from chainboy.consensus.signing import Domain, checkpoint_digest
from chainboy.consensus.stake import Offence, StakeBook
from chainboy.units import Address, Digest, Epoch, Timestamp, Weight


class SealBook:
    """What the hub sealed, beside its rounds; ``records`` are those of its :class:`RoundBook`.

    Refuses with :class:`~chainboy.consensus.refusal.Refused`, having changed nothing.
    ``min_seal_interval``: seconds between a checkpoint and the next that brings no new distribution.
    """

    def __init__(self, registry: StakeBook, records: Accumulator, *, min_seal_interval: int) -> None:
        self.registry = registry
        self.records = records
        self.min_seal_interval = min_seal_interval
        self.distribution: StakeDistribution | None = None
        self.distribution_epoch = Epoch(0)
        self.sealed_at = Timestamp(0)
        self._sealed: list[Checkpoint] = []

    @property
    def last_number(self) -> int:
        """The newest checkpoint's number; 0: there is none."""
        return len(self._sealed)

    def checkpoint(self, number: int) -> Checkpoint | None:
        """What was sealed under ``number``, from 1 on."""
        return self._sealed[number - 1] if 0 < number <= len(self._sealed) else None

    def digest_of(self, number: int, domain: Domain) -> Digest:
        """What nodes sign for checkpoint ``number``; the zero hash when none was sealed."""
        sealed = self.checkpoint(number)
        return checkpoint_digest(domain, sealed) if sealed else Digest(ZERO_HASH)

    def is_sealed(self, checkpoint: Checkpoint) -> bool:
        """Whether the hub sealed exactly this."""
        return self.checkpoint(checkpoint.number) == checkpoint

    def seal(self, nodes: Sequence[Address], *, at: Moment) -> Checkpoint:
        """Seal the records so far, by anyone.

        With ``nodes``, all active ones strictly ascending, for the current epoch's distribution, once an
        epoch and at any time. Without, for the last sealed distribution, which becomes the current epoch's
        if nothing changed since.
        """
        epoch = self.registry.epoch(at.timestamp)
        total, count = self.registry.total_at(epoch)
        if total == 0:
            raise Refused("NoActiveNodes", epoch)
        if nodes:
            distribution = self._listed(nodes, epoch, total, count)
        else:
            distribution, epoch = self._kept(epoch, at.timestamp)
        self.distribution, self.distribution_epoch, self.sealed_at = distribution, epoch, at.timestamp
        checkpoint = Checkpoint(
            number=self.last_number + 1,
            epoch=epoch,
            stake_hash=distribution.hash,
            stake_total=distribution.total,
            records_root=self.records.root,
            records_count=len(self.records),
            home_block=at.number,
        )
        self._sealed.append(checkpoint)
        return checkpoint

    def _listed(self, nodes: Sequence[Address], epoch: Epoch, total: Weight, count: int) -> StakeDistribution:
        if self.distribution and self.distribution_epoch == epoch:
            raise Refused("AlreadySealed", epoch)
        entries: list[tuple[Address, Weight]] = []
        for index, node in enumerate(nodes):
            if entries and node_number(node) <= node_number(entries[-1][0]):
                raise Refused("NotAscending", index)
            weight, _ = self.registry.snapshot_at(node, epoch)
            if weight == 0:
                raise Refused("NotActive", node, epoch)
            entries.append((node, weight))
        weights = sum(weight for _, weight in entries)
        if (len(entries), weights) != (count, total):
            raise Refused("DistributionIncomplete", len(entries), weights)
        return StakeDistribution(tuple(entries))

    def _kept(self, epoch: Epoch, now: Timestamp) -> tuple[StakeDistribution, Epoch]:
        if self.distribution is None:
            raise Refused("NothingSealed")
        earliest = self.sealed_at + self.min_seal_interval
        if now < earliest:
            raise Refused("SealTooSoon", earliest)
        unchanged = self.registry.last_change(epoch) <= self.distribution_epoch
        return self.distribution, epoch if unchanged else self.distribution_epoch

    def attest(self, number: int, entries: Sequence[tuple[Address, bool]]) -> tuple[str, ...]:
        """Publish signatures over checkpoint ``number``; for each ``""``, or why it was passed over.

        An entry is a node and whether the signature shown is its own over what was sealed.
        """
        if self.checkpoint(number) is None:
            raise Refused("NotSealed", number)
        return tuple("" if signed else "BadSignature" for _, signed in entries)

    def slash_forgery(self, checkpoint: Checkpoint, node: Address, *, signed: bool, at: Moment) -> Weight:
        """Slash who signed what was not sealed, by anyone who has the signature; returns how much.

        ``signed``: the signature shown is the node's own over ``checkpoint``.
        """
        if self.is_sealed(checkpoint):
            raise Refused("CheckpointSealed", checkpoint.number)
        if not signed:
            raise Refused("BadSignature", node)
        if self.registry.forgery_cost(node) == 0:
            raise Refused("ForgeryNotCounted", node)
        epoch, hub = self.registry.epoch(at.timestamp), self.registry.hub
        return self.registry.slash(node, epoch, Offence.FORGERY, sender=hub, now=at.timestamp)
