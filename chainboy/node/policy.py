"""Which tasks an operator wants: pure judgement on what the request says, before anything is fetched."""

from __future__ import annotations

from enum import Enum

import attrs

from chainboy.consensus.params import Mode, Params
from chainboy.consensus.request import Request
from chainboy.node.economics.tariff import Tariff
from chainboy.units import Address, Timestamp, Wei

_MEGAFUEL = 10**6


class Delivery(Enum):
    """Whether this node brings results to the gateway itself."""

    NEVER = "never"
    IF_PAID = "if-paid"
    """When the tip is at least what the transaction costs."""
    ALWAYS = "always"


@attrs.frozen(kw_only=True)
class Policy:
    """An operator's taste; the default takes every task and delivers what pays.

    Amounts in wei, times in seconds. ``allowed`` empty: every program; ``denied`` programs and
    ``denied_requesters`` are never served.
    """

    min_price: Wei = attrs.field(default=Wei(0))
    min_price_per_megafuel: Wei = attrs.field(default=Wei(0))
    """For each 10**6 units of the task's fuel limit: the most that a run can cost us."""
    margin: int = 0
    """Least time that must be left to run the program and commit, besides both windows."""
    modes: frozenset[Mode] = frozenset(Mode)
    allowed: frozenset[bytes] = frozenset()
    denied: frozenset[bytes] = frozenset()
    denied_requesters: frozenset[Address] = frozenset()
    delivery: Delivery = Delivery.IF_PAID
    claim_batch: int = 1
    """Claim once so many rewards wait; 1: each at once."""
    claim_after: int = 24 * 3600
    """Claim a smaller batch when its oldest task has waited so long, in seconds."""
    finalize_backoff: int = 2
    """Blocks that each place in the commit order waits for the one before it to finalise."""
    enter: bool = False
    """Take a free seat in the active set whenever we have none."""
    slash_budget: Wei = attrs.field(default=Wei(0))
    """Most to pay for gas to have a node slashed that did not reveal; 0: that is left to others."""
    tariff: Tariff = attrs.field(factory=Tariff)
    """What a task must bring."""

    def refusal(self, request: Request, *, now: Timestamp, reveal_window: int) -> str | None:
        """Why this request is not for us, in one clause; ``None``: we take it."""
        params = Params.unpack(request.params)
        if params.mode not in self.modes:
            return f"mode {params.mode.name} is not served"
        if request.requester in self.denied_requesters:
            return f"requester {request.requester} is denied"
        if params.mode is not Mode.RANDOM and (refusal := self._program_refusal(request.program)):
            return refusal
        return self._price_refusal(request.price, params) or self._time_refusal(params, now, reveal_window)

    def _program_refusal(self, program: bytes) -> str | None:
        if program in self.denied:
            return f"program {program.hex()} is denied"
        if self.allowed and program not in self.allowed:
            return f"program {program.hex()} is not among those allowed"
        return None

    def _price_refusal(self, price: Wei, params: Params) -> str | None:
        if price < self.min_price:
            return f"price {price} wei is below our minimum of {self.min_price}"
        if price * _MEGAFUEL < self.min_price_per_megafuel * params.fuel_limit:
            return (
                f"price {price} wei for {params.fuel_limit} fuel is below our minimum of "
                f"{self.min_price_per_megafuel} for each million"
            )
        return None

    def _time_refusal(self, params: Params, now: Timestamp, reveal_window: int) -> str | None:
        left = params.expires_at - now
        needed = params.commit_window + reveal_window + self.margin
        return f"{left} s are left, we need {needed}" if left < needed else None
