"""Puts the usual node together: chain, contracts, sandbox and journal, each checked before it is trusted."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chainboy.chain.sender import Sender
from chainboy.checkpoints.attestor import Attestor
from chainboy.contracts.gateway import Gateway
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.events.polling import PollingSource
from chainboy.node.carried import CarriedSubmitter, Post
from chainboy.node.executor import ProgramExecutor
from chainboy.node.inbox import GatewayInbox, Inboxes, JournalCursor
from chainboy.node.journal import Journal, Probe
from chainboy.node.parts import Parts
from chainboy.node.reader import ChainReader
from chainboy.node.rows import Identity
from chainboy.node.salts import Secrets
from chainboy.node.submitter import ChainSubmitter

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.chain.signer import Signer
    from chainboy.content.store import ContentStore
    from chainboy.contracts.deployment import Deployment
    from chainboy.node.outpost import Outpost
    from chainboy.pool.pool import Pool
    from chainboy.sandbox.protocol import Sandbox

_log = logging.getLogger(__name__)


def compose_parts(
    *,
    chain: Chain,
    deployment: Deployment,
    signer: Signer,
    content: ContentStore,
    sandboxes: Sequence[Sandbox],
    journal: Path | str,
    outposts: Sequence[Outpost] = (),
    pool: Pool | None = None,
    start_block: int | None = None,
    first: int = 0,
    carrier: Post | None = None,
    probe: Probe | None = None,
) -> Parts:
    """The usual node's parts, for :class:`~chainboy.node.runner.Node` or to replace one of them.

    ``outposts``: the remote gateways whose requests it answers, too. ``pool``: where programs run, ended with
    the node; by default threads of this process. ``start_block``: where a new journal
    starts to read the home chain's requests; by default as far back as a task can live. ``first``: no block
    of the home chain before it has anything of these contracts. ``carrier``: hands commitments, reveals and
    attestations to a relay, for a node that has no coins.
    Raises :class:`~chainboy.errors.WrongChain`, :class:`~chainboy.errors.VersionMismatch`,
    :class:`~chainboy.errors.ConfigError`, :class:`~chainboy.errors.JournalError` and
    :class:`~chainboy.errors.ChainError`.
    """
    deployment.check(chain)
    reader = ChainReader(chain, deployment, signer.address, outposts)
    identity = Identity(chain_id=chain.chain_id, hub=deployment.hub, node=signer.address)
    kept = Journal(journal, identity, probe=probe)
    secrets = Secrets(deriver=signer, home_chain_id=chain.chain_id, hub=deployment.hub)
    life = reader.clocks.max_task_life + reader.clocks.refund_margin
    at_home = _inbox(kept, deployment.gateway_on(chain), f"gateway {deployment.gateway}", life, start_block)
    abroad = {
        (name := f"gateway {gateway.address} of chain {gateway.chain.chain_id}"): _inbox(
            kept, gateway, name, life
        )
        for gateway in (outpost.gateway for outpost in outposts)
    }
    submitter: ChainSubmitter | CarriedSubmitter
    if carrier is None:
        submitter = ChainSubmitter(Sender(chain, signer), deployment, kept, outposts)
    else:
        submitter = CarriedSubmitter(signer, deployment, carrier)
    return Parts(
        address=signer.address,
        home=reader,
        submitter=submitter,
        attestor=Attestor(chain, deployment, signer, submitter.attest, first=first),
        inbox=Inboxes({"the home chain": at_home, **abroad}) if abroad else at_home,
        solver=ProgramExecutor(content, sandboxes, secrets, pool=pool),
        journal=kept,
        secrets=secrets,
    )


def _inbox(
    journal: Journal, gateway: Gateway, name: str, life: int, start_block: int | None = None
) -> GatewayInbox:
    """The gateway's requests that are final on its chain; the journal keeps under ``name`` how far it is."""
    chain = gateway.chain
    source = PollingSource(
        chain,
        addresses=[gateway.address],
        topics=[Gateway.topic(TaskRequested)],
        confirmations=chain.profile.confirmations,
        start=_earliest(chain, life) if start_block is None else start_block,
        cursor=JournalCursor(journal, name),
    )
    return GatewayInbox(source)


def _earliest(chain: Chain, life: int) -> int:
    """About the block before which no request can still be delivered, its life being so many seconds."""
    return max(0, chain.head().number - int(life / chain.profile.block_seconds))
