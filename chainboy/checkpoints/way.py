"""A record's way to a remote chain, put together from both chains' events for the proof file.

Rule: protocol, section 10. Not every checkpoint the verifier took is needed: any that the stake held before
it signed will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainboy.checkpoints.bridge import Bridge
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.consensus.passage import Link, Passage
from chainboy.consensus.record_proof import decode_record_proof
from chainboy.contracts.checkpoint_events import CheckpointAccepted, DistributionActivated
from chainboy.errors import ChainError
from chainboy.events.scan import newest_first
from chainboy.units import Timestamp

if TYPE_CHECKING:
    from chainboy.contracts.checkpoint_verifier import CheckpointVerifier


def first_accepted(verifier: CheckpointVerifier, index: int) -> CheckpointAccepted | None:
    """The oldest of the checkpoints that ``verifier`` accepted and that have record ``index``."""
    found: CheckpointAccepted | None = None
    topics, last = [verifier.topic(CheckpointAccepted)], verifier.chain.head().number
    for log in newest_first(verifier.chain, [verifier.address], topics, last=last):
        (event,) = verifier.events([log], CheckpointAccepted)
        if event.checkpoint.records_count <= index:
            break
        found = event
    return found


def passage(bridge: Bridge, index: int, target: CheckpointAccepted) -> Passage:
    """How record ``index`` came under ``target``, from the distribution the verifier was given last.

    Raises :class:`~chainboy.errors.ChainError` when the signatures were never published on the home chain.
    """
    verifier = bridge.verifier
    genesis, accepted = _history(verifier, target)
    profile = verifier.profile()
    stake = TrustedStake(
        epoch=genesis.epoch, stake_hash=genesis.stake_hash, stake_total=genesis.stake_total
    )
    links: list[Link] = []
    held = stake
    while accepted:
        link, accepted = _next_link(bridge, held, accepted, profile.trust_until(held.epoch))
        links.append(link)
        held = TrustedStake.of(link.checkpoint)
    _, siblings = decode_record_proof(bridge.ledger.proof(index, target.checkpoint))
    return Passage(profile=profile, genesis=stake, links=tuple(links), siblings=siblings)


def _history(
    verifier: CheckpointVerifier, target: CheckpointAccepted
) -> tuple[DistributionActivated, list[CheckpointAccepted]]:
    """The activation before ``target``, and what was accepted from it to ``target``, oldest first."""
    accepted: list[CheckpointAccepted] = []
    topics = [[verifier.topic(CheckpointAccepted), verifier.topic(DistributionActivated)]]
    last = target.log.block_number
    for log in newest_first(verifier.chain, [verifier.address], topics, last=last):
        match verifier.decode(log):
            case CheckpointAccepted() as event if event.number <= target.number:
                accepted.append(event)
            case DistributionActivated() as event:
                return event, accepted[::-1]
    raise ChainError(
        f"the endpoint's logs do not tell what verifier {verifier.address} began with; use another endpoint"
    )


def _next_link(
    bridge: Bridge, held: TrustedStake, accepted: Sequence[CheckpointAccepted], until: Timestamp
) -> tuple[Link, list[CheckpointAccepted]]:
    """The longest step that the held stake signed in time, and what is still to come after it."""
    stake = bridge.stake(held.epoch, held.stake_hash)
    for at in reversed(range(len(accepted))):
        event = accepted[at]
        time = bridge.verifier.chain.block(event.log.block_number).timestamp
        found = bridge.attestations(bridge.ledger.sealed(event.number), stake) if time < until else None
        if found is not None:
            link = Link(
                checkpoint=event.checkpoint,
                words=stake.words,
                bitmap=found.bitmap,
                signatures=found.signatures,
                accepted_at=time,
            )
            return link, list(accepted[at + 1 :])
    raise ChainError(
        f"the home chain does not hold the signatures that brought checkpoint {accepted[0].number}; "
        "ask whoever submitted it"
    )
