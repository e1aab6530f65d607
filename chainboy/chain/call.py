"""A call of a contract as data: who builds it knows the contract, who sends it need not."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from chainboy.errors import ContractRefused
from chainboy.units import Address, Wei

Explain = Callable[[bytes], ContractRefused]
"""Turns what a contract reverted with into an error a person can read."""


def unexplained(data: bytes) -> ContractRefused:
    """The refusal of a contract whose errors are not known here."""
    shown = f"0x{data.hex()}" if data else "no data"
    return ContractRefused(f"the contract reverted with {shown}; look it up in the contract's own errors")


NO_VALUE = Wei(0)


@attrs.frozen(kw_only=True)
class Call:
    """``data`` for ``to`` (None: a contract creation) with ``value`` wei; ``explain`` reads its refusals."""

    to: Address | None
    data: bytes = b""
    value: Wei = NO_VALUE
    explain: Explain = attrs.field(default=unexplained, eq=False, repr=False)
