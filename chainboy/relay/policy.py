"""What a relay carries, and what it leaves: pure judgement on amounts. All in wei of the chain concerned."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from chainboy.units import Wei


@attrs.frozen(kw_only=True)
class RelayPolicy:
    """An operator's taste; the default carries what pays for itself.

    ``unpaid``: deliver results that nobody tips for, too. ``backstop``: bring new distributions of stake to
    every chain, and keep quiet chains alive, whoever pays. ``margin_bps``: a tip must exceed the cost of its
    delivery by this, in hundredths of a percent, rounded up. ``turns``: blocks over which copies of a relay
    spread, so that they seldom send the same.
    """

    unpaid: bool = False
    backstop: bool = False
    margin_bps: int = 1_000
    turns: int = 1

    def pays(self, tip: Wei, cost: Wei) -> bool:
        """Whether a delivery that costs so much is worth its tip."""
        return self.unpaid or tip >= self._with_margin(cost)

    def pays_together(self, tips: Iterable[Wei], costs: Iterable[Wei], shared: Wei) -> bool:
        """Whether deliveries that need a checkpoint are worth it, which costs ``shared`` for all of them.

        Only those that pay for themselves count.
        """
        if self.unpaid:
            return True
        left = sum(tip - cost for tip, cost in zip(tips, costs, strict=True) if tip > cost)
        return left > 0 and left >= self._with_margin(shared)

    def _with_margin(self, cost: int) -> int:
        return -(-cost * (10_000 + self.margin_bps) // 10_000)
