"""Puts a task's proof file together from what its chain keeps: events, and the salts in call data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chainboy.chain.decode import data as to_bytes
from chainboy.chain.decode import field
from chainboy.consensus.encoding import commitment, keccak
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.proof import TaskProof
from chainboy.consensus.proof_parts import Inclusion, ProvenBallot
from chainboy.contracts.codec import SELECTOR_BYTES, decode_values
from chainboy.contracts.hub import Hub
from chainboy.contracts.hub_events import Committed, Finalized, Revealed
from chainboy.contracts.interface import interface
from chainboy.errors import ChainError, EncodingError
from chainboy.events.scan import newest_first
from chainboy.units import Digest

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.consensus.request import Request
    from chainboy.tasks.round import Round


def prove(
    chain: Chain, hub: Hub, request: Request, input_bytes: bytes, found: Round, *, last: int
) -> TaskProof:
    """The proof of a finalized task against the hub's records as of block ``last``.

    Reads every record of the hub, for its accumulator keeps none. Raises
    :class:`~chainboy.errors.ChainError` when the endpoint leaves something out.
    """
    records = _records(chain, hub, last)
    block = chain.block(last)
    inclusion = Inclusion.of(records, found.finalized.index, block.number, block.hash)
    if inclusion.records_root != hub.at(last).records_root():
        raise ChainError("the endpoint's logs belie the hub's records; use another endpoint")
    return TaskProof.build(
        home_chain_id=chain.chain_id,
        hub=hub.address,
        request=request,
        input=input_bytes,
        attempt=found.attempt,
        total_weight=found.total_weight,
        ballots=_ballots(chain, found),
        inclusion=inclusion,
    )


def _records(chain: Chain, hub: Hub, last: int) -> Accumulator:
    leaves: list[Digest] = []
    for log in newest_first(chain, [hub.address], [hub.topic(Finalized)], last=last):
        (event,) = hub.events([log], Finalized)
        leaves.append(event.record.hash)
        if event.index == 0:
            break
    return Accumulator(leaves[::-1])


def _ballots(chain: Chain, found: Round) -> list[ProvenBallot]:
    calls: dict[bytes, bytes] = {}
    for event in found.reveals.values():
        if event.log.tx_hash not in calls:
            calls[event.log.tx_hash] = _call_data(chain, event.log.tx_hash)
    return [_ballot(commit, found.reveals.get(commit.node), calls) for commit in found.commits]


def _call_data(chain: Chain, tx_hash: bytes) -> bytes:
    transaction = chain.rpc.read("eth_getTransactionByHash", f"0x{tx_hash.hex()}")
    return to_bytes(field(transaction, "input"))


def _ballot(commit: Committed, reveal: Revealed | None, calls: Mapping[bytes, bytes]) -> ProvenBallot:
    return ProvenBallot(
        node=commit.node,
        payout=commit.payout,
        weight=commit.weight,
        commitment=commit.commitment,
        outcome=None if reveal is None else reveal.outcome,
        salt=None if reveal is None else _salt(commit, reveal.outcome, calls[reveal.log.tx_hash]),
    )


def _salt(commit: Committed, outcome: bytes, call_data: bytes) -> bytes:
    """The salt that opens ``commit``: from a reveal anywhere in ``call_data``, for a relayer may wrap it."""
    function = interface(Hub.ABI).functions["reveal"]
    at = call_data.find(function.selector)
    while at >= 0:
        try:
            _, entries = decode_values(function.inputs, call_data[at + SELECTOR_BYTES :])
        except EncodingError:
            entries = ()
        for entry in entries:
            made = commitment(commit.task_id, commit.attempt, commit.node, keccak(outcome), entry["salt"])
            if made == commit.commitment:
                return bytes(entry["salt"])
        at = call_data.find(function.selector, at + 1)
    raise ChainError(
        f"the transaction that revealed for {commit.node} does not show the salt; read it from a trace"
    )
