"""Makes the node that a configuration file describes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from chainboy.chain.client import Chain
from chainboy.chain.connect import connect
from chainboy.chain.keys import opened
from chainboy.chain.sender import Sender
from chainboy.chain.signer import Signer
from chainboy.contracts.deployment import Deployment
from chainboy.errors import ChainBoyError, ConfigError
from chainboy.networks.network import Network, contracts_of
from chainboy.node.carried import post_to
from chainboy.node.compose import compose_parts
from chainboy.node.config import NodeConfig
from chainboy.node.database import Database
from chainboy.node.journal import Probe
from chainboy.node.outpost import Outpost
from chainboy.node.runner import Clock, Node
from chainboy.sandbox.protocol import Sandbox
from chainboy.sandbox.proven import proven

if TYPE_CHECKING:
    from chainboy.node.watching.watch import NodeWatch

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Turn:
    """What a replica brings to one of its turns: what outlives them, and the rows of this one's journal.

    ``clock`` is told of the node's rounds of work, and ``around`` of its home chain before it is asked.
    """

    signer: Signer
    sandboxes: tuple[Sandbox, ...]
    database: Database
    clock: Clock
    around: Callable[[Chain], None]


def node_of(
    config: NodeConfig,
    *,
    sandbox: Sandbox | None = None,
    probe: Probe | None = None,
    watch: NodeWatch | None = None,
    turn: Turn | None = None,
) -> Node:
    """The node, ready to run; raises what :func:`~chainboy.node.compose.compose_parts` raises.

    ``sandbox`` replaces those of the configuration, which are tested first; ``probe`` goes to the journal,
    and ``watch`` is told what the node does. ``turn``: it is the node of one of a replica's turns.
    """
    signer = opened(config.key) if turn is None else turn.signer
    chain, deployment, outposts = _places(config, signer)
    if turn is not None:
        turn.around(chain)
    watcher = config.watcher
    if watch is not None:
        for each in (chain, *(outpost.chain for outpost in outposts)):
            watch.chain(each)
        watcher = watch.around(watcher)
    sandboxes = _sandboxes(config, sandbox, turn)
    parts = compose_parts(
        chain=chain,
        deployment=deployment,
        signer=signer,
        content=config.content,
        sandboxes=sandboxes,
        journal=_journal(config) if turn is None else turn.database,
        pool=config.pool.open(sandboxes),
        outposts=outposts,
        start_block=config.start_block,
        first=config.first_block,
        watcher=watcher,
        carrier=None if config.relay is None else post_to(config.relay),
        sources=config.sources,
        probe=probe,
        policy=config.policy,
    )
    clocks = [] if turn is None else [turn.clock]
    if watch is None:
        return Node(parts, policy=config.policy, clock=_all(clocks))
    parts = watch.into(parts, sandboxes=len(sandboxes))
    return Node(parts, policy=config.policy, listener=watch.moved, clock=_all([*clocks, watch.stepped]))


def _all(clocks: Sequence[Clock]) -> Clock:
    """One that tells each of them."""

    def told(seconds: float, error: ChainBoyError | None) -> None:
        for clock in clocks:
            clock(seconds, error)

    return told


def _sandboxes(config: NodeConfig, sandbox: Sandbox | None, turn: Turn | None) -> tuple[Sandbox, ...]:
    if turn is not None:
        return turn.sandboxes
    return proven(config.sandboxes) if sandbox is None else (sandbox,)


def _journal(config: NodeConfig) -> Path:
    if isinstance(config.journal, Path):
        return config.journal
    raise ConfigError("a journal in PostgreSQL is for replicas; start the node with `chainboy node run`")


def home_of(config: NodeConfig) -> tuple[Chain, Deployment]:
    """The home chain and the contracts on it."""
    if isinstance(config.home, Path):
        network = Network.load(config.home)
        return network.connect_home(), network.deployment
    home = config.home
    return connect(home.urls, home.chain, spending=home.spending), Deployment.load(home.deployment)


def _places(config: NodeConfig, signer: Signer) -> tuple[Chain, Deployment, list[Outpost]]:
    """The home chain with its contracts, and the gateways of the other chains that it knows as genuine."""
    chain, deployment = home_of(config)
    if not isinstance(config.home, Path):
        return chain, deployment, []
    network = Network.load(config.home)
    hub, now = deployment.hub_on(chain), chain.head().timestamp
    outposts = []
    for remote in network.remotes:
        gateway = contracts_of(remote).gateway_on(network.connect(remote.profile.chain_id))
        if 0 < hub.listed_from(gateway.chain.chain_id, gateway.address) <= now:
            outposts.append(Outpost(gateway, Sender(gateway.chain, signer)))
        else:
            _log.warning("%s is not served: the hub does not list its gateway yet", remote.title)
    return chain, deployment, outposts
