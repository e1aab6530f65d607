"""Makes the shadow of the node that a configuration file describes."""

from __future__ import annotations

from pathlib import Path

import attrs

from chainboy.node.config import NodeConfig
from chainboy.node.economics.market import ChainMarket
from chainboy.node.shadow.nobody import Nobody
from chainboy.node.shadow.shadow import Shadow
from chainboy.node.start import home_of, node_of
from chainboy.sandbox.protocol import Sandbox
from chainboy.units import Wei, Weight


@attrs.frozen
class NoKey:
    """A :class:`~chainboy.chain.keys.Key` for a node that has none and signs nothing."""

    def signer(self) -> Nobody:
        """Nobody's."""
        return Nobody()


def load(path: Path) -> NodeConfig:
    """The configuration in the file ``path``, for a shadow: its key is not looked at and may be missing.

    The shadow keeps a journal of its own beside the node's, or beside ``path`` if that is in PostgreSQL; its
    name ends with ``.shadow``. Raises :class:`~chainboy.errors.ConfigError`.
    """
    config = NodeConfig.load(path, key=NoKey())
    beside = config.journal if isinstance(config.journal, Path) else path.with_name("journal.sqlite")
    journal = beside.with_name(f"{beside.name}.shadow")
    return attrs.evolve(config, journal=journal, watch=None)


def shadow_of(config: NodeConfig, *, bond: Weight | None = None, sandbox: Sandbox | None = None) -> Shadow:
    """The shadow, ready to run; ``bond`` by default the least that the registry takes.

    Raises what :func:`~chainboy.node.start.node_of` raises.
    """
    chain, deployment = home_of(config)
    registry = deployment.registry_on(chain)
    market = ChainMarket(chain, registry)
    node = node_of(config, sandbox=sandbox)
    return Shadow(
        node.parts,
        bond=registry.profile().min_bond if bond is None else bond,
        policy=config.policy,
        gas_price=market.gas_price if config.relay is None else lambda: Wei(0),
    )
