"""What a relay has sent and not seen in a block yet: one transaction for each errand at a time."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from typing import TYPE_CHECKING

from chainboy.chain.outbox import MemoryBook, Outbox
from chainboy.errors import ContractRefused, InsufficientFunds

if TYPE_CHECKING:
    from chainboy.chain.call import Call
    from chainboy.chain.sender import Sender
    from chainboy.events.log import BlockRef

_log = logging.getLogger(__name__)


class Errands:
    """One account's errands on one chain.

    A relay keeps no journal, for the chain tells what is done. After a restart it waits until the chain has
    taken whatever its account had sent before; what is stuck then, it cancels.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._outbox: Outbox[Hashable] = Outbox(sender, MemoryBook())
        self._ready = False
        self._inherited: tuple[int, BlockRef] | None = None

    def look(self) -> None:
        """Look after what was sent."""
        self._outbox.tend()

    @property
    def ready(self) -> bool:
        """Whether all that a process before this one sent is in a block."""
        self._ready = self._ready or self._is_clear()
        return self._ready

    def under_way(self, name: Hashable) -> bool:
        """Whether the errand's transaction waits for a block, as of the last look."""
        return self._outbox.under_way(name)

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
            self._outbox.submit(name, call)
        except (ContractRefused, InsufficientFunds) as error:
            poor = isinstance(error, InsufficientFunds)
            _log.log(logging.ERROR if poor else logging.INFO, "%s is not sent: %s", name, error)
            return False
        _log.info("%s is sent", name)
        return True

    def _is_clear(self) -> bool:
        chain, address = self._sender.chain, self._sender.address
        mined = chain.nonce(address, pending=False)
        if chain.nonce(address) == mined:
            return True
        head = chain.head()
        if self._inherited is None or self._inherited[0] != mined:
            self._inherited = mined, head
        elif (
            head.timestamp - self._inherited[1].timestamp >= self._sender.spending.stuck_seconds
            and not self._sender.holds(mined)
        ):
            self._outbox.cancel(mined, f"nonce {mined}, which was stuck before this relay began")
        return False
