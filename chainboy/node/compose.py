"""Puts the usual node together: chain, contracts, sandbox and journal, each checked before it is trusted."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from chainboy.chain.sender import Sender
from chainboy.checkpoints.attestor import Attestor
from chainboy.contracts.gateway import Gateway
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.events.bell import Bell
from chainboy.events.polling import polling
from chainboy.events.watch import Watch, Watcher
from chainboy.node.bailiff import Bailiff
from chainboy.node.carried import CarriedSubmitter, Post
from chainboy.node.database import Database
from chainboy.node.economics.gate import ProfitGate
from chainboy.node.economics.market import ChainMarket, Market
from chainboy.node.executor import ProgramExecutor
from chainboy.node.inbox import GatewayInbox, Inboxes, JournalCursor
from chainboy.node.journal import Journal, Probe
from chainboy.node.parts import Parts
from chainboy.node.policy import Delivery, Policy
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
    from chainboy.sources.reading import SourceReader

_log = logging.getLogger(__name__)


def compose_parts(
    *,
    chain: Chain,
    deployment: Deployment,
    signer: Signer,
    content: ContentStore,
    sandboxes: Sequence[Sandbox],
    journal: Path | str | Database,
    outposts: Sequence[Outpost] = (),
    pool: Pool | None = None,
    start_block: int | None = None,
    first: int = 0,
    carrier: Post | None = None,
    watcher: Watcher = polling,
    sources: SourceReader | None = None,
    probe: Probe | None = None,
    policy: Policy | None = None,
) -> Parts:
    """The usual node's parts, for :class:`~chainboy.node.runner.Node` or to replace one of them.

    ``outposts``: the remote gateways whose requests it answers, too. ``pool``: where programs run, ended with
    the node; by default threads of this process. ``start_block``: where a new journal
    starts to read the home chain's requests; by default as far back as a task can live. ``first``: no block
    of the home chain before it has anything of these contracts. ``carrier``: hands commitments, reveals and
    attestations to a relay, for a node that has no coins. ``watcher``: makes the
    source of each gateway's events. ``sources``: reads the HTTP sources that programs declare; without one
    such programs are not served. ``policy``: its tariff, and what it pays for slashing.
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
    bell, closing = Bell(), ExitStack()
    reception = _Reception(kept, watcher, life, bell, closing)
    at_home = reception.inbox(deployment.gateway_on(chain), f"gateway {deployment.gateway}", start_block)
    abroad = {
        (name := f"gateway {there.address} of chain {there.chain.chain_id}"): reception.inbox(there, name)
        for there in (outpost.gateway for outpost in outposts)
    }
    policy = policy or Policy()
    market = ChainMarket(chain, deployment.registry_on(chain))
    gate = _gate(policy, kept, market, pays=carrier is None)
    submitter: ChainSubmitter | CarriedSubmitter
    if carrier is None:
        told = None if gate is None else gate.settled
        submitter = ChainSubmitter(Sender(chain, signer), deployment, kept, outposts, settled=told)
    else:
        submitter = CarriedSubmitter(signer, deployment, carrier, secure=kept.secure)
    solver = ProgramExecutor(
        content, sandboxes, secrets, pool=pool, sources=sources, keep=kept.keep_reading
    )
    if gate is not None:
        solver.on_run(gate.ran)
    return Parts(
        address=signer.address,
        home=reader,
        submitter=submitter,
        attestor=Attestor(chain, deployment, signer, submitter.attest, first=first),
        inbox=Inboxes({"the home chain": at_home, **abroad}) if abroad else at_home,
        solver=solver,
        journal=kept,
        secrets=secrets,
        bailiff=_bailiff(policy, chain, deployment, submitter),
        gate=gate,
        bell=bell,
        closing=closing,
    )


def _gate(policy: Policy, journal: Journal, market: Market, *, pays: bool) -> ProfitGate | None:
    """The gate, if anything is asked for; ``pays``: the node's own coins pay for gas."""
    if not policy.tariff.asks:
        return None
    return ProfitGate(
        policy.tariff, journal, market, delivers=policy.delivery is Delivery.ALWAYS, pays=pays
    )


def _bailiff(
    policy: Policy, chain: Chain, deployment: Deployment, submitter: ChainSubmitter | CarriedSubmitter
) -> Bailiff | None:
    """The bailiff, if the operator pays for it and has coins."""
    if policy.slash_budget == 0 or isinstance(submitter, CarriedSubmitter):
        return None
    return Bailiff(
        chain,
        deployment,
        submitter.address,
        submitter.slash,
        budget=policy.slash_budget,
        backoff=policy.finalize_backoff,
    )


@attrs.frozen
class _Reception:
    """Makes inboxes; ``life`` is the longest a task can live, in seconds."""

    journal: Journal
    watcher: Watcher
    life: int
    bell: Bell
    closing: ExitStack

    def inbox(self, gateway: Gateway, name: str, start: int | None = None) -> GatewayInbox:
        """The gateway's requests that are final there; the journal keeps under ``name`` how far it is."""
        chain = gateway.chain
        watch = Watch(
            chain=chain,
            chain_id=chain.chain_id,
            addresses=(gateway.address,),
            topics=(Gateway.topic(TaskRequested),),
            confirmations=chain.profile.confirmations,
            start=_earliest(chain, self.life) if start is None else start,
            cursor=JournalCursor(self.journal, name),
            block_seconds=chain.profile.block_seconds,
            bell=self.bell,
            closing=self.closing,
        )
        return GatewayInbox(self.watcher(watch))


def _earliest(chain: Chain, life: int) -> int:
    """About the block before which no request can still be delivered, its life being so many seconds."""
    return max(0, chain.head().number - int(life / chain.profile.block_seconds))
