"""What the home chain tells of costs and shares now."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from chainboy.contracts.gateway import Gateway
from chainboy.contracts.gateway_events import RewardClaimed
from chainboy.contracts.hub import Hub
from chainboy.contracts.hub_events import Committed, Revealed
from chainboy.errors import ChainError
from chainboy.node.economics.history import Spent
from chainboy.node.machine import Duty
from chainboy.units import Digest, Epoch, Wei, Weight

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.contracts.registry import Registry

_log = logging.getLogger(__name__)


class Market(Protocol):
    """What the gate asks the home chain; raises :class:`~chainboy.errors.ChainError`."""

    @property
    def chain_id(self) -> int:
        """The home chain's id."""
        ...

    def gas_price(self) -> Wei:
        """What a unit of gas costs in the next block."""
        ...

    def total_weight(self, epoch: Epoch) -> Weight:
        """All active weight of an epoch."""
        ...

    def spent(self, duty: Duty, tries: Sequence[Digest]) -> Spent | None:
        """What was used by the one of these transactions that is in a block; None if that cannot be told."""
        ...


class ChainMarket:
    """A :class:`Market` over the chain's endpoint."""

    def __init__(self, chain: Chain, registry: Registry) -> None:
        self._chain = chain
        self._registry = registry

    @property
    def chain_id(self) -> int:
        """The home chain's id."""
        return self._chain.chain_id

    def gas_price(self) -> Wei:
        """Base fee and tip, or the legacy price."""
        return Wei(self._chain.fees().likely)

    def total_weight(self, epoch: Epoch) -> Weight:
        """As the registry has it."""
        return self._registry.total_at(epoch)[0]

    def spent(self, duty: Duty, tries: Sequence[Digest]) -> Spent | None:
        """By its receipt; what is done for several tasks at a time is shared by those it was done for."""
        try:
            receipts = [self._chain.receipt(tried) for tried in tries]
        except ChainError as error:
            _log.info("what %s has cost is not counted: %s", duty.value, error)
            return None
        mined = next((receipt for receipt in receipts if receipt is not None), None)
        if mined is None:
            return None
        topics = {Gateway.topic(RewardClaimed), Hub.topic(Committed), Hub.topic(Revealed)}
        shared = sum(log.topics[0] in topics for log in mined.logs if log.topics)
        return Spent(duty, mined.gas_used, max(1, shared))
