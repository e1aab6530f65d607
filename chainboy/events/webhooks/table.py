"""The providers that a node knows, by the names of their tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from chainboy.events.ipn_socket import HASH_FIELD
from chainboy.events.webhooks.alchemy import Alchemy
from chainboy.events.webhooks.ipn import Ipn
from chainboy.events.webhooks.moralis import Moralis
from chainboy.events.webhooks.provider import Provider
from chainboy.events.webhooks.quicknode import QuickNode
from chainboy.events.webhooks.tenderly import Tenderly
from chainboy.tables import Table

PROVIDERS: Mapping[str, Callable[[Table], Provider]] = MappingProxyType(
    {
        "alchemy": lambda _: Alchemy(),
        "ipn": lambda table: Ipn(hash_field=table.take("hash_field", str, HASH_FIELD)),
        "moralis": lambda _: Moralis(),
        "quicknode": lambda _: QuickNode(),
        "tenderly": lambda _: Tenderly(),
    }
)
"""Each is made of what its table says besides its key."""
