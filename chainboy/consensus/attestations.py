"""Nodes' signatures over one checkpoint, as a verifier takes them.

Rule: protocol, section 10. Signers stand in the order of the distribution that the verifier holds: bit i of
the map is entry i of the list, and its signature comes after those of all lower bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.signing import Recover, signer_of
from chainboy.units import Address, Digest, Weight


def signers(
    digest: Digest, distribution: StakeDistribution, signatures: Iterable[bytes], recover: Recover
) -> dict[Address, bytes]:
    """Who of ``distribution`` signed ``digest``, each with one signature, in the list's order.

    Signatures of others, and what is no signature, are passed over.
    """
    found = {signer_of(digest, signature, recover): signature for signature in signatures}
    return {node: found[node] for node in distribution.nodes if node in found}


def outweighs(weight: int, total: int) -> bool:
    """Whether signers of ``weight`` are more than half of ``total``."""
    return 2 * weight > total


@attrs.frozen
class Attestations:
    """What ``submit`` takes: the map of who signed and their signatures; and the weight of those."""

    bitmap: int
    signatures: bytes
    weight: Weight

    @classmethod
    def pack(cls, distribution: StakeDistribution, signed: Mapping[Address, bytes]) -> Attestations:
        """All of ``signed`` that stand in the list; the others are dropped. Signatures have 65 bytes each."""
        bitmap, signatures, weight = 0, b"", 0
        for position, (node, stake) in enumerate(distribution.entries):
            if node in signed:
                bitmap |= 1 << position
                signatures += signed[node]
                weight += stake
        return cls(bitmap, signatures, Weight(weight))

    @classmethod
    def fewest(cls, distribution: StakeDistribution, signed: Mapping[Address, bytes]) -> Attestations | None:
        """The fewest of ``signed`` that are more than half of the total, the heaviest of them.

        Of equal weights the lower addresses. ``None``: all of them are not enough.
        """
        there = [entry for entry in distribution.entries if entry[0] in signed]
        chosen: dict[Address, bytes] = {}
        weight = 0
        for node, stake in sorted(there, key=lambda entry: -entry[1]):
            chosen[node] = signed[node]
            weight += stake
            if outweighs(weight, distribution.total):
                return cls.pack(distribution, chosen)
        return None
