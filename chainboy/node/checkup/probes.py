"""One probe for each thing a node depends on: looks, and has what it found judged."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from chainboy.chain.signer import recover
from chainboy.cid import Cid
from chainboy.consensus.encoding import keccak
from chainboy.consensus.params import VERSION
from chainboy.content.cached import CachedStore
from chainboy.content.fallback import FallbackStore
from chainboy.content.store import ContentReader, ContentStore
from chainboy.contracts.gateway import Gateway
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.errors import ChainBoyError, ContentNotFound, SandboxError, SignatureInvalid
from chainboy.events.cursor import MemoryCursor
from chainboy.events.watch import Watch
from chainboy.node.checkup import judging
from chainboy.node.checkup.finding import Finding, doubtful, failed, told, well
from chainboy.node.checkup.patient import Patient
from chainboy.node.journal import Journal
from chainboy.node.replicas.settings import PostgresSettings
from chainboy.sandbox.runtimes import RUNTIMES

if TYPE_CHECKING:
    from chainboy.sandbox.protocol import Sandbox

PROBE = b"chainboy node doctor was here\n"
"""What is put into stores to see whether they keep it."""

TRIAL = b"chainboy node doctor tries its signer"
"""What is signed to see whether it can be: no transaction and no typed data, so nobody has a use for it."""

RECENT_BLOCKS = 1000
"""So many blocks below the newest final one the event source begins to look."""


def endpoints(patient: Patient) -> Iterator[Finding]:
    """Each RPC endpoint answers, for the right chain."""
    works = any(endpoint.problem is None for endpoint in patient.endpoints)
    for endpoint in patient.endpoints:
        if endpoint.head is not None:
            chain_id = endpoint.chain.chain_id
            yield well("endpoint", f"{endpoint.name} serves chain {chain_id}, block {endpoint.head.number}")
        elif endpoint.problem is not None:
            wrong, advice = told(endpoint.problem)
            yield (doubtful if works else failed)("endpoint", f"{endpoint.name}: {wrong}", advice)
    if not patient.endpoints:
        yield failed("endpoint", "the network's file names none", "give urls of the home chain")


def clock(patient: Patient) -> Iterator[Finding]:
    """This machine's clock and the chain's agree."""
    # Asked again, for what came before may have taken long.
    yield judging.clock(patient.chain.head().timestamp, patient.clock(), patient.chain.profile.block_seconds)


def contracts(patient: Patient) -> Iterator[Finding]:
    """The network's contracts are there, of this version, and know each other."""
    patient.deployment.check(patient.chain)
    yield well("contracts", f"version {VERSION}, hub {patient.deployment.hub}")


def key(patient: Patient) -> Iterator[Finding]:
    """The node's key opens."""
    if isinstance(patient.signer, Exception):
        raise patient.signer
    yield well("key", f"opens; the node's address is {patient.signer.address}")


def signer(patient: Patient) -> Iterator[Finding]:
    """The key signs, wherever it is, and has a secret for salts."""
    key = patient.key
    began = time.perf_counter()
    signature = key.sign(TRIAL)
    took = (time.perf_counter() - began) * 1000
    if recover(keccak(TRIAL), signature) != key.address:
        raise SignatureInvalid("the key signs for another account; see where it is kept")
    key.derive(TRIAL)
    yield well("signer", f"{type(key).__name__} signs for it, in {took:.1f} ms")


def balance(patient: Patient) -> Iterator[Finding]:
    """There are coins for gas."""
    coins, fees = patient.chain.balance(patient.key.address), patient.chain.fees()
    yield judging.purse(coins, fees.maximum, carried=patient.config.relay is not None)


def seat(patient: Patient) -> Iterator[Finding]:
    """Tokens are bonded and count."""
    registry, node = patient.deployment.registry_on(patient.chain), patient.key.address
    epoch = registry.current_epoch()
    weight, _ = registry.snapshot_at(node, epoch)
    idle = registry.profile().idle_epochs
    yield judging.seat(registry.node_of(node), weight=weight, epoch=epoch, idle_epochs=idle)
    yield judging.quorum(registry.total_at(epoch)[0])


def sandboxes(patient: Patient) -> Iterator[Finding]:
    """Each sandbox runs its runtimes as released, and has its images."""
    for sandbox in patient.config.sandboxes:
        yield from _sandbox(sandbox)


