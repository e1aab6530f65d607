"""On which terms a task is asked for, and what they come to under a network's figures."""

from __future__ import annotations

import attrs

from chainboy.consensus.params import Mode, Params
from chainboy.contracts.profile import GatewayProfile
from chainboy.errors import InputError
from chainboy.units import Fuel, Timestamp, Wei

COMMIT_WINDOW = 60
"""Seconds that nodes have to commit after the quorum, unless the requester says otherwise."""

PATIENCE = 3_600
"""Seconds of a task's life beyond twice what a round needs, unless the requester says otherwise."""

_ZERO = Wei(0)


def to_mode(mode: Mode | str) -> Mode:
    """The mode of this name, in any case; raises :class:`InputError` for none."""
    if isinstance(mode, Mode):
        return mode
    try:
        return Mode[mode.upper()]
    except KeyError:
        known = ", ".join(each.name.lower() for each in Mode)
        raise InputError(f"{mode!r} is no mode; choose among {known}") from None


@attrs.frozen(kw_only=True)
class Terms:
    """What the requester offers and demands: amounts in wei, times in seconds, ``tolerance`` in 0.01 %.

    None leaves a figure to :meth:`params`.
    """

    price: Wei
    tip: Wei = _ZERO
    mode: Mode = attrs.field(default=Mode.EXACT, converter=to_mode)
    tolerance: int = 0
    fuel_limit: Fuel | None = None
    commit_window: int | None = None
    lifetime: int | None = None
    callback_gas: int = 0

    def __attrs_post_init__(self) -> None:
        for name in ("price", "tip", "tolerance", "fuel_limit", "commit_window", "lifetime", "callback_gas"):
            value = getattr(self, name)
            if value is not None and (type(value) is not int or value < 0):
                raise InputError(f"{name} is {value!r}; give a whole number that is not negative")
        if self.mode is Mode.RANDOM and self.fuel_limit:
            raise InputError("a random number runs no program; leave fuel_limit out")

    def params(self, profile: GatewayProfile, *, now: Timestamp, fuel_limit: Fuel) -> Params:
        """The rules of the task, asked for at block time ``now``.

        The default commit window is a minute, or the nearest that the network allows. The default
        lifetime is twice what a round and its delivery need, and an hour; or the longest allowed.
        Rule: protocol, section 4.
        """
        bounds = profile.bounds
        window = self.commit_window
        if window is None:
            window = min(max(COMMIT_WINDOW, bounds.min_commit_window), bounds.max_commit_window)
        lifetime = self.lifetime
        if lifetime is None:
            needed = window + profile.reveal_window + profile.settle_time
            lifetime = min(2 * needed + PATIENCE, profile.max_task_life)
        return Params(
            mode=self.mode,
            tolerance=self.tolerance,
            commit_window=window,
            fuel_limit=fuel_limit,
            expires_at=Timestamp(now + lifetime),
        )
