"""The hub: where nodes commit and reveal, and the majority of tokens decides."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from chainboy.chain.call import Call
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.params import Mode
from chainboy.consensus.round import BallotState
from chainboy.consensus.round_book import RevealEntry
from chainboy.contracts import checkpoint_events
from chainboy.contracts import hub_events as events
from chainboy.contracts.codec import decode_values
from chainboy.contracts.contract import Contract, structure
from chainboy.contracts.profile import HubProfile
from chainboy.contracts.reverts import error_name
from chainboy.units import Address, Digest, Epoch, TaskId, Timestamp, Weight

__all__ = [
    "Attestation",
    "BallotEntry",
    "BallotState",
    "CommitEntry",
    "Hub",
    "RevealEntry",
    "RoundState",
    "SealState",
]


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


@attrs.frozen(kw_only=True)
class Attestation:
    """One node's signature over a sealed checkpoint."""

    node: Address
    signature: bytes


@attrs.frozen(kw_only=True)
class SealState:
    """What was sealed last, at ``sealed_at`` (block time). ``number`` 0: nothing yet.

    ``epoch`` is the distribution's.
    """

    number: int
    epoch: Epoch
    stake_hash: Digest
    stake_total: Weight
    sealed_at: Timestamp


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
        checkpoint_events.Sealed,
        checkpoint_events.Attested,
        checkpoint_events.AttestationSkipped,
        checkpoint_events.GatewayListed,
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

    def seal(self, nodes: Sequence[Address] = ()) -> Call:
        """Make the next checkpoint: of the current epoch's distribution, or of the last one without nodes.

        ``nodes`` are all active ones in ascending order. Rule: protocol, section 10.
        """
        return self._write("seal", nodes)

    def attest(self, number: int, entries: Sequence[Attestation]) -> Call:
        """Publish signatures over a sealed checkpoint; those that cannot be taken are skipped."""
        return self._write("attest", number, entries)

    def slash_forgery(self, checkpoint: Checkpoint, node: Address, signature: bytes) -> Call:
        """Slash a node for its signature over what the hub did not seal."""
        return self._write("slashForgery", checkpoint, node, signature)

    def list_gateway(self, chain_id: int, gateway: Address) -> Call:
        """Tell nodes of a genuine gateway; the curator's alone."""
        return self._write("listGateway", chain_id, gateway)

    def multicall(self, calls: Sequence[Call]) -> Call:
        """Several calls of this contract in one transaction; when one would revert, all do."""
        return self._write("multicall", [call.data for call in calls])

    @classmethod
    def calls_in(cls, data: bytes) -> Sequence[bytes]:
        """The data of the calls that a :meth:`multicall` with this data makes; none in any other call."""
        function = cls._interface().functions["multicall"]
        if not data.startswith(function.selector):
            return ()
        (calls,) = decode_values(function.inputs, data[len(function.selector) :])
        return tuple(calls)

    def refusals(self, call: Call, sender: Address) -> tuple[str, ...]:
        """What a batch would do now, for each entry: empty, or why it would be skipped.

        Nothing is sent.
        """
        functions = self._interface().functions
        batch = next(found for found in functions.values() if call.data.startswith(found.selector))
        answer = batch.decode(self.chain.call(call, block=self.block, sender=sender))
        return tuple(error_name(reason) for reason in answer)

    def curator(self) -> Address:
        """Who may list gateways."""
        return Address(self._read("curator"))

    def last_seal(self) -> SealState:
        """What was sealed last."""
        state: SealState = structure(SealState, self._read("lastSeal"))
        return state

    def checkpoint_digest_of(self, number: int) -> Digest:
        """What nodes sign for checkpoint ``number``; 32 zero bytes while there is none."""
        return Digest(self._read("checkpointDigestOf", number))

    def listed_from(self, chain_id: int, gateway: Address) -> Timestamp:
        """From when on (block time) a gateway counts as genuine; 0: never."""
        return Timestamp(self._read("listedFrom", chain_id, gateway))

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
