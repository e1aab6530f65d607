"""Runs the replica that a configuration file describes."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import attrs

from chainboy.chain.keys import opened
from chainboy.chain.signer import Signer
from chainboy.node.config import NodeConfig
from chainboy.node.journal import Probe
from chainboy.node.place import Place
from chainboy.node.replicas.database import PostgresDatabase
from chainboy.node.replicas.fence import FencedSigner
from chainboy.node.replicas.lease import PostgresLease
from chainboy.node.replicas.patience import Patience
from chainboy.node.replicas.replica import Replica
from chainboy.node.replicas.server import Server
from chainboy.node.replicas.settings import PostgresSettings
from chainboy.node.replicas.term import Term
from chainboy.node.replicas.watching import ReplicaSite
from chainboy.node.runner import Node
from chainboy.node.start import Turn, home_of, node_of
from chainboy.node.watching.server import watch_server
from chainboy.node.watching.watch import NodeWatch
from chainboy.sandbox.protocol import Sandbox
from chainboy.sandbox.proven import proven

_log = logging.getLogger(__name__)

_PARTS = 4
"""No statement takes longer than this part of the lease: whoever has it can try again before it runs out."""


def run_replica(
    config: NodeConfig,
    settings: PostgresSettings,
    stop: threading.Event,
    *,
    sandbox: Sandbox | None = None,
    probe: Probe | None = None,
) -> None:
    """Take turns with the node's other replicas until ``stop`` is set.

    ``sandbox`` replaces those of the configuration, which are tested first; ``probe`` goes to the journal.
    Raises what :func:`~chainboy.node.start.node_of` and :meth:`Replica.run` raise.
    """
    signer = opened(config.key)
    server = Server(settings.url(), patience=settings.lease_seconds / _PARTS)
    identity = Place.of(config).identity(signer.address)
    lease = PostgresLease(server, identity, owner=_name(), seconds=settings.lease_seconds)
    sandboxes = proven(config.sandboxes) if sandbox is None else (sandbox,)
    maker = _Maker(
        config=config,
        server=server,
        signer=signer,
        sandboxes=sandboxes,
        probe=probe,
        patience=settings.hand_over_seconds,
    )
    replica = Replica(lease, maker.node, lambda: _reach(config))
    with ExitStack() as shown:
        if config.watch is not None:
            maker.site = ReplicaSite(config.watch, replica.checks)
            watched = shown.enter_context(watch_server(config.watch, maker.site.pages))
            _log.info("the node can be watched at %s", watched.url)
        _log.info("a replica of node %s begins; its journal is %s", signer.address, server.place)
        replica.run(stop, pause=config.poll_seconds)


@attrs.define(kw_only=True)
class _Maker:
    """Makes the node of each turn."""

    config: NodeConfig
    server: Server
    signer: Signer
    sandboxes: tuple[Sandbox, ...]
    probe: Probe | None
    patience: float
    site: ReplicaSite | None = None

    @contextmanager
    def node(self, term: Term) -> Iterator[Node]:
        """The node, as long as it acts."""
        watch = None if self.site is None else NodeWatch()
        patience = Patience(self.patience, term.hand_over)
        with ExitStack() as stack:
            turn = Turn(
                signer=FencedSigner(self.signer, term.check),
                sandboxes=self.sandboxes,
                database=stack.enter_context(closing(PostgresDatabase(self.server, token=term.token))),
                clock=patience.stepped,
                around=patience.around,
            )
            made = node_of(self.config, probe=self.probe, watch=watch, turn=turn)
            node = stack.enter_context(closing(made))
            patience.follow(node)
            if self.site is not None and watch is not None:
                stack.enter_context(self.site.showing(watch))
            yield node


def _reach(config: NodeConfig) -> None:
    """Ask the home chain for its head."""
    home_of(config)[0].head()


def _name() -> str:
    """What this replica is called in the lease: no other one ever has the same."""
    return f"{socket.gethostname()} process {os.getpid()} ({secrets.token_hex(4)})"
