"""A node's secrets for a task, derived from its key so that a node that lost its memory can still reveal.

Rule: protocol, section 6 "Reveal" (salt) and "Modes" (RANDOM's contribution, under another domain).
A salt is never a signature of a public message: whoever obtained that signature could open the commitment.
"""

from __future__ import annotations

from typing import Protocol

from chainboy.consensus.encoding import keccak, word
from chainboy.units import Address, Digest, TaskId

SALT = keccak(b"ChainBoy.Salt.v1")
CONTRIBUTION = keccak(b"ChainBoy.Contribution.v1")


class Deriver(Protocol):
    """The part of a signer that derives secrets: a pseudo-random function keyed by the node's key."""

    def derive(self, label: bytes, /) -> bytes:
        """32 secret bytes, the same for the same label."""
        ...


def salt(deriver: Deriver, home_chain_id: int, hub: Address, task_id: TaskId) -> bytes:
    """The 32-byte salt of this node's commitments to a task, the same in every attempt."""
    return deriver.derive(_label(SALT, home_chain_id, hub, task_id))


def contribution(deriver: Deriver, home_chain_id: int, hub: Address, task_id: TaskId) -> bytes:
    """The 32 bytes that this node contributes to a RANDOM task."""
    return deriver.derive(_label(CONTRIBUTION, home_chain_id, hub, task_id))


def _label(domain: Digest, home_chain_id: int, hub: Address, task_id: TaskId) -> bytes:
    return word(domain) + word(home_chain_id) + word(hub) + word(task_id)
