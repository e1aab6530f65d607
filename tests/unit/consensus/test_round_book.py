"""The hub's mirror: attempts, the quorum's clock, reveals, finalizing and slashing on worked examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from chainboy.consensus import encoding
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Bounds, Mode, Params
from chainboy.consensus.profiles import HubProfile, RegistryProfile
from chainboy.consensus.refusal import Refused
from chainboy.consensus.round import BallotState, Moment
from chainboy.consensus.round_book import Choice, CommitEntry, RevealEntry, RoundBook
from chainboy.consensus.stake import StakeBook
from chainboy.consensus.tally import UNREVEALED

REGISTRY = RegistryProfile(
    genesis_time=0,
    epoch_length=1_000,
    unbonding_epochs=4,
    idle_epochs=20,
    max_active=256,
    min_bond=1,
    min_active_weight=10,
    unrevealed_share=1_000,
    random_share=5_000,
    forgery_share=5_000,
)
BOUNDS = Bounds(min_commit_window=10, max_commit_window=100, max_fuel=1_000)
HUB = HubProfile(
    bounds=BOUNDS,
    reveal_window=50,
    phase_blocks=20,
    block_time=3,
    attempt_life=200,
    max_task_life=2_000,
    min_seal_interval=10,
    listing_delay=60,
)
HUB_ADDRESS, OWNER, PAYOUT, RELAYER = (to_address(bytes([n]) * 20) for n in (1, 2, 3, 4))
NODES = [to_address(bytes([n]) * 20) for n in range(100, 106)]
BONDS = (40, 30, 20, 10)
REQUEST_HASH, SALT = b"\x05" * 32, b"\x06" * 32
START = Moment(1_000, 1_100)
"""Early in epoch 1, the first one with active nodes."""

RULES = Params(mode=Mode.EXACT, commit_window=50, fuel_limit=9, expires_at=2_000)
OUTCOME = Outcome(Status.OK, 3, b"yes").encode()
OTHER = Outcome(Status.OK, 3, b"no").encode()


def later(moment: Moment, seconds: int, blocks: int) -> Moment:
    """A block after another."""
    return Moment(moment.number + blocks, moment.timestamp + seconds)


class Stage:
    """A hub over four nodes of 40, 30, 20 and 10 tokens, and one task."""

    def __init__(self, rules: Params = RULES) -> None:
        self.registry = StakeBook(REGISTRY, hub=HUB_ADDRESS, treasurer=OWNER)
        for node, amount in zip(NODES, BONDS, strict=False):
            self.registry.register(node, PAYOUT, signed=True, sender=OWNER, now=0)
            self.registry.bond(node, amount, sender=OWNER, now=0)
            self.registry.enter(node, ZERO_ADDRESS, sender=OWNER, now=0)
        self.hub = RoundBook(HUB, self.registry)
        self.word = rules.pack()
        self.task = encoding.task_id(REQUEST_HASH, self.word)
        self.attempt = 1

    def entry(self, node: str, outcome: bytes = OUTCOME, **changes: object) -> CommitEntry:
        """A node's commitment, signed."""
        hashed = encoding.keccak(outcome)
        made = encoding.commitment(self.task, self.attempt, node, hashed, SALT)
        entry = CommitEntry(node=node, attempt=self.attempt, commitment=made, deadline=10**9, signed=True)
        return attrs.evolve(entry, **changes)

    def commit(self, *entries: CommitEntry, at: Moment = START, sender: str = RELAYER) -> tuple[str, ...]:
        """Carry some commitments."""
        return self.hub.commit(REQUEST_HASH, self.word, entries, sender=sender, at=at)

    def opening(self, node: str, outcome: bytes = OUTCOME, **changes: object) -> RevealEntry:
        """A node's preimage."""
        weight = BONDS[NODES.index(node)] if node in NODES[:4] else 1
        entry = RevealEntry(node=node, payout=PAYOUT, weight=weight, outcome=outcome, salt=SALT)
        return attrs.evolve(entry, **changes)

    def reveal(self, *entries: RevealEntry, at: Moment) -> tuple[str, ...]:
        """Carry some preimages."""
        return self.hub.reveal(self.task, entries, at=at)

    def finalize(self, at: Moment, **changes: object) -> int:
        """Tally with what is there, or with something else."""
        words, choices = self.hub.choices(self.task)
        shown = {"words": words, "choices": choices, **changes}
        return self.hub.finalize(REQUEST_HASH, self.word, **shown, at=at)  # type: ignore[arg-type]


