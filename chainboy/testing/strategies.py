"""Hypothesis strategies of the protocol's values: valid by construction, drawn to zero, ties and maxima."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.encoding import signed_word
from chainboy.consensus.fields import to_address
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.profiles import MAX_SEATS
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request
from chainboy.consensus.tally import MAX_MEDIAN, Ballot
from chainboy.units import Fuel, Timestamp, Weight


def uints(bits: int = 256, least: int = 0) -> st.SearchStrategy[int]:
    """Integers of so many bits, their edges among them."""
    most = (1 << bits) - 1
    edges = sorted({least, least + 1, most - 1, most, 1 << bits - 1})
    small = st.integers(least, min(most, least + 300))
    return st.one_of(st.sampled_from(edges), st.integers(least, most), small)


WORDS = st.one_of(st.binary(min_size=32, max_size=32), st.sampled_from([bytes(32), b"\xff" * 32]))
"""Any 32 bytes."""

ADDRESSES = st.binary(min_size=20, max_size=20).map(to_address)
"""Any address, nobody's among them."""

WEIGHTS = st.one_of(st.integers(1, 5), st.integers(1, 10**24), st.just(10**21))
"""What nodes weigh: few tokens for ties, many for dust."""

REQUESTS = st.builds(
    Request,
    chain_id=uints(),
    gateway=ADDRESSES,
    requester=ADDRESSES,
    nonce=uints(),
    program=WORDS,
    input_hash=WORDS,
    price=uints(),
    tip=uints(),
    callback_gas=uints(),
    requested_at=uints(),
    params=uints(),
)

RECORDS = st.builds(
    Record,
    task_id=WORDS,
    outcome_hash=WORDS,
    agreeing_weight=uints(),
    total_weight=uints(),
    rest_weight=uints(),
    winners_root=WORDS,
    winners_count=uints(),
)

CHECKPOINTS = st.builds(
    Checkpoint,
    number=uints(),
    epoch=uints(),
    stake_hash=WORDS,
    stake_total=uints(),
    records_root=WORDS,
    records_count=uints(),
    home_block=uints(),
)

PARAMS = st.builds(
    Params,
    mode=st.sampled_from(Mode),
    tolerance=st.one_of(st.integers(0, 10_001), uints(16)),
    commit_window=uints(32),
    fuel_limit=uints(64),
    expires_at=uints(64),
)

OUTCOMES = st.builds(Outcome, st.sampled_from(Status), uints(64), st.binary(max_size=896))


@st.composite
def distributions(draw: st.DrawFn, most: int = 12) -> StakeDistribution:
    """Distributions of a small village's stake, so that two of them have nodes in common; full ones too."""
    village = st.integers(1, 12) if draw(st.integers(0, 19)) else st.integers(1, MAX_SEATS)
    numbers = draw(st.sets(village, max_size=most))
    if draw(st.integers(0, 39)) == 0:
        numbers = set(range(1, MAX_SEATS + 1))
    weights = st.one_of(WEIGHTS, st.just(2**96 - 1))
    nodes = (to_address(number.to_bytes(20, "big")) for number in numbers)
    return StakeDistribution.of((node, Weight(draw(weights))) for node in nodes)


@st.composite
def median_values(draw: st.DrawFn) -> list[int]:
    """A few values near a common centre: ties, negatives, zero, the limits of the range."""
    centre = draw(st.sampled_from([0, 1, -1, 100, -100, 10_000, -10_000, 10**30, MAX_MEDIAN, -MAX_MEDIAN]))
    near = st.integers(max(-MAX_MEDIAN, centre - 500), min(MAX_MEDIAN, centre + 500))
    far = st.one_of(st.integers(-MAX_MEDIAN, MAX_MEDIAN), st.sampled_from([0, MAX_MEDIAN, -MAX_MEDIAN]))
    return draw(st.lists(st.one_of(near, near, far), min_size=1, max_size=6))


@st.composite
def rounds(draw: st.DrawFn, most: int = 24) -> tuple[Params, int, list[Ballot]]:
    """Rules, total weight and ballots in commit order; totals near twice the agreeing weight now and then."""
    mode = draw(st.sampled_from(Mode))
    pool = draw(_words_of(mode))
    count = draw(st.one_of(st.integers(1, 6), st.integers(1, most)))
    words = draw(st.lists(st.sampled_from([*pool, pool[0], None]), min_size=count, max_size=count))
    weights = draw(st.lists(WEIGHTS, min_size=count, max_size=count))
    payouts = draw(st.lists(st.integers(1, 4), min_size=count, max_size=count))
    ballots = [
        Ballot(
            node=to_address(bytes([0xAA]) * 18 + i.to_bytes(2, "big")),
            payout=to_address(bytes([payout]) * 20),
            weight=Weight(weight),
            word=word,
        )
        for i, (word, weight, payout) in enumerate(zip(words, weights, payouts, strict=True))
    ]
    tolerance = draw(st.one_of(st.integers(0, 500), st.just(10_000))) if mode is Mode.MEDIAN else 0
    rules = Params(
        mode=mode, tolerance=tolerance, commit_window=60, fuel_limit=Fuel(0), expires_at=Timestamp(0)
    )
    return rules, draw(_totals(ballots)), ballots


def _words_of(mode: Mode) -> st.SearchStrategy[list[bytes]]:
    if mode is Mode.MEDIAN:
        return median_values().map(lambda values: [signed_word(value) for value in values])
    return st.lists(WORDS, min_size=1, max_size=4)


def _totals(ballots: Sequence[Ballot]) -> st.SearchStrategy[int]:
    """All weight of an epoch: at least what committed; often just at or beside twice some answer's weight."""
    committed = sum(ballot.weight for ballot in ballots)
    answers = {ballot.word for ballot in ballots if ballot.word is not None}
    sums = [sum(ballot.weight for ballot in ballots if ballot.word == word) for word in answers]
    edges = {max(committed, 2 * each + more) for each in [*sums, committed] for more in (-1, 0, 1)}
    return st.one_of(st.sampled_from(sorted(edges)), st.integers(committed, 2 * committed))
