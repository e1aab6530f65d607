"""What a client and its tasks share: where they ask, where it is answered, the content, and who signs."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from chainboy.chain.sender import Sender
from chainboy.content.store import ContentStore
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.gateway import Gateway
from chainboy.contracts.hub import Hub
from chainboy.contracts.remote import RemoteDeployment
from chainboy.errors import ConfigError
from chainboy.tasks.crossing import Crossing

if TYPE_CHECKING:
    from chainboy.chain.client import Chain


@attrs.frozen(kw_only=True)
class Session:
    """Tasks are asked for at ``place`` on ``chain`` and answered by ``deployment`` on ``home``.

    On the home chain these are the same two. ``interval`` is the pause between two looks at the chain, in
    seconds; no block of the home chain before ``first_block`` has anything of the hub.
    """

    chain: Chain
    place: Deployment | RemoteDeployment
    home: Chain
    deployment: Deployment
    content: ContentStore
    sender: Sender | None
    interval: float
    first_block: int = 0
    sleep: Callable[[float], None] = time.sleep

    @property
    def remote(self) -> bool:
        """Whether results have to be brought from the home chain to the one that asks."""
        return self.crossing is not None

    @functools.cached_property
    def crossing(self) -> Crossing | None:
        """The way from the home chain to the one that asks; ``None`` if these are the same."""
        if not isinstance(self.place, RemoteDeployment):
            return None
        sealer = None if self.sender is None else Sender(self.home, self.sender.signer)
        return Crossing(
            self.home,
            self.deployment,
            self.chain,
            self.place,
            sender=self.sender,
            sealer=sealer,
            first=self.first_block,
        )

    @property
    def gateway(self) -> Gateway:
        """Where tasks are asked for."""
        return self.place.gateway_on(self.chain)

    @property
    def hub(self) -> Hub:
        """Where they are answered."""
        return self.deployment.hub_on(self.home)

    def check(self) -> None:
        """The handshake with the contracts of every chain concerned."""
        self.deployment.check(self.home)
        if self.remote:
            self.place.check(self.chain)

    def signing(self) -> Sender:
        """The account that sends; raises :class:`~chainboy.errors.ConfigError` for a client without."""
        if self.sender is None:
            raise ConfigError("this client only reads; give it a signer to send transactions")
        return self.sender
