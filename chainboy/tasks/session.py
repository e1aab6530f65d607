"""What a client and its tasks share: one chain, its contracts, the content, and who signs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from chainboy.content.store import ContentStore
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.gateway import Gateway
from chainboy.contracts.hub import Hub
from chainboy.errors import ConfigError

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.chain.sender import Sender


@attrs.frozen(kw_only=True)
class Session:
    """``interval`` is the pause between two looks at the chain, in seconds."""

    chain: Chain
    deployment: Deployment
    content: ContentStore
    sender: Sender | None
    interval: float
    sleep: Callable[[float], None] = time.sleep

    @property
    def gateway(self) -> Gateway:
        """Where tasks are asked for."""
        return self.deployment.gateway_on(self.chain)

    @property
    def hub(self) -> Hub:
        """Where they are answered."""
        return self.deployment.hub_on(self.chain)

    def final_block(self) -> int:
        """The newest block that counts as final: K blocks stand on it."""
        return max(0, self.chain.head().number - self.chain.profile.confirmations)

    def signing(self) -> Sender:
        """The account that sends; raises :class:`~chainboy.errors.ConfigError` for a client without."""
        if self.sender is None:
            raise ConfigError("this client only reads; give it a signer to send transactions")
        return self.sender
