"""What a gateway asks before it believes a record: the hub beside it, or a verifier of checkpoints.

Rule: protocol, sections 4, 9 and 10; a mirror of ``IRecordVerifier`` and ``HubVerifier``.
:class:`~chainboy.consensus.checkpoint_book.CheckpointBook` is the one of a remote chain.
"""

from __future__ import annotations

from typing import Protocol

from chainboy.consensus.record import Record
from chainboy.consensus.refusal import Refused
from chainboy.consensus.round_book import RoundBook

ALWAYS_LIVE = 2**256 - 1
"""Until when the home chain's verifier can learn of new records."""


class RecordVerifier(Protocol):
    """Which records a gateway believes, and until when it may ask for new ones."""

    @property
    def live_until(self) -> int:
        """Until when (exclusive) it can learn of new records, in seconds."""
        ...

    def require_record(self, record: Record, proof: bytes) -> None:
        """Refuse with ``UnprovenRecord`` unless ``proof`` shows that the hub has ``record``."""
        ...


class HubRecords:
    """``HubVerifier`` without a chain: asks the hub beside it, and so is always live."""

    live_until = ALWAYS_LIVE

    def __init__(self, hub: RoundBook) -> None:
        self._hub = hub

    def require_record(self, record: Record, proof: bytes) -> None:
        """Refuse with ``UnprovenRecord`` unless the hub made this very record; nothing is to be shown."""
        found = self._hub.tallies.get(record.task_id)
        if proof or found is None or found.record != record:
            raise Refused("UnprovenRecord", record.task_id)
