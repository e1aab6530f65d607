"""Preimages, params, outcomes, trees, rewards: mirror and contracts agree on all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from bare_evm.contracts import Contract, Reverted
from bare_evm.evm import START, Evm
from hypothesis import given
from hypothesis import strategies as st

from chainboy.consensus import encoding
from chainboy.consensus.fields import to_address
from chainboy.consensus.merkle import Accumulator, WinnerTree
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Bounds, Mode, Params
from chainboy.consensus.profiles import GatewayProfile, HubProfile, RegistryProfile
from chainboy.consensus.record import Record
from chainboy.consensus.refusal import Refused
from chainboy.consensus.request import Request
from chainboy.consensus.rewards import share_of, split_reward, treasury_share
from chainboy.consensus.tally import Ballot, tally, word_of
from chainboy.errors import EncodingError
from chainboy.testing.strategies import ADDRESSES, OUTCOMES, PARAMS, RECORDS, REQUESTS, WORDS, rounds, uints

BOUNDS = st.builds(Bounds, min_commit_window=uints(33), max_commit_window=uints(33), max_fuel=uints(65))


def ended(call: Callable[[], Any]) -> Any:
    """What a call gives, or the name and arguments of its refusal, on either side."""
    try:
        return "gave", call()
    except (Refused, Reverted) as refusal:
        return refusal.name, refusal.arguments


def struct(value: Any) -> tuple[Any, ...]:
    """A frozen class as the ABI's tuple."""
    return attrs.astuple(value)


@given(request=REQUESTS)
def test_requests(harness: Contract, request: Request) -> None:
    """Hash and task id."""
    fields = struct(request)[2:]
    assert request.hash == harness.view("requestHash", fields, request.chain_id, request.gateway)
    assert request.task_id == harness.view("taskId", request.hash, request.params)


@given(record=RECORDS)
def test_records(harness: Contract, record: Record) -> None:
    """The accumulator's leaf."""
    assert record.hash == harness.view("recordHash", struct(record))


@given(rank=uints(), node=ADDRESSES, payout=ADDRESSES, weight=uints())
def test_winner_leaves(harness: Contract, rank: int, node: str, payout: str, weight: int) -> None:
    """The winner tree's leaf."""
    leaf = encoding.winner_leaf(rank, node, payout, weight)
    assert leaf == harness.view("winnerLeaf", rank, node, payout, weight)


@given(task=WORDS, attempt=uints(), node=ADDRESSES, outcome=WORDS, salt=WORDS)
def test_commitments(
    harness: Contract, *, task: bytes, attempt: int, node: str, outcome: bytes, salt: bytes
) -> None:
    """What a node commits to."""
    made = encoding.commitment(task, attempt, node, outcome, salt)
    assert made == harness.view("commitment", task, attempt, node, outcome, salt)


@given(word=st.one_of(PARAMS.map(Params.pack), uints()), bounds=BOUNDS)
def test_params(harness: Contract, word: int, bounds: Bounds) -> None:
    """Which words are rules, and by which error the others are refused."""
    mirrored = ended(lambda: Params.unpack(word).validate(bounds))
    assert mirrored == ended(lambda: harness.view("validate", word, struct(bounds)) or None)


@given(params=PARAMS)
def test_params_layout(harness: Contract, params: Params) -> None:
    """Every field of the word."""
    fields = (params.mode, params.tolerance, params.commit_window, params.fuel_limit, params.expires_at)
    assert harness.view("unpack", params.pack()) == fields


def _damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """Bytes that are nearly an outcome."""
    spot, other = st.integers(0, max(0, len(data) - 1)), st.integers(0, 255)
    changed = st.builds(lambda at, byte: data[:at] + bytes([byte]) + data[at + 1 :], spot, other)
    cut, longer = spot.map(lambda at: data[:at]), st.binary(max_size=32).map(lambda more: data + more)
    return st.one_of(changed, cut, longer)


