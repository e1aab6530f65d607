"""Where a node's home is, by its configuration's files alone: no endpoint is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import attrs

from chainboy.chain.profile import ChainProfile
from chainboy.contracts.deployment import Deployment
from chainboy.networks.network import Network, contracts_of
from chainboy.node.config import NodeConfig
from chainboy.node.rows import Identity
from chainboy.units import Address


@attrs.frozen(kw_only=True)
class Place:
    """The home chain, its endpoints and the contracts on it, as they are configured."""

    profile: ChainProfile
    urls: tuple[str, ...]
    deployment: Deployment

    @classmethod
    def of(cls, config: NodeConfig) -> Self:
        """The place that a configuration names; raises :class:`~chainboy.errors.ConfigError`."""
        home = config.home
        if isinstance(home, Path):
            chain = Network.load(home).home
            return cls(profile=chain.profile, urls=chain.urls, deployment=contracts_of(chain))
        return cls(profile=home.chain, urls=home.urls, deployment=Deployment.load(home.deployment))

    def identity(self, node: Address) -> Identity:
        """Whose journal a journal of ``node`` must be."""
        return Identity(chain_id=self.profile.chain_id, hub=self.deployment.hub, node=node)
