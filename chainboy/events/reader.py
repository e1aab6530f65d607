"""What a source of events needs of a chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chainboy.events.log import BlockRef, LogEvent, Topics
from chainboy.units import Address


class LogReader(Protocol):
    """A chain that can be asked for its past; :class:`~chainboy.chain.client.Chain` has it."""

    def head(self) -> BlockRef:
        """The newest block."""
        ...

    def block(self, number: int) -> BlockRef:
        """The block of this number now."""
        ...

    def logs(self, addresses: Sequence[Address], topics: Topics, first: int, last: int) -> list[LogEvent]:
        """Logs of blocks ``first`` to ``last``, both included; raises TooManyLogs when it should be fewer."""
        ...

    def logs_of(self, tx_hash: bytes) -> Sequence[LogEvent] | None:
        """The logs of a transaction where it stands now; None while it is in no block."""
        ...
