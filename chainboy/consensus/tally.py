"""How a round's ballots become a record: the majority of tokens decides.

Rule: protocol, sections 6 and 7; as ``IConsensusHub.finalize``. Words are those of
:mod:`chainboy.consensus.majority`.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from chainboy.consensus import encoding
from chainboy.consensus.fields import WORD_BYTES, address, uint
from chainboy.consensus.majority import Verdict, ascending, decide, value_of, weigh
from chainboy.consensus.merkle import WinnerTree
from chainboy.consensus.outcome import MAX_OUTCOME, Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.record import Record, Winner
from chainboy.errors import EncodingError
from chainboy.units import Address, Digest, TaskId, Weight

MAX_MEDIAN = 2**200
"""Largest magnitude of a MEDIAN answer."""

UNREVEALED = 2**256 - 1
"""The choice of a ballot whose commitment was not revealed."""


def _word_or_none(_instance: object, _field: object, value: bytes | None) -> None:
    if value is not None and len(value) != WORD_BYTES:
        raise EncodingError(f"a ballot's word has 32 bytes, this one {len(value)}")


@attrs.frozen(kw_only=True)
class Ballot:
    """One committed node; ``word`` is ``None`` while unrevealed, ``weight`` that of the round's epoch."""

    node: Address = attrs.field(validator=address)
    payout: Address = attrs.field(validator=address)
    weight: Weight = attrs.field(validator=uint(256))
    word: bytes | None = attrs.field(validator=_word_or_none)


@attrs.frozen(kw_only=True)
class Tally:
    """A round's record and all that it follows from, as ``Finalized`` reports it.

    ``words`` ascend as ``int256`` and ``weights`` are theirs; ``choices`` has for each ballot the index
    of its word or :data:`UNREVEALED`; ``unrevealed`` has a bit for each position. ``outcome`` is that of
    MEDIAN and RANDOM with consensus; in EXACT the hub knows its hash alone.
    """

    record: Record
    winners: tuple[Winner, ...]
    outcome: Outcome | None
    words: tuple[bytes, ...]
    weights: tuple[Weight, ...]
    choices: tuple[int, ...]
    unrevealed: int


def word_of(mode: Mode, outcome_bytes: bytes) -> bytes:
    """The 32-byte word that is compared for this encoded outcome.

    EXACT takes opaque bytes; MEDIAN status 0 and one ``int256`` within +-2**200, of any fuel; RANDOM
    status 0, fuel 0 and a 32-byte contribution. The same check as the hub's at reveal: a node whose
    outcome is refused here must not commit to it. Raises :class:`EncodingError` then, and above
    :data:`MAX_OUTCOME` bytes.
    """
    if mode is Mode.EXACT:
        if len(outcome_bytes) > MAX_OUTCOME:
            raise EncodingError(f"an outcome has at most {MAX_OUTCOME} bytes, this one {len(outcome_bytes)}")
        return encoding.keccak(outcome_bytes)
    outcome = Outcome.decode(outcome_bytes)
    if outcome.status is not Status.OK or len(outcome.payload) != WORD_BYTES:
        raise EncodingError(f"a {mode.name} outcome has status 0 and one word; abstain with anything else")
    if mode is Mode.RANDOM and outcome.fuel != 0:
        raise EncodingError("a RANDOM outcome has no fuel, for no program runs")
    if mode is Mode.MEDIAN and abs(value_of(outcome.payload)) > MAX_MEDIAN:
        raise EncodingError("a MEDIAN answer lies within 2**200 of zero; abstain with anything else")
    return outcome.payload


def tally(task_id: TaskId, params: Params, total_weight: Weight, ballots: Sequence[Ballot]) -> Tally:
    """The record of a round, from every committed node in commit order.

    ``total_weight`` is all active weight of the round's epoch, revealed or not.
    """
    sums = weigh((b.word for b in ballots), (b.weight for b in ballots))
    words = tuple(ascending(sums))
    index = {word: position for position, word in enumerate(words)}
    verdict = decide(params, total_weight, sums)
    winners = _winners(ballots, verdict.agreeing)
    outcome = _outcome(task_id, params.mode, verdict, ballots) if winners else None
    return Tally(
        record=_record(task_id, total_weight, verdict, winners, outcome),
        winners=winners,
        outcome=outcome,
        words=words,
        weights=tuple(sums[word] for word in words),
        choices=tuple(UNREVEALED if b.word is None else index[b.word] for b in ballots),
        unrevealed=sum(1 << position for position, b in enumerate(ballots) if b.word is None),
    )


def _winners(ballots: Sequence[Ballot], agreeing: frozenset[bytes]) -> tuple[Winner, ...]:
    agreed = (ballot for ballot in ballots if ballot.word in agreeing)
    return tuple(
        Winner(rank=rank, node=ballot.node, payout=ballot.payout, weight=ballot.weight)
        for rank, ballot in enumerate(agreed)
    )


def _outcome(task_id: TaskId, mode: Mode, verdict: Verdict, ballots: Sequence[Ballot]) -> Outcome | None:
    if mode is Mode.RANDOM:
        return encoding.random_outcome(task_id, (b.word for b in ballots if b.word is not None))
    if mode is Mode.MEDIAN and verdict.word is not None:
        return encoding.median_outcome(value_of(verdict.word))
    return None


def _record(
    task_id: TaskId,
    total_weight: Weight,
    verdict: Verdict,
    winners: tuple[Winner, ...],
    outcome: Outcome | None,
) -> Record:
    if not winners:
        return Record.without_consensus(task_id, total_weight)
    outcome_hash = verdict.word if outcome is None else encoding.keccak(outcome.encode())
    return Record(
        task_id=task_id,
        outcome_hash=Digest(outcome_hash or b""),
        agreeing_weight=verdict.agreeing_weight,
        total_weight=total_weight,
        rest_weight=Weight(sum(winner.weight for winner in winners[2:])),
        winners_root=WinnerTree([winner.leaf for winner in winners]).root,
        winners_count=len(winners),
    )
