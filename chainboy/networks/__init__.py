"""Which chains a network is on, and how its contracts get there."""

from __future__ import annotations

from chainboy.networks.deploying import deploy_home
from chainboy.networks.figures import Figures, Preset
from chainboy.networks.file import add_contracts
from chainboy.networks.network import Network, NetworkChain
from chainboy.networks.remote import deploy_remote

__all__ = ["Figures", "Network", "NetworkChain", "Preset", "add_contracts", "deploy_home", "deploy_remote"]
