"""Puts a task's proof file together from its chain's events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.proof import TaskProof
from chainboy.consensus.proof_parts import Inclusion, ProvenBallot
from chainboy.contracts.hub import Hub
from chainboy.contracts.hub_events import Committed, Finalized, Revealed
from chainboy.errors import ChainError
from chainboy.events.scan import newest_first
from chainboy.units import Digest

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.consensus.passage import Passage
    from chainboy.consensus.request import Request
    from chainboy.contracts.round import Round


def prove(
    chain: Chain,
    hub: Hub,
    request: Request,
    input_bytes: bytes,
    found: Round,
    *,
    last: int,
    passage: Passage | None = None,
) -> TaskProof:
    """The proof of a finalized task against the hub's records as of block ``last``.

    Reads every record of the hub, for its accumulator keeps none. Raises
    :class:`~chainboy.errors.ChainError` when the endpoint leaves something out.
    """
    records = _records(chain, hub, last)
    if records.root != hub.at(last).records_root():
        raise ChainError("the endpoint's logs belie the hub's records; use another endpoint")
    block = chain.block(last)
    inclusion = Inclusion.of(records, found.finalized.index, block.number, block.hash)
    return TaskProof.build(
        home_chain_id=chain.chain_id,
        hub=hub.address,
        request=request,
        input=input_bytes,
        attempt=found.attempt,
        total_weight=found.total_weight,
        ballots=[_ballot(commit, found.reveals.get(commit.node)) for commit in found.commits],
        inclusion=inclusion,
        passage=passage,
    )


def _records(chain: Chain, hub: Hub, last: int) -> Accumulator:
    leaves: list[Digest] = []
    for log in newest_first(chain, [hub.address], [hub.topic(Finalized)], last=last):
        (event,) = hub.events([log], Finalized)
        leaves.append(event.record.hash)
        if event.index == 0:
            break
    return Accumulator(leaves[::-1])


def _ballot(commit: Committed, reveal: Revealed | None) -> ProvenBallot:
    return ProvenBallot(
        node=commit.node,
        payout=commit.payout,
        weight=commit.weight,
        commitment=commit.commitment,
        outcome=None if reveal is None else reveal.outcome,
        salt=None if reveal is None else reveal.salt,
    )
