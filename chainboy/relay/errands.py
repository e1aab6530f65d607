"""What a relay has sent and not seen in a block yet: one transaction for each errand at a time."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from typing import TYPE_CHECKING

from chainboy.errors import ContractRefused, InsufficientFunds
from chainboy.units import Digest

if TYPE_CHECKING:
    from chainboy.chain.call import Call
    from chainboy.chain.sender import Sender

_log = logging.getLogger(__name__)


class Errands:
    """One account's errands on one chain.

    A relay keeps no journal, for the chain tells what is done. After a restart it waits until the chain has
    taken whatever its account had sent before.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._sent: dict[Hashable, Digest] = {}
        self._settled = False

    @property
    def ready(self) -> bool:
        """Whether all that a process before this one sent is in a block."""
        if not self._settled:
            chain, address = self._sender.chain, self._sender.address
            self._settled = chain.nonce(address) == chain.nonce(address, pending=False)
        return self._settled

    def under_way(self, name: Hashable) -> bool:
        """Whether the errand's transaction waits for a block."""
        sent = self._sent.get(name)
        if sent is not None and self._sender.chain.receipt(sent) is not None:
            del self._sent[name]
            sent = None
        return sent is not None

    def cost(self, call: Call) -> int | None:
        """What ``call`` would cost now, in wei; ``None``: it would be refused."""
        chain = self._sender.chain
        try:
            return chain.estimate_gas(call, self._sender.address) * chain.fees().maximum
        except ContractRefused as error:
            _log.info("on %s: %s", chain.profile.name, error)
            return None

    def run(self, name: Hashable, call: Call) -> bool:
        """Send ``call`` unless it is under way or would be refused; whether it was sent."""
        if not self.ready or self.under_way(name):
            return False
        try:
            self._sent[name] = self._sender.submit(call)
        except ContractRefused as error:
            _log.info("%s is left: %s", name, error)
            return False
        except InsufficientFunds as error:
            _log.error("%s is not sent: %s", name, error)
            return False
        _log.info("%s is sent", name)
        return True
