"""What everybody must agree on about a chain, before anything is read from it."""

from __future__ import annotations

from enum import Enum

import attrs

from chainboy.errors import ConfigError


class FeeRule(Enum):
    """How transactions on a chain offer to pay: as its newest block has it, or always in one way."""

    AUTO = "auto"
    EIP1559 = "eip1559"
    LEGACY = "legacy"


@attrs.frozen(kw_only=True)
class ChainProfile:
    """One chain's shared figures; raises :class:`~chainboy.errors.ConfigError` for impossible ones.

    ``confirmations`` is the protocol's K: a block counts as final when K blocks stand on it. It belongs to
    the chain, not to personal taste. ``block_seconds`` is the time between blocks, ``poa`` whether a proof of
    authority fills the extra data of its headers, ``fees`` how transactions offer to pay. Rule: protocol,
    section 1.
    """

    name: str
    chain_id: int
    confirmations: int
    block_seconds: int
    poa: bool = False
    fees: FeeRule = FeeRule.AUTO

    def __attrs_post_init__(self) -> None:
        if self.chain_id <= 0:
            raise ConfigError(f"chain {self.name}: chain_id must be above zero, not {self.chain_id}")
        if self.confirmations < 0:
            raise ConfigError(f"chain {self.name}: confirmations must not be negative: {self.confirmations}")
        if self.block_seconds < 1:
            raise ConfigError(f"chain {self.name}: block_seconds must be 1 or more: {self.block_seconds}")

    @classmethod
    def siberium(cls) -> ChainProfile:
        """The project's home chain: clique proof of authority, a block every 3 seconds."""
        return cls(name="siberium", chain_id=111_111, confirmations=20, block_seconds=3, poa=True)

    @classmethod
    def siberium_testnet(cls) -> ChainProfile:
        """The home chain's test network: a block every 5 seconds."""
        return cls(name="siberium-testnet", chain_id=111_000, confirmations=20, block_seconds=5, poa=True)

    @classmethod
    def local(cls, chain_id: int) -> ChainProfile:
        """A chain of one's own, where every block is final at once."""
        return cls(name="local", chain_id=chain_id, confirmations=0, block_seconds=1)
