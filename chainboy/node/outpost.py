"""A gateway on another chain, as a node sees it: what became of its tasks there, and its rewards.

Rule: protocol, sections 8 and 10: rounds are the home chain's, escrow and rewards stay where was asked.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainboy.chain.outbox import MemoryBook, Outbox
from chainboy.errors import ChainError, ContractRefused, InsufficientFunds

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.chain.sender import Sender
    from chainboy.contracts.gateway import Claim, Gateway

_log = logging.getLogger(__name__)

_CLAIM = "a claim of rewards"


class Outpost:
    """One remote gateway that a node serves; without a ``sender`` somebody else claims the node's rewards."""

    def __init__(self, gateway: Gateway, sender: Sender | None = None) -> None:
        self.gateway = gateway
        self._outbox: Outbox[str] | None = None if sender is None else Outbox(sender, MemoryBook())

    @property
    def chain(self) -> Chain:
        """The chain it is on."""
        return self.gateway.chain

    def final(self) -> Gateway:
        """The gateway as of the newest block that is final there."""
        return self.gateway.at(self.chain.final_number())

    def claim(self, claims: Sequence[Claim]) -> bool:
        """Credit rewards, several in one transaction, one transaction at a time; whether it was sent.

        A claim that is lost, or taken by somebody else, costs nothing: it can be repeated for ever.
        """
        outbox = self._outbox
        if outbox is None:
            return False
        try:
            outbox.tend()
            if outbox.under_way(_CLAIM):
                return False
            outbox.submit(_CLAIM, self.gateway.claim(claims))
        except (ChainError, ContractRefused, InsufficientFunds) as error:
            _log.warning("rewards on %s are not claimed: %s", self.chain.profile.name, error)
            return False
        return True
