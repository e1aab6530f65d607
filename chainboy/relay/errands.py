"""What a relay has sent and not seen in a block yet: one transaction for each errand at a time."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Hashable
from typing import TYPE_CHECKING

from chainboy.chain.errand import Errand
from chainboy.errors import ContractRefused, InsufficientFunds

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
        self._errands: defaultdict[Hashable, Errand] = defaultdict(lambda: Errand(sender))
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
        if name in self._errands and not self._errands[name].under_way():
            del self._errands[name]
        return name in self._errands

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
            self._errands[name].submit(call)
        except (ContractRefused, InsufficientFunds) as error:
            poor = isinstance(error, InsufficientFunds)
            _log.log(logging.ERROR if poor else logging.INFO, "%s is not sent: %s", name, error)
            return False
        _log.info("%s is sent", name)
        return True