EDGES = [encoding.signed_word(value) for value in (2**200, -(2**200), 2**200 + 1, -(2**200) - 1)]
PAYLOADS = st.one_of(WORDS, st.integers(-(2**201), 2**201).map(encoding.signed_word), st.sampled_from(EDGES))
WORD_OUTCOMES = st.builds(
    Outcome, st.sampled_from([Status.OK, Status.OK, Status.RAISED]), uints(64), PAYLOADS
)
ENCODED = st.one_of(OUTCOMES, WORD_OUTCOMES).map(Outcome.encode)
NEARLY = st.one_of(ENCODED, ENCODED.flatmap(_damaged), st.binary(max_size=1_100))


@given(mode=st.sampled_from(Mode), data=NEARLY)
def test_words(harness: Contract, mode: Mode, data: bytes) -> None:
    """Which outcomes a mode takes, and what of them is compared."""
    good, word = harness.view("wordOf", mode, data)
    try:
        assert (word_of(mode, data), True) == (word, good)
    except EncodingError:
        assert not good


@given(data=NEARLY)
def test_outcomes(harness: Contract, data: bytes) -> None:
    """What a consumer is told; anything but a canonical encoding reads as aborted."""
    try:
        read = Outcome.decode(data)
    except EncodingError:
        read = Outcome(Status.ABORTED, 0, b"")
    if len(data) <= 1_024:
        assert harness.view("readOutcome", data) == (read.status, read.payload)


def _decide(harness: Contract, task: bytes, rules: Params, total: int, ballots: list[Ballot]) -> Any:
    counted = tally(task, rules, total, ballots)
    shown = [(b.node, b.payout, b.weight, choice) for b, choice in zip(ballots, counted.choices, strict=True)]
    given = (task, rules.pack(), total, list(counted.words), list(counted.weights), shown)
    return struct(counted.record), harness.view("decide", *given)


@given(task=WORDS, round_=rounds())
def test_tallies(harness: Contract, task: bytes, round_: tuple[Params, int, list[Ballot]]) -> None:
    """The record of any round, in every mode."""
    mirrored, decided = _decide(harness, task, *round_)
    assert mirrored == decided


