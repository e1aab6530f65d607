"""Checkpoints: sealing them on the home chain, bringing them to another, and proving records there.

Home and remote are one chain here: a verifier looks at its own clock and at signatures, nothing else.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence

from accounts import key_of
from play import PROGRAM, Play
from snapshot import Row
from stage import GENESIS, Stage, Voter

from chainboy.chain.call import Call
from chainboy.chain.decode import Receipt
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.signing import checkpoint_message
from chainboy.contracts.checkpoint_events import Sealed
from chainboy.contracts.checkpoint_verifier import CheckpointVerifier
from chainboy.contracts.deployment import creation
from chainboy.contracts.gateway import Gateway
from chainboy.contracts.hub import Attestation
from chainboy.contracts.hub_events import Finalized
from chainboy.contracts.profile import Profile
from chainboy.units import Address, Timestamp

SEALS = {19: 150_000, 256: 900_000}
"""Goals of sealing the distribution of so many nodes."""

SUBMISSIONS = {19: (13, 150_000), 99: (50, 340_000), 256: (129, 850_000)}
"""Goals of bringing a checkpoint that so many of so many nodes signed."""


def sealing_rows(stage: Stage) -> Iterator[Row]:
    """A stage's own distribution, its records, and what other chains are brought of both."""
    nodes = len(stage.voters)
    stage.relayer.send(seal_all(stage))
    stage.next_epoch()
    with stage.afterwards_as_before():
        gas = stage.relayer.send(seal_all(stage)).gas_used
        yield Row(f"seal.{nodes}", f"seal the tokens of {nodes} nodes", gas, SEALS.get(nodes))
    yield from _submission_rows(stage)


def small_rows(stage: Stage) -> Iterator[Row]:
    """What costs the same however many nodes there are."""
    first = _sealed(stage, stage.relayer.send(seal_all(stage)))
    interval = stage.hub.profile().min_seal_interval
    stage.backend.travel(Timestamp(stage.chain.head().timestamp + interval))
    with stage.afterwards_as_before():
        gas = stage.relayer.send(stage.hub.seal()).gas_used
        yield Row("seal.empty", "seal the records, no new distribution", gas)
    with stage.afterwards_as_before():
        message = checkpoint_message(stage.deployment.domain, first.checkpoint)
        entries = _attestations(stage.voters[:5], message)
        gas = stage.relayer.send(stage.hub.attest(1, entries)).gas_used // len(entries)
        yield Row("attest.pooled", f"publish a signature, each of {len(entries)} in one transaction", gas)


def remote_rows(stage: Stage, ask: Callable[[Stage], Play]) -> Iterator[Row]:
    """A task of another chain: its record is proven with 32 siblings under an accepted checkpoint."""
    with stage.afterwards_as_before():
        verifier = deploy_verifier(stage, stage.relayer.send(seal_all(stage)))
        there = _gateway_of(stage, verifier)
        for _ in range(2):  # the first one writes slots that all tasks share
            play = ask(there)
            play.play()
            stage.relayer.send(play.finalize())
            stage.next_epoch()
            sealed = _sealed(stage, stage.relayer.send(seal_all(stage)))
            stage.relayer.send(submission(stage, verifier, sealed, stage.voters))
            gas = stage.relayer.send(play.deliver(proof=_proof(stage, sealed, play))).gas_used
        yield Row("deliver.remote", "deliver, callback, the record proven to another chain", gas, 110_000)


def seal_all(stage: Stage) -> Call:
    """The current distribution, of all nodes."""
    return stage.hub.seal([voter.address for voter in in_order(stage.voters)])


def in_order(voters: Sequence[Voter]) -> list[Voter]:
    """Ascending, as lists and signatures are."""
    return sorted(voters, key=lambda voter: int(voter.address, 16))


def deploy_verifier(stage: Stage, sealing: Receipt) -> CheckpointVerifier:
    """A verifier that begins with what was sealed."""
    checkpoint = _sealed(stage, sealing).checkpoint
    genesis = TrustedStake(
        epoch=checkpoint.epoch, stake_hash=checkpoint.stake_hash, stake_total=checkpoint.stake_total
    )
    profile, guardian = Profile.local(genesis_time=GENESIS).verifier, key_of("guardian").address
    arguments = (stage.deployment.chain_id, stage.hub.address, genesis, profile, guardian)
    return CheckpointVerifier(stage.chain, stage.create("CheckpointVerifier", *arguments))


def submission(stage: Stage, verifier: CheckpointVerifier, sealed: Sealed, signers: Sequence[Voter]) -> Call:
    """The checkpoint with these signatures; its distribution is the one that the verifier has."""
    listed, chosen = in_order(stage.voters), set(signers)
    bitmap = sum(1 << position for position, voter in enumerate(listed) if voter in chosen)
    message = checkpoint_message(stage.deployment.domain, sealed.checkpoint)
    signatures = b"".join(voter.signer.sign(message) for voter in listed if voter in chosen)
    return verifier.submit(sealed.checkpoint, sealed.words, bitmap, signatures)


def _submission_rows(stage: Stage) -> Iterator[Row]:
    if len(stage.voters) not in SUBMISSIONS:
        return
    count, goal = SUBMISSIONS[len(stage.voters)]
    with stage.afterwards_as_before():
        verifier = deploy_verifier(stage, stage.relayer.send(seal_all(stage)))
        for _ in range(2):
            stage.next_epoch()
            sealed = _sealed(stage, stage.relayer.send(seal_all(stage)))
            # The heaviest, so that they are a majority.
            signers = sorted(stage.voters, key=lambda voter: -voter.weight)[:count]
            gas = stage.relayer.send(submission(stage, verifier, sealed, signers)).gas_used
        title = f"bring a checkpoint, {count} of {len(stage.voters)} nodes signed"
        yield Row(f"submit.{count}", title, gas, goal)


def _gateway_of(stage: Stage, verifier: CheckpointVerifier) -> Stage:
    """The stage with a gateway and a consumer as on another chain."""
    there = copy.copy(stage)
    gateway = stage.faucet.send(
        creation("TaskGateway", verifier.address, stage.relayer.address, stage.gateway.profile())
    )
    there.gateway = Gateway(stage.chain, Address(gateway.contract or ""))
    keeper = stage.faucet.send(
        creation("ResultKeeper", there.gateway.address, stage.requester.address, PROGRAM)
    )
    there.keeper = Address(keeper.contract or "")
    return there


def _proof(stage: Stage, sealed: Sealed, play: Play) -> bytes:
    """The checkpoint's number and the siblings of the task's record among all records."""
    logs = (log for receipt in stage.relayer.receipts for log in receipt.logs)
    # What a snapshot took back was counted again under the same index.
    records = {event.index: event.record for event in stage.hub.events(logs, Finalized)}
    count = sealed.checkpoint.records_count
    tree = Accumulator([records[index].hash for index in range(count)])
    assert tree.root == sealed.checkpoint.records_root
    (index,) = (index for index in range(count) if records[index].task_id == play.request.task_id)
    return b"".join([sealed.number.to_bytes(32, "big"), *tree.proof(index)])


def _sealed(stage: Stage, receipt: Receipt) -> Sealed:
    (event,) = stage.hub.events(receipt.logs, Sealed)
    return event


def _attestations(voters: Sequence[Voter], message: bytes) -> list[Attestation]:
    return [Attestation(node=voter.address, signature=voter.signer.sign(message)) for voter in voters]
