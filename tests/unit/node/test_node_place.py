"""Where a node's home is: files tell it alone, for no socket can be opened here."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from chainboy.chain.profile import ChainProfile
from chainboy.consensus.fields import to_address
from chainboy.contracts.deployment import Deployment
from chainboy.errors import ConfigError
from chainboy.node.config import Home, NodeConfig
from chainboy.node.place import Place
from chainboy.node.rows import Identity

TOKEN, REGISTRY, HUB, VERIFIER, GATEWAY, NODE = (to_address(bytes([number]) * 20) for number in range(1, 7))
DEPLOYED = Deployment(
    chain_id=111_111, token=TOKEN, registry=REGISTRY, hub=HUB, verifier=VERIFIER, gateway=GATEWAY
)
URLS = ("http://127.0.0.1:1",)

NETWORK = f"""
[home]
profile = "siberium"
urls = ["{URLS[0]}"]
"""

CONTRACTS = f"""
[home.contracts]
token = "{TOKEN}"
registry = "{REGISTRY}"
hub = "{HUB}"
verifier = "{VERIFIER}"
gateway = "{GATEWAY}"
"""


def of(home: Home | Path) -> Place:
    """The place of a node with this home."""
    return Place.of(cast(NodeConfig, SimpleNamespace(home=home)))


def test_a_place_is_told_by_either_file(tmp_path: Path) -> None:
    """A network's, or the chain's table with the contracts' file; and so whose a journal must be."""
    network = tmp_path / "network.toml"
    network.write_text(NETWORK + CONTRACTS)
    DEPLOYED.save(tmp_path / "deployment.json")
    home = Home(chain=ChainProfile.siberium(), urls=URLS, deployment=tmp_path / "deployment.json")
    for place in (of(network), of(home)):
        assert (place.urls, place.deployment) == (URLS, DEPLOYED)
        assert place.identity(NODE) == Identity(chain_id=111_111, hub=HUB, node=NODE)


def test_a_network_without_contracts_is_told(tmp_path: Path) -> None:
    """With what to do."""
    network = tmp_path / "network.toml"
    network.write_text(NETWORK)
    with pytest.raises(ConfigError, match="chainboy deploy"):
        of(network)
