"""The project token: what nodes bond."""

from __future__ import annotations

import attrs

from chainboy.chain.call import Call
from chainboy.contracts.contract import Contract, ContractEvent
from chainboy.units import Address, Weight


@attrs.frozen(kw_only=True)
class Transfer(ContractEvent):
    """Tokens moved; the zero address mints."""

    from_: Address
    to: Address
    value: Weight


@attrs.frozen(kw_only=True)
class Approval(ContractEvent):
    """``spender`` may move up to ``value`` of ``owner``'s tokens."""

    owner: Address
    spender: Address
    value: Weight


class Token(Contract):
    """``ChainBoyToken``; amounts in its smallest unit."""

    ABI = "ChainBoyToken"
    EVENTS = (Transfer, Approval)

    def total_supply(self) -> Weight:
        """All tokens there are."""
        return Weight(self._read("totalSupply"))

    def balance_of(self, holder: Address) -> Weight:
        """Tokens of ``holder``."""
        return Weight(self._read("balanceOf", holder))

    def allowance(self, owner: Address, spender: Address) -> Weight:
        """Tokens of ``owner`` that ``spender`` may still move."""
        return Weight(self._read("allowance", owner, spender))

    def transfer(self, to: Address, amount: int) -> Call:
        """Give ``amount`` tokens to ``to``."""
        return self._write("transfer", to, amount)

    def approve(self, spender: Address, amount: int) -> Call:
        """Let ``spender`` move up to ``amount`` tokens."""
        return self._write("approve", spender, amount)
