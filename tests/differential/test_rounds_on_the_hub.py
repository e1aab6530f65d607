"""Whole rounds on registry, hub and gateway: mirror and contracts agree from the bond to the last wei."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from bare_evm.contracts import artifact
from bare_evm.world import FLAWS, HUB, REGISTRY, TREASURER, Node, World
from hypothesis import given
from hypothesis import strategies as st

from chainboy.consensus import encoding
from chainboy.consensus.escrow import Claim
from chainboy.consensus.fields import to_address
from chainboy.consensus.merkle import WinnerTree
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.request import Request
from chainboy.consensus.rewards import split_reward
from chainboy.consensus.round_book import CommitEntry, RevealEntry
from chainboy.consensus.tally import UNREVEALED
from chainboy.testing.strategies import WEIGHTS, median_values

PAYOUTS = [to_address(bytes([n]) * 20) for n in range(0xD0, 0xD4)]
REQUESTER, RELAYER = (to_address(bytes([n]) * 20) for n in (0xE1, 0xE2))
SALT = b"\x5a" * 32
BLOCK_GAS = 4_500_000
"""What the largest finalize must stay below."""


@pytest.fixture(scope="module")
def world() -> World:
    """Contracts without nodes; every example forks it."""
    return World(attrs.evolve(REGISTRY, max_active=256, min_bond=1, min_active_weight=1))


@attrs.frozen
class Voter:
    """What one node does in a round: an outcome or none, revealed or not, and how it is tampered with."""

    weight: int
    payout: str
    outcome: bytes
    commits: bool
    reveals: bool
    flaw: str
    change: str


def _outcomes(mode: Mode, answers: list[int]) -> st.SearchStrategy[bytes]:
    answer = st.sampled_from(answers)
    if mode is Mode.EXACT:
        return answer.map(lambda value: Outcome(Status.OK, 3, encoding.signed_word(value)).encode())
    fuel = st.integers(0, 9) if mode is Mode.MEDIAN else st.just(0)
    good = st.builds(
        lambda value, spent: Outcome(Status.OK, spent, encoding.signed_word(value)).encode(), answer, fuel
    )
    return st.one_of(good, good, good, good, st.just(b"malformed"))


@st.composite
def rounds(draw: st.DrawFn) -> tuple[Params, list[Voter]]:
    """Rules and voters; mostly honest, so that most rounds come to a record with winners."""
    mode = draw(st.sampled_from(Mode))
    answers = draw(median_values())
    voters = st.builds(
        Voter,
        weight=WEIGHTS,
        payout=st.sampled_from(PAYOUTS),
        outcome=_outcomes(mode, [answers[0], *answers]),
        commits=st.sampled_from([True, True, True, True, False]),
        reveals=st.sampled_from([True, True, True, True, False]),
        flaw=st.sampled_from(["", "", "", "", "", "", *FLAWS]),
        change=st.sampled_from(["", "", "", "", "salt", "weight", "payout", "outcome"]),
    )
    tolerance = draw(st.sampled_from([0, 100, 10_000])) if mode is Mode.MEDIAN else 0
    rules = Params(
        mode=mode,
        tolerance=tolerance,
        commit_window=draw(st.integers(10, 100)),
        fuel_limit=0 if mode is Mode.RANDOM else 9,
        expires_at=0,
    )
    return rules, draw(st.lists(voters, min_size=1, max_size=7))


def _ask(world: World, rules: Params, value: int = 1_003) -> Request:
    program = bytes(32) if rules.mode is Mode.RANDOM else b"\x01" * 32
    word = attrs.evolve(rules, expires_at=world.now + 1_000).pack()
    done = world.request(program, b"input", word, 0, 3, sender=REQUESTER, value=value)
    request: Request = done.value
    return request


def _commit(world: World, request: Request, node: Node, voter: Voter) -> tuple[CommitEntry, bytes]:
    hashed = encoding.keccak(voter.outcome)
    made = encoding.commitment(request.task_id, 1, node.address, hashed, SALT)
    entry = CommitEntry(node=node.address, attempt=1, commitment=made, deadline=world.now + 1)
    return world.signed(node, request.task_id, entry, voter.flaw)


def _reveal(node: Node, voter: Voter, change: str = "") -> RevealEntry:
    entry = RevealEntry(
        node=node.address, payout=voter.payout, weight=voter.weight, outcome=voter.outcome, salt=SALT
    )
    other: dict[str, Any] = {
        "": {},
        "salt": {"salt": bytes(32)},
        "weight": {"weight": voter.weight + 1},
        "payout": {"payout": RELAYER},
        "outcome": {"outcome": voter.outcome + b"\0"},
    }
    return attrs.evolve(entry, **other[change])


@given(shape=rounds(), shuffled=st.randoms(use_true_random=False))
def test_rounds(world: World, shape: tuple[Params, list[Voter]], shuffled: Any) -> None:
    """Bond, ask, commit, reveal, finalize, slash, deliver, claim: the same on both sides, refusals too."""
    rules, voters = shape
    with world.fork():
        crew = list(zip(world.nodes, voters, strict=False))
        for node, voter in crew:
            world.join(node, voter.weight, payout=voter.payout)
        world.next_epoch()
        request = _ask(world, rules)
        entries = [_commit(world, request, node, voter) for node, voter in crew if voter.commits]
        shuffled.shuffle(entries)
        world.commit(request.hash, request.params, entries, sender=RELAYER)
        world.compare_round(request.task_id)
        world.finalize(request.hash, request.params)
        world.advance(rules.commit_window, HUB.commit_blocks(rules.commit_window))
        tampered = [_reveal(node, voter, voter.change) for node, voter in crew if voter.change]
        world.reveal(request.task_id, tampered, sender=RELAYER)
        world.reveal(request.task_id, [_reveal(node, voter) for node, voter in crew if voter.reveals])
        world.finalize(request.hash, request.params)
        world.advance(50, 20)
        world.finalize(request.hash, request.params)
        world.slash_unrevealed(request.task_id, [node.address for node in world.nodes])
        world.compare_round(request.task_id)
        world.compare_stake()
        _settle(world, request, [voter.outcome for voter in voters])


def _settle(world: World, request: Request, outcomes: list[bytes]) -> None:
    counted = world.rounds.tallies.get(request.task_id)
    if counted is None:
        world.advance(2_000, 1)
        assert not world.refund(request).refused
    else:
        made = [counted.outcome.encode()] if counted.outcome else outcomes
        candidates = [each for each in made if encoding.keccak(each) == counted.record.outcome_hash]
        outcome = candidates[0] if counted.record.has_consensus else b""
        assert not world.deliver(request, counted.record, outcome, sender=RELAYER).refused
    if counted and counted.winners:
        claims = claims_of(world, request)
        assert set(world.claim(claims)) == {""}
        assert set(world.claim(claims)) == {"AlreadyClaimed"}
        split = split_reward(request.price, [winner.weight for winner in counted.winners])
        assert sum(map(world.escrow.credit_of, PAYOUTS)) == sum(split.shares)
        assert world.escrow.treasury == split.treasury
    for holder in (REQUESTER, RELAYER, *PAYOUTS):
        world.withdraw(holder, sender=holder)
    world.move_treasury(TREASURER, world.escrow.treasury, sender=TREASURER)
    world.compare_money([REQUESTER, RELAYER, *PAYOUTS], [request.task_id])


def claims_of(world: World, request: Request) -> list[Claim]:
    """All that can be claimed of a delivered task."""
    counted = world.rounds.tallies[request.task_id]
    tree = WinnerTree([winner.leaf for winner in counted.winners])
    return [
        Claim(
            task_id=request.task_id,
            price=request.price,
            winners_root=counted.record.winners_root,
            rest_weight=counted.record.rest_weight,
            winners_count=counted.record.winners_count,
            rank=winner.rank,
            node=winner.node,
            payout=winner.payout,
            weight=winner.weight,
            proof=tree.proof(winner.rank),
        )
        for winner in counted.winners
    ]


@given(
    answers=st.lists(st.integers(0, 2), min_size=2, max_size=5),
    spot=st.integers(0, 4),
    change=st.sampled_from(
        ["node", "payout", "weight", "choice", "unrevealed", "drop", "swap", "words", "more"]
    ),
)
def test_what_finalize_is_shown(world: World, answers: list[int], spot: int, change: str) -> None:
    """Whatever is left out, moved or changed is refused alike on both sides."""
    rules = Params(mode=Mode.MEDIAN, tolerance=10_000, commit_window=10, fuel_limit=9, expires_at=0)
    with world.fork():
        voters = [
            Voter(
                5,
                PAYOUTS[0],
                Outcome(Status.OK, 0, encoding.signed_word(answer)).encode(),
                True,
                True,
                "",
                "",
            )
            for answer in answers
        ]
        crew = list(zip(world.nodes, voters, strict=False))
        for node, voter in crew:
            world.join(node, voter.weight, payout=voter.payout)
        world.next_epoch()
        request = _ask(world, rules)
        world.commit(
            request.hash, request.params, [_commit(world, request, *pair) for pair in crew], sender=RELAYER
        )
        world.reveal(request.task_id, [_reveal(*pair) for pair in crew[1:]])
        world.advance(60, 40)
        words, choices = map(list, world.rounds.choices(request.task_id))
        at = spot % len(choices)
        changes: dict[str, Any] = {
            "node": {"node": RELAYER},
            "payout": {"payout": RELAYER},
            "weight": {"weight": 6},
            "choice": {"choice": len(words)},
            "unrevealed": {"choice": UNREVEALED},
        }
        choices[at] = attrs.evolve(choices[at], **changes.get(change, {}))
        if change == "drop":
            del choices[at]
        if change == "swap":
            choices[at], choices[0] = choices[0], choices[at]
        if change == "words":
            words.reverse()
        if change == "more":
            words.append(encoding.signed_word(9))
        world.finalize(request.hash, request.params, words, choices)


@pytest.fixture(scope="module")
def full_world() -> World:
    """256 nodes, every seat taken, in the first epoch in which they are active."""
    world = World(attrs.evolve(REGISTRY, max_active=256, min_bond=1, min_active_weight=1), nodes=256)
    for number, node in enumerate(world.nodes):
        world.join(node, 10**21 + number, payout=PAYOUTS[number % 4])
    world.next_epoch()
    return world


@pytest.mark.parametrize("mode", list(Mode))
def test_256_nodes(full_world: World, mode: Mode) -> None:
    """The largest round, each node its own word where the mode lets them agree; it fits a block."""
    rules = Params(
        mode=mode,
        tolerance=500 if mode is Mode.MEDIAN else 0,
        commit_window=100,
        fuel_limit=0 if mode is Mode.RANDOM else 9,
        expires_at=0,
    )
    with full_world.fork():
        world = full_world
        request = _ask(world, rules)
        crew = [
            (node, Voter(10**21 + number, PAYOUTS[number % 4], _answer(mode, number), True, True, "", ""))
            for number, node in enumerate(world.nodes)
        ]
        for start in range(0, 256, 32):
            batch = [_commit(world, request, *pair) for pair in crew[start : start + 32]]
            assert set(world.commit(request.hash, request.params, batch, sender=RELAYER).value) == {""}
        for start in range(0, 256, 32):
            batch = [_reveal(*pair) for pair in crew[start : start + 32]]
            assert set(world.reveal(request.task_id, batch).value) == {""}
        assert not world.finalize(request.hash, request.params).refused
        assert world.rounds.tallies[request.task_id].record.has_consensus
        shown = world.rounds.choices(request.task_id)
        calldata = world.hub.data(
            "finalize", request.hash, request.params, shown[0], [attrs.astuple(c) for c in shown[1]]
        )
        paid = sum(16 if byte else 4 for byte in calldata)
        assert world.hub.gas + paid + 21_000 < BLOCK_GAS


def _answer(mode: Mode, number: int) -> bytes:
    if mode is Mode.EXACT:
        return Outcome(
            Status.OK, 1, encoding.signed_word(number if number % 2 and number < 200 else 0)
        ).encode()
    return Outcome(Status.OK, 0, encoding.signed_word(7 * number - 100_000)).encode()


def test_the_error_names_are_the_contracts_own() -> None:
    """What is compared by name here is what the compiled contracts declare."""
    names = {item["name"] for item in artifact("ConsensusHub")["abi"] if item["type"] == "error"}
    assert {"BallotsMismatch", "WordsMismatch", "RoundNotOver", "AlreadyFinalized"} <= names