REVEALS = later(START, 50, 20)
"""The first block of the reveal phase when the quorum was at the start."""

OVER = later(START, 100, 40)
"""The first block after the reveal phase."""


def refuses(name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[object, ...]:
    """The refusal's arguments; the call must be refused by this name."""
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    assert refused.value.name == name
    return refused.value.arguments


def test_the_first_commit_opens_an_attempt_without_a_clock() -> None:
    """Only the block where more than half has committed starts it."""
    stage = Stage()
    assert stage.commit(stage.entry(NODES[0])) == ("",)
    round_ = stage.hub.round_of(stage.task)
    assert (round_.attempt, round_.epoch, round_.committed) == (1, 1, 1)
    assert (round_.opened_at, round_.commit_ends_at_block, round_.missing_weight) == (1_100, 0, 11)
    stage.commit(stage.entry(NODES[3]), at=later(START, 5, 1))
    assert not stage.hub.round_of(stage.task).has_quorum
    stage.commit(stage.entry(NODES[2]), at=later(START, 9, 2))
    round_ = stage.hub.round_of(stage.task)
    assert (round_.commit_ends_at_block, round_.commit_ends_at) == (1_022, 1_159)
    assert (round_.opened_at, round_.missing_weight) == (0, 30)
    assert not round_.is_void(later(START, 10**6, 1))


def test_half_is_no_quorum() -> None:
    """Weight must exceed half of all."""
    stage = Stage()
    stage.commit(stage.entry(NODES[0]), stage.entry(NODES[3]))
    assert not stage.hub.round_of(stage.task).has_quorum


def test_entries_that_cannot_be_taken_are_passed_over() -> None:
    """Each with the reason it alone deserves; the others count."""
    stage = Stage()
    refusals = stage.commit(
        stage.entry(NODES[0], attempt=2),
        stage.entry(NODES[0], signed=False),
        stage.entry(NODES[0], signed=None),
        stage.entry(NODES[0], deadline=1_100),
        stage.entry(NODES[5]),
        stage.entry(NODES[0], deadline=1_101),
        stage.entry(NODES[0]),
    )
    unsigned = ("BadSignature", "BadSignature", "SignatureExpired")
    assert refusals == ("WrongAttempt", *unsigned, "NotActive", "", "AlreadyCommitted")
    assert stage.commit(stage.entry(NODES[1], signed=None), sender=NODES[1]) == ("",)


def test_nothing_is_opened_by_what_is_passed_over() -> None:
    """A batch without a good entry leaves no attempt behind."""
    stage = Stage()
    assert stage.commit(stage.entry(NODES[5])) == ("NotActive",)
    assert stage.commit() == ()
    assert stage.hub.round_of(stage.task).attempt == 0


def test_rules_are_checked_at_commit() -> None:
    """By the same names as at the gateway."""
    stage = Stage(attrs.evolve(RULES, commit_window=9))
    refuses("CommitWindowOutOfRange", stage.commit, stage.entry(NODES[0]))


def test_too_late_and_too_early_to_commit() -> None:
    """Until quorum both windows must fit before the expiry, which is not too far away."""
    stage = Stage()
    last = Moment(1_500, 1_900)
    assert refuses("TooLateToCommit", stage.commit, at=later(last, 1, 1)) == (2_000,)
    assert stage.commit(stage.entry(NODES[0]), at=last) == ("",)
    assert stage.hub.round_of(stage.task).is_over(last) is False
    far = Stage(attrs.evolve(RULES, expires_at=3_101))
    assert refuses("ExpiresTooLate", far.commit) == (3_101, 3_100)


def test_after_the_quorum_the_expiry_no_longer_matters() -> None:
    """The clock runs, whatever is left."""
    stage = Stage()
    last = Moment(1_500, 1_900)
    stage.commit(stage.entry(NODES[0]), stage.entry(NODES[1]), at=last)
    assert stage.commit(stage.entry(NODES[2]), at=later(last, 49, 1)) == ("",)


def test_nobody_is_active() -> None:
    """No attempt in an epoch without weight."""
    stage = Stage()
    assert refuses("NoActiveNodes", stage.commit, stage.entry(NODES[0]), at=Moment(10, 999)) == (0,)


def test_an_attempt_without_quorum_is_void() -> None:
    """The next commit opens the next one; who committed before may commit again."""
    stage = Stage()
    stage.commit(stage.entry(NODES[0]))
    dead = later(START, 200, 1)
    assert stage.commit(stage.entry(NODES[1]), at=dead) == ("WrongAttempt",)
    assert stage.hub.ballot_of(stage.task, 1, NODES[0]) is BallotState.COMMITTED
    stage.attempt = 2
    assert stage.commit(stage.entry(NODES[0]), at=dead) == ("",)
    round_ = stage.hub.round_of(stage.task)
    assert (round_.attempt, round_.committed, round_.opened_at) == (2, 1, 1_300)
    assert stage.hub.ballot_of(stage.task, 2, NODES[0]) is BallotState.COMMITTED
    assert stage.hub.ballot_of(stage.task, 2, NODES[1]) is BallotState.NONE
    assert stage.hub.ballot_of(stage.task, 3, NODES[1]) is BallotState.NONE


@pytest.mark.parametrize(
    ("seconds", "blocks", "over"),
    [(50, 20, True), (49, 20, False), (50, 19, False), (10**6, 19, False), (49, 10**6, False)],
)
def test_the_commit_phase_ends_in_seconds_and_in_blocks(seconds: int, blocks: int, over: bool) -> None:
    """Both must have passed; the windows are half-open."""
    stage = Stage()
    stage.commit(stage.entry(NODES[0]), stage.entry(NODES[1]))
    moment = later(START, seconds, blocks)
    if over:
        refuses("CommitPhaseOver", stage.commit, stage.entry(NODES[2]), at=moment)
        stage.reveal(at=moment)
    else:
        refuses("RevealPhaseNotOpen", stage.reveal, at=moment)
        assert stage.commit(stage.entry(NODES[2]), at=moment) == ("",)


@pytest.mark.parametrize(
    ("seconds", "blocks", "over"),
    [(100, 40, True), (99, 40, False), (100, 39, False), (10**6, 39, False)],
)
def test_the_round_ends_in_seconds_and_in_blocks(seconds: int, blocks: int, over: bool) -> None:
    """Reveals are taken until then, and only then is it finalized without all of them."""
    stage = Stage()
    stage.commit(stage.entry(NODES[0]), stage.entry(NODES[1]))
    moment = later(START, seconds, blocks)
    if over:
        refuses("RoundOver", stage.reveal, at=moment)
        assert stage.finalize(moment) == 0
    else:
        refuses("RoundNotOver", stage.finalize, moment)
        assert stage.reveal(stage.opening(NODES[0]), at=moment) == ("",)


@pytest.mark.parametrize(("window", "blocks"), [(10, 20), (60, 20), (61, 21), (62, 21), (63, 21), (64, 22)])
def test_long_windows_have_as_many_blocks_as_fit(window: int, blocks: int) -> None:
    """Else a chain that stalls at the end of one would leave nobody a block to reveal in."""
    stage = Stage(attrs.evolve(RULES, commit_window=window))
    stage.commit(stage.entry(NODES[0]), stage.entry(NODES[1]))
    stalled = later(START, window + HUB.reveal_window, blocks - 1)
    refuses("RevealPhaseNotOpen", stage.reveal, at=stalled)
    for wait in (1, HUB.phase_blocks):
        refuses("RoundNotOver", stage.finalize, later(stalled, 0, wait))
    assert stage.reveal(stage.opening(NODES[0]), at=later(stalled, 0, HUB.phase_blocks)) == ("",)
    refuses("RoundOver", stage.reveal, at=later(stalled, 0, 1 + HUB.phase_blocks))


def test_when_all_have_committed_revealing_starts_at_once() -> None:
    """And when all have revealed, so does finalizing."""
    stage = Stage()
    stage.commit(*map(stage.entry, NODES[:4]))
    refuses("CommitPhaseOver", stage.commit, stage.entry(NODES[0]))
    assert stage.reveal(*map(stage.opening, NODES[:3]), at=START) == ("", "", "")
    refuses("RoundNotOver", stage.finalize, START)
    stage.reveal(stage.opening(NODES[3]), at=START)
    assert stage.finalize(START) == 0
    assert refuses("AlreadyFinalized", stage.finalize, START) == (stage.task,)
    refuses("AlreadyFinalized", stage.commit, stage.entry(NODES[0]))


def test_reveals_are_checked() -> None:
    """Only the preimage of a commitment counts, once, and only in the shape of its mode."""
    rules = attrs.evolve(RULES, mode=Mode.MEDIAN)
    stage = Stage(rules)
    good = Outcome(Status.OK, 1, encoding.signed_word(5)).encode()
    stage.commit(stage.entry(NODES[0], good), stage.entry(NODES[1], OUTCOME), stage.entry(NODES[2], good))
    refusals = stage.reveal(
        stage.opening(NODES[3]),
        stage.opening(NODES[0], OUTCOME),
        stage.opening(NODES[0], good, salt=bytes(32)),
        stage.opening(NODES[0], good, weight=41),
        stage.opening(NODES[0], good, payout=OWNER),
        stage.opening(NODES[1], OUTCOME),
        stage.opening(NODES[0], good),
        stage.opening(NODES[0], good),
        at=REVEALS,
    )
    mismatch = ("CommitmentMismatch",) * 4
    assert refusals == ("NotCommitted", *mismatch, "OutcomeMalformed", "", "AlreadyRevealed")
    assert stage.hub.ballot_of(stage.task, 1, NODES[0]) is BallotState.REVEALED
    assert stage.hub.round_of(stage.task).revealed == 1


def _revealed() -> Stage:
    stage = Stage()
    stage.commit(stage.entry(NODES[0]), stage.entry(NODES[1]), stage.entry(NODES[2], OTHER))
    stage.reveal(stage.opening(NODES[0]), stage.opening(NODES[2], OTHER), at=REVEALS)
    return stage


def test_finalizing() -> None:
    """The record stands, and so does its place."""
    stage = _revealed()
    stage.reveal(stage.opening(NODES[1]), at=REVEALS)
    assert stage.finalize(REVEALS) == 0
    counted = stage.hub.tallies[stage.task]
    assert counted.record.outcome_hash == encoding.keccak(OUTCOME)
    assert (counted.record.agreeing_weight, counted.record.total_weight) == (70, 100)
    assert (len(stage.hub.records), stage.hub.records.proof(0)[0]) == (1, bytes(32))


def test_finalizing_shows_every_ballot_as_it_is() -> None:
    """Nothing left out, added, moved or changed."""
    stage = _revealed()
    words, choices = stage.hub.choices(stage.task)
    first, second, third = choices
    assert second.choice == UNREVEALED
    shown: list[tuple[tuple[Choice, ...], int]] = [
        (choices[:2], 2),
        ((second, first, third), 0),
        ((attrs.evolve(first, weight=41), second, third), 0),
        ((attrs.evolve(first, payout=OWNER), second, third), 0),
        ((attrs.evolve(first, choice=third.choice), second, third), 0),
        ((attrs.evolve(first, choice=2), second, third), 0),
        ((attrs.evolve(first, choice=UNREVEALED), second, third), 0),
        ((first, attrs.evolve(second, choice=0), third), 1),
    ]
    for changed, position in shown:
        assert refuses("BallotsMismatch", stage.finalize, OVER, choices=changed) == (position,)
    other_weight = attrs.evolve(second, weight=99, payout=OWNER)
    assert stage.finalize(OVER, choices=(first, other_weight, third)) == 0
    assert stage.hub.tallies[stage.task].unrevealed == 0b10
    assert not stage.hub.tallies[stage.task].record.has_consensus
    assert len(words) == 2


def test_words_are_distinct_ascending_and_chosen() -> None:
    """The caller sorts them."""
    stage = _revealed()
    words, choices = stage.hub.choices(stage.task)
    swapped = tuple(
        attrs.evolve(each, choice=1 - each.choice) if each.choice < 2 else each for each in choices
    )
    assert refuses("WordsMismatch", stage.finalize, OVER, words=words[::-1], choices=swapped) == (1,)
    assert refuses("WordsMismatch", stage.finalize, OVER, words=(*words, words[1])) == (2,)
    unused = (*words, b"\x7f" + b"\xff" * 31)
    assert refuses("WordsMismatch", stage.finalize, OVER, words=unused) == (2,)


def test_slashing_who_did_not_reveal() -> None:
    """After finalizing, each once; the shares are the registry's."""
    stage = _revealed()
    refuses("NotFinalized", stage.hub.slash_unrevealed, stage.task, [NODES[1]], at=OVER)
    stage.finalize(OVER)
    slashed = stage.hub.slash_unrevealed(stage.task, [*NODES[:2], NODES[1], NODES[3]], at=OVER)
    assert slashed == ("AlreadyRevealed", "", "AlreadySlashed", "NotCommitted")
    assert stage.registry.node(NODES[1]).bonded == 27
    assert stage.registry.treasury == 3
    assert stage.hub.ballot_of(stage.task, 1, NODES[1]) is BallotState.SLASHED


def test_slashing_ends_with_the_epoch_after_the_last_reveal() -> None:
    """The last reveal was possible in epoch 1; in epoch 3 it is too late."""
    stage = _revealed()
    stage.finalize(OVER)
    refuses("SlashTooLate", stage.hub.slash_unrevealed, stage.task, [NODES[1]], at=Moment(5_000, 3_000))
    assert stage.hub.slash_unrevealed(stage.task, [NODES[1]], at=Moment(5_000, 2_999)) == ("",)


def test_random_costs_more() -> None:
    """The larger share is taken."""
    stage = Stage(attrs.evolve(RULES, mode=Mode.RANDOM, fuel_limit=0))
    stage.commit(stage.entry(NODES[0]), stage.entry(NODES[1]))
    stage.finalize(OVER)
    stage.hub.slash_unrevealed(stage.task, [NODES[0]], at=OVER)
    assert stage.registry.node(NODES[0]).bonded == 20


def test_a_running_round_keeps_its_snapshot() -> None:
    """Who unbonded after its epoch began may still commit, with the weight it had, unless it is jailed."""
    stage = Stage()
    stage.commit(stage.entry(NODES[0]))
    stage.registry.unbond(NODES[1], 30, sender=OWNER, now=START.timestamp)
    assert stage.commit(stage.entry(NODES[1]), at=later(START, 1, 1)) == ("",)
    assert stage.hub.round_of(stage.task).missing_weight == 30
    other = Stage()
    other.commit(other.entry(NODES[0]))
    other.registry.active_set.jail(NODES[1], 1)
    assert other.commit(other.entry(NODES[1])) == ("NotActive",)
