"""What transactions offer for gas, and how an offer grows; pure.

A pool takes a second transaction of the same nonce only if it offers a tenth more or so than the first, in
both of its fees. Source of the rule: the transaction pools of geth, Nethermind, Erigon and Besu.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import attrs

from chainboy.errors import ConfigError

BUMP_BPS = 1_250
"""An eighth: more than any known pool asks for."""

LEAST_BUMP_BPS = 1_000
"""What geth's pool asks for."""

MULTIPLE = 10
"""How many times its first offer a transaction may come to offer."""

_BPS = 10_000


@attrs.frozen(kw_only=True)
class Price:
    """An offer in wei a gas: ``maximum`` in all, ``priority`` to the producer; None: a legacy price."""

    maximum: int
    priority: int | None = None

    @property
    def tip(self) -> int:
        """What the producer may get; of a legacy price all of it."""
        return self.maximum if self.priority is None else self.priority


@attrs.frozen(kw_only=True)
class Fees:
    """What gas costs now, in wei a gas; ``block_gas`` is the newest block's limit.

    ``priority`` is None for a legacy price, ``base`` where blocks have no base fee.
    """

    maximum: int
    priority: int | None
    block_gas: int
    base: int | None = None

    @property
    def price(self) -> Price:
        """What the endpoint suggests to offer."""
        return Price(maximum=self.maximum, priority=self.priority)

    @property
    def likely(self) -> int:
        """What a unit of gas costs in the next block: base fee and tip, or the legacy price."""
        return self.maximum if self.base is None or self.priority is None else self.base + self.priority


class FeeStrategy(Protocol):
    """Decides what to offer. Pure: the same question has the same answer."""

    def first(self, now: Fees) -> Price:
        """What to offer for a call at first."""
        ...

    def again(self, now: Fees, tried: Sequence[Price]) -> Price | None:
        """What to offer after all that was ``tried``, at least one price, oldest first; None: no more."""
        ...


@attrs.frozen
class Probe:
    """What the chain asks for now, whatever was tried."""

    def first(self, now: Fees) -> Price:
        """See :meth:`FeeStrategy.first`."""
        return now.price

    def again(self, now: Fees, tried: Sequence[Price]) -> Price | None:  # noqa: ARG002 - the protocol's
        """See :meth:`FeeStrategy.again`."""
        return now.price


@attrs.frozen
class Fixed:
    """Always the same price; on a chain whose fees never move, or whose producers agreed on one."""

    price: Price

    def first(self, now: Fees) -> Price:  # noqa: ARG002 - the protocol's
        """See :meth:`FeeStrategy.first`."""
        return self.price

    def again(self, now: Fees, tried: Sequence[Price]) -> Price | None:  # noqa: ARG002 - the protocol's
        """See :meth:`FeeStrategy.again`."""
        return self.price


@attrs.frozen(kw_only=True)
class Capped:
    """What ``base`` offers, at every further try more by ``bump_bps``, and never above a limit.

    The limit is ``cap`` wei a gas, if given, and ``multiple`` times the first offer. A first offer above
    ``cap`` is cut down to it and waits for gas to become cheaper. Rounded up.
    """

    base: FeeStrategy = attrs.field(factory=Probe)
    bump_bps: int = BUMP_BPS
    multiple: int = MULTIPLE
    cap: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.bump_bps < LEAST_BUMP_BPS:
            raise ConfigError(
                f"a replacement must offer at least {LEAST_BUMP_BPS} bps more, not {self.bump_bps}; "
                "pools refuse it otherwise"
            )
        if self.multiple < 1:
            raise ConfigError(f"the multiple of the first offer must be 1 or more, not {self.multiple}")

    def first(self, now: Fees) -> Price:
        """See :meth:`FeeStrategy.first`."""
        return self._cut(self.base.first(now), self.cap)

    def again(self, now: Fees, tried: Sequence[Price]) -> Price | None:
        """See :meth:`FeeStrategy.again`."""
        wanted = self.base.again(now, tried) or tried[-1]
        least = [self._bumped(tried[-1].maximum), self._bumped(tried[-1].tip)]
        raised = Price(
            maximum=max(wanted.maximum, *least),
            priority=None if wanted.priority is None else max(wanted.priority, least[1]),
        )
        limit = max(1, tried[0].maximum) * self.multiple
        offered = self._cut(raised, limit if self.cap is None else min(limit, self.cap))
        return offered if offered.maximum >= least[0] and offered.tip >= least[1] else None

    def _bumped(self, amount: int) -> int:
        return max(amount + 1, -(-amount * (_BPS + self.bump_bps) // _BPS))

    @staticmethod
    def _cut(price: Price, limit: int | None) -> Price:
        if limit is None or price.maximum <= limit:
            return price
        priority = None if price.priority is None else min(price.priority, limit)
        return Price(maximum=limit, priority=priority)


@attrs.frozen(kw_only=True)
class Spending:
    """What an account's owner is ready to pay on a chain, and how long to wait before paying more.

    ``stuck_seconds`` is block time: while the chain stands still nothing is gained by offering more.
    """

    fees: FeeStrategy = attrs.field(factory=Capped)
    stuck_seconds: float = 60.0
