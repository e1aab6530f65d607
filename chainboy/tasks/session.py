"""What a client and its tasks share: where they ask, where it is answered, the content, and who signs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import attrs

from chainboy.content.store import ContentStore
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.gateway import Gateway
from chainboy.contracts.hub import Hub
from chainboy.errors import ConfigError

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.chain.sender import Sender


class Place(Protocol):
    """A deployment with a gateway: the home chain's or a remote chain's."""

    def check(self, chain: Chain) -> None:
        """The handshake with the contracts on ``chain``, before anything is trusted or sent."""
        ...

    def gateway_on(self, chain: Chain) -> Gateway:
        """The gateway through ``chain``."""
        ...


@attrs.frozen(kw_only=True)
class Session:
    """Tasks are asked for at ``place`` on ``chain`` and answered by ``deployment`` on ``home``.

    On the home chain these are the same two. ``interval`` is the pause between two looks at the chain, in
    seconds.
    """

    chain: Chain
    place: Place
    home: Chain
    deployment: Deployment
    content: ContentStore
    sender: Sender | None
    interval: float
    sleep: Callable[[float], None] = time.sleep

    @property
    def remote(self) -> bool:
        """Whether results have to be brought from the home chain to the one that asks."""
        return self.place is not self.deployment

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
