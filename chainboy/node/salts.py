"""A node's secrets for a task, derived from its key so that a node that lost its memory can still reveal.

Rule: protocol, section 6 "Reveal" (salt) and "Modes" (RANDOM's contribution, under another domain).
A salt is never a signature of a public message: whoever obtained that signature could open the commitment.
"""

from __future__ import annotations

from typing import Protocol

import attrs

from chainboy.consensus.encoding import keccak, word
from chainboy.units import Address, Digest, TaskId

SALT = keccak(b"ChainBoy.Salt.v1")
CONTRIBUTION = keccak(b"ChainBoy.Contribution.v1")


class Deriver(Protocol):
    """The part of a signer that derives secrets: a pseudo-random function keyed by the node's key."""

    def derive(self, label: bytes, /) -> bytes:
        """32 secret bytes, the same for the same label."""
        ...


@attrs.frozen(kw_only=True)
class Secrets:
    """What one node on one hub keeps to itself until the commit phase is over; never stored."""

    deriver: Deriver = attrs.field(repr=False)
    home_chain_id: int
    hub: Address

    def salt(self, task_id: TaskId) -> bytes:
        """The 32-byte salt of our commitments to a task, the same in every attempt."""
        return self.deriver.derive(self._label(SALT, task_id))

    def contribution(self, task_id: TaskId) -> bytes:
        """The 32 bytes that we contribute to a RANDOM task."""
        return self.deriver.derive(self._label(CONTRIBUTION, task_id))

    def _label(self, domain: Digest, task_id: TaskId) -> bytes:
        return word(domain) + word(self.home_chain_id) + word(self.hub) + word(task_id)
