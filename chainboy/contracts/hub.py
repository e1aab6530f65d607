"""The hub: where nodes commit and reveal, and the majority of tokens decides."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from chainboy.chain.call import Call
from chainboy.consensus.params import Mode
from chainboy.consensus.round import BallotState
from chainboy.consensus.round_book import RevealEntry
from chainboy.contracts import hub_events as events
from chainboy.contracts.contract import Contract, structure
from chainboy.contracts.profile import HubProfile
from chainboy.contracts.reverts import error_name
from chainboy.units import Address, Digest, Epoch, TaskId, Timestamp, Weight

__all__ = ["BallotEntry", "BallotState", "CommitEntry", "Hub", "RevealEntry", "RoundState"]


@attrs.frozen(kw_only=True)
class CommitEntry:
    """One node's commitment; without ``signature`` the sender is the node.

    ``deadline`` (block time) is exclusive.
    """

    node: Address
    attempt: int
    commitment: Digest
    deadline: Timestamp
    signature: bytes = b""


@attrs.frozen(kw_only=True)
class BallotEntry:
    """One committed node for ``finalize``; ``choice`` indexes the words or is the tally's ``UNREVEALED``."""

    node: Address
    payout: Address
    weight: Weight
    choice: int


@attrs.frozen(kw_only=True)
class RoundState:
    """A task's current attempt. ``attempt`` 0: none yet. ``commit_ends_at_block`` 0: no quorum yet.

    ``missing_weight`` is what the quorum lacks, and after it what has not committed. Times in seconds.
    """

    attempt: int
    epoch: Epoch
    committed: int
    revealed: int
    opened_at: Timestamp
    commit_ends_at: Timestamp
    commit_ends_at_block: int
    missing_weight: Weight
    mode: Mode = attrs.field(converter=Mode)


class Hub(Contract):
    """``ConsensusHub``."""

    ABI = "IConsensusHub"
    EVENTS = (
        events.AttemptOpened,
        events.Committed,
        events.QuorumReached,
        events.Revealed,
        events.EntrySkipped,
        events.Finalized,
    )

    def commit(self, request_hash: Digest, params: int, entries: Sequence[CommitEntry]) -> Call:
        """Commit for one or many nodes; entries that cannot be taken are skipped and reported."""
        return self._write("commit", request_hash, params, entries)

    def reveal(self, task_id: TaskId, entries: Sequence[RevealEntry]) -> Call:
        """Reveal for one or many nodes; entries that cannot be taken are skipped and reported."""
        return self._write("reveal", task_id, entries)

    def finalize(
        self, request_hash: Digest, params: int, words: Sequence[bytes], ballots: Sequence[BallotEntry]
    ) -> Call:
        """Tally: ``words`` ascending as int256, ``ballots`` of every committed node in commit order."""
        return self._write("finalize", request_hash, params, words, ballots)

    def slash_unrevealed(self, task_id: TaskId, nodes: Sequence[Address]) -> Call:
        """Slash nodes that committed in a finalized round and did not reveal."""
        return self._write("slashUnrevealed", task_id, nodes)

    def refusals(self, call: Call, sender: Address) -> tuple[str, ...]:
        """What a commit, reveal or slash would do now, for each entry: empty, or why it would be skipped.

        Nothing is sent.
        """
        functions = self._interface().functions
        batch = next(found for found in functions.values() if call.data.startswith(found.selector))
        answer = batch.decode(self.chain.call(call, block=self.block, sender=sender))
        return tuple(error_name(reason) for reason in answer)

    def registry(self) -> Address:
        """The registry whose weights count here."""
        return Address(self._read("registry"))

    def profile(self) -> HubProfile:
        """The figures of this deployment."""
        profile: HubProfile = structure(HubProfile, self._read("profile"))
        return profile

    def domain_separator(self) -> Digest:
        """The EIP-712 domain separator of all signatures."""
        return Digest(self._read("domainSeparator"))

    def round_of(self, task_id: TaskId) -> RoundState:
        """A task's current attempt."""
        state: RoundState = structure(RoundState, self._read("roundOf", task_id))
        return state

    def ballot_of(self, task_id: TaskId, attempt: int, node: Address) -> BallotState:
        """Where a node's ballot stands in an attempt."""
        return BallotState(self._read("ballotOf", task_id, attempt, node))

    def record_hash_of(self, task_id: TaskId) -> Digest:
        """The hash of the task's record; 32 zero bytes while there is none."""
        return Digest(self._read("recordHashOf", task_id))

    def records_count(self) -> int:
        """How many records there are."""
        return int(self._read("recordsCount"))

    def records_root(self) -> Digest:
        """Root of the accumulator of records."""
        return Digest(self._read("recordsRoot"))
