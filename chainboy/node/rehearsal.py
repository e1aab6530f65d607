"""Opens the files that a node's configuration names, and no more: nobody is asked, nothing is written."""

from __future__ import annotations

from pathlib import Path

from chainboy.chain.keys import opened
from chainboy.contracts.deployment import Deployment
from chainboy.networks.network import Network
from chainboy.node.config import NodeConfig
from chainboy.sandbox.remote import RemoteSandbox
from chainboy.units import Address


def rehearse(config: NodeConfig) -> Address:
    """Open key, contracts' addresses, and the secrets of runner and journal; returns the node's address.

    Raises :class:`~chainboy.errors.ConfigError` for what cannot be read or makes no sense.
    """
    if isinstance(config.home, Path):
        Network.load(config.home).deployment  # noqa: B018 - it is there, or this raises
    else:
        Deployment.load(config.home.deployment)
    for sandbox in config.sandboxes:
        if isinstance(sandbox, RemoteSandbox):
            sandbox.token()
    if not isinstance(config.journal, Path):
        config.journal.url()
    return opened(config.key).address
