"""Tallies, rewards and trees hold their laws for every round, against definitions written out plainly."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chainboy.consensus.encoding import signed_word
from chainboy.consensus.majority import value_of
from chainboy.consensus.merkle import DEPTH, Accumulator, WinnerTree, verify
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.rewards import split_reward
from chainboy.consensus.tally import UNREVEALED, Ballot, tally
from chainboy.testing.strategies import WEIGHTS, WORDS, rounds, uints

Round = tuple[Params, int, list[Ballot]]
TASK = bytes(32)


def agreeing_by_definition(rules: Params, total: int, ballots: list[Ballot]) -> list[Ballot]:
    """Who wins, by the protocol's words and in fractions."""
    seen = [ballot for ballot in ballots if ballot.word is not None]
    found: list[Ballot] = seen
    if rules.mode is Mode.EXACT:
        by_word = [[b for b in seen if b.word == a.word] for a in seen]
        found = max(by_word, key=lambda group: sum(b.weight for b in group), default=[])
    if rules.mode is Mode.MEDIAN and seen:
        values = {value_of(b.word or b"") for b in seen}
        half = Fraction(sum(b.weight for b in seen), 2)
        up_to = {v: sum(b.weight for b in seen if value_of(b.word or b"") <= v) for v in values}
        middle = min(v for v in values if up_to[v] >= half)
        reach = Fraction(rules.tolerance * abs(middle), 10_000)
        found = [b for b in seen if abs(value_of(b.word or b"") - middle) <= reach]
    return found if Fraction(sum(b.weight for b in found)) > Fraction(total, 2) else []


@given(round_=rounds())
def test_winners_by_definition(round_: Round) -> None:
    """The majority's nodes, in commit order, with dense ranks and their own weights."""
    rules, total, ballots = round_
    counted = tally(TASK, rules, total, ballots)
    expected = agreeing_by_definition(rules, total, ballots)
    assert [(w.rank, w.node, w.payout, w.weight) for w in counted.winners] == [
        (rank, ballot.node, ballot.payout, ballot.weight) for rank, ballot in enumerate(expected)
    ]
    assert counted.record.agreeing_weight == sum(ballot.weight for ballot in expected)
    assert counted.record.rest_weight == sum(ballot.weight for ballot in expected[2:])


@given(round_=rounds())
def test_what_finalize_is_shown(round_: Round) -> None:
    """Words are distinct and ascend; every ballot is in one word's weight or in the bitmap."""
    rules, total, ballots = round_
    counted = tally(TASK, rules, total, ballots)
    values = [value_of(word) for word in counted.words]
    assert values == sorted(set(values))
    for position, (ballot, choice) in enumerate(zip(ballots, counted.choices, strict=True)):
        unrevealed = bool(counted.unrevealed >> position & 1)
        assert unrevealed == (choice == UNREVEALED) == (ballot.word is None)
        assert unrevealed or counted.words[choice] == ballot.word
    revealed = sum(ballot.weight for ballot in ballots if ballot.word is not None)
    assert sum(counted.weights) == revealed
    assert counted.unrevealed < 1 << len(ballots)


@given(round_=rounds(), order=st.randoms(use_true_random=False))
def test_order_decides_ranks_alone(round_: Round, order: Any) -> None:
    """Whoever commits first, the same answer wins with the same weight; but RANDOM draws by the order."""
    rules, total, ballots = round_
    shuffled = list(ballots)
    order.shuffle(shuffled)
    one, other = tally(TASK, rules, total, ballots), tally(TASK, rules, total, shuffled)
    assert one.record.agreeing_weight == other.record.agreeing_weight
    assert {winner.node for winner in one.winners} == {winner.node for winner in other.winners}
    assert (one.words, one.weights) == (other.words, other.weights)
    if rules.mode is not Mode.RANDOM:
        assert one.record.outcome_hash == other.record.outcome_hash


@given(
    values=st.lists(st.integers(-(2**200), 2**200), min_size=1, max_size=9), honest=st.integers(-1_000, 1_000)
)
def test_a_majority_of_equals_is_the_median(values: list[int], honest: int) -> None:
    """What more than half of the weight says is the median, whatever the others say."""
    answers = values + [honest] * (len(values) + 1)
    node = "0x" + "00" * 20
    ballots = [Ballot(node=node, payout=node, weight=1, word=signed_word(answer)) for answer in answers]
    rules = Params(mode=Mode.MEDIAN, tolerance=0, commit_window=1, fuel_limit=1, expires_at=1)
    counted = tally(TASK, rules, len(answers), ballots)
    assert counted.outcome is not None
    assert counted.outcome.payload == signed_word(honest)


@given(price=uints(), weights=st.lists(WEIGHTS, min_size=1, max_size=40))
def test_every_wei_is_accounted_for(price: int, weights: list[int]) -> None:
    """Shares, treasury and dust make up the price; dust is less than the winners are."""
    split = split_reward(price, weights)
    assert sum(split.shares) + split.treasury + split.dust == price
    assert 0 <= split.dust < len(weights)
    assert min(split.shares) >= 0
    assert 5 * split.treasury >= price


@given(price=uints(), weights=st.lists(WEIGHTS, min_size=3, max_size=12))
def test_shares_are_exact_but_for_a_wei(price: int, weights: list[int]) -> None:
    """Each is the true fraction of the pool, rounded down."""
    pool, rest = price // 2, sum(weights[2:])
    for share, weight in zip(split_reward(price, weights).shares[2:], weights[2:], strict=True):
        assert 0 <= Fraction(pool * weight, rest) - share < 1


@given(leaves=st.lists(WORDS, min_size=1, max_size=40, unique=True), pick=st.integers(0, 39), other=WORDS)
def test_proofs_prove_their_leaf_alone(leaves: list[bytes], pick: int, other: bytes) -> None:
    """In both trees, for every leaf; nothing else passes by the same siblings."""
    index = pick % len(leaves)
    winners, records = WinnerTree(leaves), Accumulator(leaves)
    assert len(records.proof(index)) == DEPTH
    for tree in (winners, records):
        assert verify(leaves[index], tree.proof(index), tree.root)
        assert other == leaves[index] or not verify(other, tree.proof(index), tree.root)


@given(leaves=st.lists(WORDS, max_size=30), more=st.lists(WORDS, max_size=5))
def test_records_are_only_appended(leaves: list[bytes], more: list[bytes]) -> None:
    """A tree that grew is the tree of all its records."""
    grown = Accumulator(leaves)
    for leaf in more:
        grown.append(leaf)
    assert grown.root == Accumulator([*leaves, *more]).root


@given(leaves=st.lists(WORDS, min_size=1, max_size=40), data=st.data())
def test_records_of_before_are_still_provable(leaves: list[bytes], data: st.DataObject) -> None:
    """For every size a tree once had, as if it had never grown."""
    count = data.draw(st.integers(1, len(leaves)))
    index = data.draw(st.integers(0, count - 1))
    tree, rebuilt = Accumulator(leaves), Accumulator(leaves[:count])
    assert tree.root_at(count) == rebuilt.root
    assert tree.proof(index, count) == rebuilt.proof(index)