@pytest.mark.parametrize("mode", list(Mode))
def test_the_largest_tally(harness: Contract, mode: Mode) -> None:
    """256 nodes, all of another answer where the mode lets them agree, else most of one."""
    tolerance = 500 if mode is Mode.MEDIAN else 0
    rules = Params(mode=mode, tolerance=tolerance, commit_window=1, fuel_limit=0, expires_at=0)
    answers = [i // 200 if mode is Mode.EXACT else 7 * i - 100_000 for i in range(256)]
    ballots = [
        Ballot(
            node=_address(i), payout=_address(i + 999), weight=10**24 - i, word=encoding.signed_word(answer)
        )
        for i, answer in enumerate(answers)
    ]
    total = sum(ballot.weight for ballot in ballots)
    mirrored, decided = _decide(harness, bytes(32), rules, total, ballots)
    assert mirrored == decided
    assert decided[2] > total // 2


def _address(number: int) -> str:
    return to_address(number.to_bytes(20, "big"))


@given(leaves=st.lists(WORDS, min_size=1, max_size=40))
def test_winner_trees(harness: Contract, leaves: list[bytes]) -> None:
    """The root over any number of winners."""
    assert WinnerTree(leaves).root == harness.view("winnersRoot", leaves)


@given(leaves=st.lists(WORDS, max_size=6))
def test_accumulators(evm: Evm, harness: Contract, leaves: list[bytes]) -> None:
    """Index and root after every record."""
    before = evm.snapshot()
    mirror = Accumulator()
    assert mirror.root == harness.view("recordsRoot")
    for leaf in leaves:
        assert mirror.append(leaf) == harness.send("pushRecord", leaf)[0]
        assert mirror.root == harness.view("recordsRoot")
    evm.revert(before)


@given(price=uints(), rest=uints(104), count=st.integers(0, 257), rank=st.integers(0, 257), weight=uints(104))
def test_shares(harness: Contract, *, price: int, rest: int, count: int, rank: int, weight: int) -> None:
    """One winner's share and the treasury's, whatever the figures."""
    assert share_of(price, rest, count, rank, weight) == harness.view(
        "rewardOf", price, rest, count, rank, weight
    )
    assert treasury_share(price, count) == harness.view("treasuryShareOf", price, count)


@given(price=uints(), weights=st.lists(uints(96, 1), min_size=1, max_size=12))
def test_splits(harness: Contract, price: int, weights: list[int]) -> None:
    """Every share of a split, to the wei; what is left is dust."""
    split = split_reward(price, weights)
    rest, count = sum(weights[2:]), len(weights)
    shares = tuple(
        harness.view("rewardOf", price, rest, count, rank, weight) for rank, weight in enumerate(weights)
    )
    treasury = harness.view("treasuryShareOf", price, count)
    assert (split.shares, split.treasury, split.dust) == (shares, treasury, price - treasury - sum(shares))
    assert 0 <= split.dust < count


EPOCHS = st.one_of(st.integers(0, 10), st.sampled_from([42, 9_999, 10_000, 10_001]))
SHARES = st.one_of(st.integers(0, 5), st.sampled_from([9_999, 10_000, 10_001]))
REGISTRIES = st.builds(
    RegistryProfile,
    genesis_time=st.sampled_from([0, START - 1, START, START + 1]),
    epoch_length=st.one_of(st.integers(0, 3), st.integers(0, 10_000)),
    unbonding_epochs=EPOCHS,
    idle_epochs=EPOCHS,
    max_active=st.sampled_from([0, 1, 255, 256, 257]),
    min_bond=st.integers(0, 3),
    min_active_weight=st.integers(0, 3),
    unrevealed_share=SHARES,
    random_share=SHARES,
    forgery_share=SHARES,
)
SECONDS = st.one_of(
    st.integers(0, 3),
    st.integers(0, 5_000),
    st.sampled_from([limit + by for limit in (2**31, 2**32, 2**40) for by in (-1, 0)]),
)
TIGHT = st.builds(Bounds, min_commit_window=SECONDS, max_commit_window=SECONDS, max_fuel=uints(65))
HUBS = st.builds(
    HubProfile,
    bounds=TIGHT,
    reveal_window=SECONDS,
    phase_blocks=st.one_of(st.integers(18, 22), SECONDS),
    block_time=st.integers(0, 3),
    attempt_life=SECONDS,
    max_task_life=SECONDS,
    min_seal_interval=SECONDS,
    listing_delay=SECONDS,
)
GATEWAYS = st.builds(
    GatewayProfile,
    bounds=TIGHT,
    reveal_window=SECONDS,
    settle_time=SECONDS,
    max_task_life=SECONDS,
    refund_margin=SECONDS,
    min_price=st.just(0),
    max_callback_gas=st.sampled_from([0, 7_500_000, 7_500_001]),
)


@given(profile=REGISTRIES)
def test_registry_profiles(harness: Contract, profile: RegistryProfile) -> None:
    """Which are refused, by which relation."""
    mirrored = ended(lambda: profile.validate(START))
    assert mirrored == ended(lambda: harness.view("requireRegistryProfile", struct(profile)) or None)


@given(hub=HUBS, registry=REGISTRIES)
def test_hub_profiles(harness: Contract, hub: HubProfile, registry: RegistryProfile) -> None:
    """Which are refused, by which relation."""
    mirrored = ended(lambda: hub.validate(registry))
    assert mirrored == ended(lambda: harness.view("requireHubProfile", struct(hub), struct(registry)) or None)


@given(profile=GATEWAYS)
def test_gateway_profiles(harness: Contract, profile: GatewayProfile) -> None:
    """Which are refused, by which relation."""
    mirrored = ended(lambda: profile.validate(30_000_000))
    assert mirrored == ended(lambda: harness.view("requireGatewayProfile", struct(profile)) or None)