def content(patient: Patient) -> Iterator[Finding]:
    """Each place of content keeps what it is given, or at least answers; one that works is enough."""
    store: ContentReader = patient.config.content
    if isinstance(store, CachedStore):
        store = store.store
    answers, failures = [], []
    for part in store.parts if isinstance(store, FallbackStore) else (store,):
        try:
            answers.append(f"{part} {_content(part)}")
        except (ChainBoyError, OSError) as error:
            failures.append(told(error))
    yield from (well("content", answer) for answer in answers)
    grade = doubtful if answers else failed
    yield from (grade("content", wrong, advice) for wrong, advice in failures)


def sources(patient: Patient) -> Iterator[Finding]:
    """What programs may read from the web."""
    reader = patient.config.sources
    guard = getattr(reader, "guard", None)
    yield judging.sources(
        served=reader is not None,
        allow_http=getattr(guard, "allow_http", False),
        allow_loopback=getattr(guard, "allow_loopback", False),
    )


def events(patient: Patient) -> Iterator[Finding]:
    """The source of events answers, and gives requests where there are any."""
    chain, gateway = patient.chain, patient.deployment.gateway_on(patient.chain)
    final = chain.final_number()
    start = max(0, final - RECENT_BLOCKS)
    with ExitStack() as closing:
        source = patient.config.watcher(
            Watch(
                chain=chain,
                chain_id=chain.chain_id,
                addresses=(gateway.address,),
                topics=(Gateway.topic(TaskRequested),),
                confirmations=chain.profile.confirmations,
                start=start,
                cursor=MemoryCursor(),
                block_seconds=chain.profile.block_seconds,
                closing=closing,
            )
        )
        found = source.poll()
    if found:
        newest = max(event.block_number for event in found)
        yield well("events", f"{len(found)} requests since block {start}, the newest in block {newest}")
    else:
        yield well("events", f"the source answers; no request since block {start}")


def journal(patient: Patient) -> Iterator[Finding]:
    """The journal is this node's and can be opened, or can be made."""
    path = patient.config.journal
    if not isinstance(path, Path):
        yield from _shared(patient, path)
        return
    if not path.exists():
        folder = path.parent
        if not (folder.is_dir() and os.access(folder, os.W_OK)):
            yield failed(
                "journal", f"{folder} is no folder that can be written to", "make it, or name another"
            )
        else:
            yield well("journal", f"{path} will be made")
        return
    opened = Journal(path, patient.identity)
    try:
        yield well("journal", f"{path} opens, with {len(opened.active())} tasks under way")
    finally:
        opened.close()


def disk(patient: Patient) -> Iterator[Finding]:
    """There is room for the journal."""
    path = patient.config.journal
    if isinstance(path, Path):
        yield judging.space(shutil.disk_usage(path.parent).free)
    else:
        yield well("disk", "the journal is on a server; see to its room there")


def _shared(patient: Patient, settings: PostgresSettings) -> Iterator[Finding]:
    """The server answers, and its journal is this node's."""
    from chainboy.node.replicas.look import look  # noqa: PLC0415 - an extra

    seen = look(settings, patient.identity)
    acts = f"{seen.holder} acts" if seen.holder else "no replica acts"
    yield well("journal", f"{seen.place} answers, with {seen.active} tasks under way; {acts}")


def _sandbox(sandbox: Sandbox) -> Iterator[Finding]:
    from chainboy.sandbox.golden import self_test, vectors  # noqa: PLC0415 - loads wasmtime

    name, images = type(sandbox).__name__, getattr(sandbox, "images", ())
    for runtime in images:
        if sandbox.serves(runtime):
            yield well("sandbox", f"{name} has {runtime}")
        else:
            yield failed(
                "sandbox", f"{name} cannot run {runtime} now", "start the engine; pull or build the image"
            )
    served = [runtime for runtime in RUNTIMES if sandbox.serves(runtime)]
    for runtime in served:
        try:
            self_test(sandbox, runtime)
        except SandboxError as error:
            yield failed("sandbox", *told(error))
        else:
            yield well("sandbox", f"{name} runs {len(vectors(runtime))} vectors of {runtime} as released")
    if not served and not images:
        yield failed(
            "sandbox", f"{name} serves no runtime", "install the engine release that this package names"
        )


def _content(part: ContentReader) -> str:
    cid = Cid.of(PROBE)
    if isinstance(part, ContentStore):
        part.put(PROBE)
        part.get(cid)
        return "keeps and gives"
    try:
        part.get(cid)
    except ContentNotFound:
        return "answers; it does not have our probe"
    return "gives our probe"
