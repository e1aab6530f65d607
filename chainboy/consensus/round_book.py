"""The hub as a pure state machine: who may commit, reveal, finalize and be slashed, and when.

Rule: protocol, sections 6 and 7; a mirror of ``contracts/src/ConsensusHub.sol``, refusals by the
contract's own names.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from chainboy.consensus import encoding
from chainboy.consensus.majority import value_of
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.profiles import HubProfile
from chainboy.consensus.refusal import Refused
from chainboy.consensus.round import Ballot, BallotState, Moment, Round
from chainboy.consensus.stake import Offence, StakeBook
from chainboy.consensus.tally import UNREVEALED, Tally, tally, word_of
from chainboy.consensus.tally import Ballot as CountedBallot
from chainboy.errors import EncodingError
from chainboy.units import Address, Digest, TaskId, Timestamp, Weight


@attrs.frozen(kw_only=True)
class CommitEntry:
    """One node's commitment; ``signed`` tells whether its signature is the node's, ``None`` without one."""

    node: Address
    attempt: int
    commitment: Digest
    deadline: Timestamp = Timestamp(0)  # noqa: RUF009 - a number
    signed: bool | None = None


@attrs.frozen(kw_only=True)
class RevealEntry:
    """The preimage of a commitment; payout and weight as its ``Committed`` event gave them."""

    node: Address
    payout: Address
    weight: Weight
    outcome: bytes
    salt: bytes


@attrs.frozen(kw_only=True)
class Choice:
    """One committed node as finalize is shown it; ``choice`` is the index of its word, or ``UNREVEALED``."""

    node: Address
    payout: Address
    weight: Weight
    choice: int


class RoundBook:
    """``ConsensusHub`` without a chain: a call tells who sends it and in which block, and changes or refuses.

    Entries of a batch that cannot be taken are passed over: the answer has for each the name of the error
    that it alone would deserve, or ``""``. Whole calls refuse with
    :class:`~chainboy.consensus.refusal.Refused`, having changed nothing.
    """

    def __init__(self, profile: HubProfile, registry: StakeBook) -> None:
        self.profile = profile
        self.registry = registry
        self.records = Accumulator()
        self.tallies: dict[TaskId, Tally] = {}
        self._rounds: dict[TaskId, Round] = {}
        self._past: dict[tuple[TaskId, int], Round] = {}

    def round_of(self, task_id: TaskId) -> Round:
        """A task's current attempt; number 0: there is none yet."""
        return self._rounds.get(task_id) or Round(profile=self.profile)

    def ballot_of(self, task_id: TaskId, attempt: int, node: Address) -> BallotState:
        """Where a node's ballot stands in one attempt."""
        round_ = self._past.get((task_id, attempt))
        ballot = round_.ballots.get(node) if round_ else None
        return ballot.state if ballot else BallotState.NONE

    def commit(
        self,
        request_hash: Digest,
        params_word: int,
        entries: Sequence[CommitEntry],
        *,
        sender: Address,
        at: Moment,
    ) -> tuple[str, ...]:
        """Commit for one or many nodes."""
        params = Params.unpack(params_word)
        params.validate(self.profile.bounds)
        task_id = encoding.task_id(request_hash, params_word)
        round_ = self._round_to_commit_to(task_id, params, at)
        refusals = tuple(self._commit(round_, params, entry, sender, at) for entry in entries)
        if not all(refusals):
            self._rounds[task_id] = self._past[task_id, round_.attempt] = round_
        return refusals

    def _round_to_commit_to(self, task_id: TaskId, params: Params, at: Moment) -> Round:
        current = self.round_of(task_id)
        if current.is_commit_phase_over(at):
            raise Refused("AlreadyFinalized" if task_id in self.tallies else "CommitPhaseOver", task_id)
        if current.has_quorum:
            return current
        expires_at, latest = params.expires_at, at.timestamp + self.profile.max_task_life
        if expires_at > latest:
            raise Refused("ExpiresTooLate", expires_at, latest)
        if at.timestamp + params.commit_window + self.profile.reveal_window > expires_at:
            raise Refused("TooLateToCommit", expires_at)
        if not current.is_void(at):
            return current
        epoch = self.registry.epoch(at.timestamp)
        total, _ = self.registry.total_at(epoch)
        if total == 0:
            raise Refused("NoActiveNodes", epoch)
        return Round(
            profile=self.profile,
            attempt=current.attempt + 1,
            epoch=epoch,
            mode=params.mode,
            opened_at=at.timestamp,
            missing_weight=Weight(total // 2 + 1),
        )

    def _commit(self, round_: Round, params: Params, entry: CommitEntry, sender: Address, at: Moment) -> str:
        if entry.attempt != round_.attempt:
            return "WrongAttempt"
        if entry.node in round_.ballots:
            return "AlreadyCommitted"
        if refusal := _refuse_sender(entry, sender, at):
            return refusal
        hub, now = self.registry.hub, at.timestamp
        weight, payout = self.registry.note_commit(entry.node, round_.epoch, sender=hub, now=now)
        if weight == 0:
            return "NotActive"
        ballot = Ballot(position=round_.committed, payout=payout, weight=weight, commitment=entry.commitment)
        total, _ = self.registry.total_at(round_.epoch)
        round_.take(entry.node, ballot, total, params.commit_window, at)
        return ""

    def reveal(self, task_id: TaskId, entries: Sequence[RevealEntry], *, at: Moment) -> tuple[str, ...]:
        """Reveal for one or many nodes, by anyone."""
        round_ = self.round_of(task_id)
        if not round_.is_commit_phase_over(at):
            raise Refused("RevealPhaseNotOpen", task_id)
        if round_.is_over(at):
            raise Refused("RoundOver", task_id)
        return tuple(_reveal(task_id, round_, entry) for entry in entries)

    def choices(self, task_id: TaskId) -> tuple[tuple[bytes, ...], tuple[Choice, ...]]:
        """What to show finalize now: the words, and every committed node in commit order."""
        ballots = self.round_of(task_id).ballots
        words = tuple(sorted({b.word for b in ballots.values() if b.word is not None}, key=value_of))
        chosen = (UNREVEALED if b.word is None else words.index(b.word) for b in ballots.values())
        return words, tuple(
            Choice(node=node, payout=ballot.payout, weight=ballot.weight, choice=choice)
            for (node, ballot), choice in zip(ballots.items(), chosen, strict=True)
        )

    def finalize(
        self,
        request_hash: Digest,
        params_word: int,
        words: Sequence[bytes],
        choices: Sequence[Choice],
        *,
        at: Moment,
    ) -> int:
        """Tally, once all have revealed or the round is over; returns the record's index.

        ``words`` and ``choices`` are checked against what was committed and revealed. The result stands in
        ``tallies``, its record's hash in ``records``.
        """
        task_id = encoding.task_id(request_hash, params_word)
        if task_id in self.tallies:
            raise Refused("AlreadyFinalized", task_id)
        round_ = self.round_of(task_id)
        all_revealed = round_.revealed == round_.committed and round_.is_commit_phase_over(at)
        if not all_revealed and not round_.is_over(at):
            raise Refused("RoundNotOver", task_id)
        _check_choices(round_, words, choices)
        total, _ = self.registry.total_at(round_.epoch)
        counted = [
            CountedBallot(node=node, payout=ballot.payout, weight=ballot.weight, word=ballot.word)
            for node, ballot in round_.ballots.items()
        ]
        self.tallies[task_id] = tally(task_id, Params.unpack(params_word), total, counted)
        return self.records.append(self.tallies[task_id].record.hash)

    def slash_unrevealed(self, task_id: TaskId, nodes: Sequence[Address], *, at: Moment) -> tuple[str, ...]:
        """Slash who committed in a finalized round and did not reveal, while it is not too late."""
        if task_id not in self.tallies:
            raise Refused("NotFinalized", task_id)
        round_ = self.round_of(task_id)
        last_reveal = Timestamp(round_.commit_ends_at + self.profile.reveal_window)
        if self.registry.epoch(at.timestamp) > self.registry.epoch(last_reveal) + 1:
            raise Refused("SlashTooLate", task_id)
        return tuple(self._slash(round_, node, at) for node in nodes)

    def _slash(self, round_: Round, node: Address, at: Moment) -> str:
        ballot = round_.ballots.get(node)
        if ballot is None:
            return "NotCommitted"
        if ballot.state is not BallotState.COMMITTED:
            return "AlreadyRevealed" if ballot.state is BallotState.REVEALED else "AlreadySlashed"
        ballot.state = BallotState.SLASHED
        offence = Offence.UNREVEALED_RANDOM if round_.mode is Mode.RANDOM else Offence.UNREVEALED
        self.registry.slash(node, round_.epoch, offence, sender=self.registry.hub, now=at.timestamp)
        return ""


def _refuse_sender(entry: CommitEntry, sender: Address, at: Moment) -> str:
    if entry.signed is None:
        return "" if sender == entry.node else "BadSignature"
    if at.timestamp >= entry.deadline:
        return "SignatureExpired"
    return "" if entry.signed else "BadSignature"


def _reveal(task_id: TaskId, round_: Round, entry: RevealEntry) -> str:
    ballot = round_.ballots.get(entry.node)
    if ballot is None:
        return "NotCommitted"
    if ballot.state is not BallotState.COMMITTED:
        return "AlreadyRevealed"
    outcome_hash = encoding.keccak(entry.outcome)
    made = encoding.commitment(task_id, round_.attempt, entry.node, outcome_hash, entry.salt)
    if (ballot.commitment, ballot.payout, ballot.weight) != (made, entry.payout, entry.weight):
        return "CommitmentMismatch"
    try:
        ballot.word = word_of(round_.mode, entry.outcome)
    except EncodingError:
        return "OutcomeMalformed"
    ballot.state = BallotState.REVEALED
    return ""


def _check_choices(round_: Round, words: Sequence[bytes], choices: Sequence[Choice]) -> None:
    if len(choices) != round_.committed:
        raise Refused("BallotsMismatch", len(choices))
    for position, (choice, (node, ballot)) in enumerate(zip(choices, round_.ballots.items(), strict=True)):
        if choice.node != node or not _is_choice_of(ballot, words, choice):
            raise Refused("BallotsMismatch", position)
    chosen = {choice.choice for choice in choices}
    for index, word in enumerate(words):
        ascending = index == 0 or value_of(words[index - 1]) < value_of(word)
        if not ascending or index not in chosen:
            raise Refused("WordsMismatch", index)


def _is_choice_of(ballot: Ballot, words: Sequence[bytes], choice: Choice) -> bool:
    if choice.choice == UNREVEALED:
        return ballot.state is BallotState.COMMITTED
    if choice.choice >= len(words) or ballot.word != words[choice.choice]:
        return False
    return (ballot.payout, ballot.weight) == (choice.payout, choice.weight)
