"""One task on a stage, step by step: the calls that requester, nodes and deliverer would make."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from stage import GENESIS, Stage, Voter

from chainboy.chain.call import Call
from chainboy.chain.decode import Receipt
from chainboy.consensus.encoding import commitment, keccak
from chainboy.consensus.merkle import WinnerTree
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.request import Request
from chainboy.consensus.signing import commit_message
from chainboy.consensus.tally import Ballot, Tally, tally, word_of
from chainboy.contracts.gateway import Claim
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.contracts.hub import BallotEntry, CommitEntry, RevealEntry
from chainboy.units import Fuel, Timestamp, Wei, Weight

PROGRAM = keccak(b"a program")
INPUT = (100).to_bytes(32, "big")
PRICE = Wei(10**16)
TIP = Wei(10**15)
CALLBACK_GAS = 100_000
FUEL = Fuel(123_456_789)
ATTEMPT = 1
DEADLINE = Timestamp(GENESIS + 7_000)


def params(mode: Mode, *, now: Timestamp) -> Params:
    """Rules as a requester would set them; in MEDIAN a tolerance within which all of a stage agree."""
    return Params(
        mode=mode,
        tolerance=500 if mode is Mode.MEDIAN else 0,
        commit_window=60,
        fuel_limit=Fuel(0 if mode is Mode.RANDOM else 10**9),
        expires_at=Timestamp(now + 3_600),
    )


def answer(payload: bytes) -> bytes:
    """An outcome with this payload."""
    return Outcome(Status.OK, FUEL, payload).encode()


def answers(mode: Mode, count: int) -> list[bytes]:
    """One outcome for each node, such that all agree and, where the mode allows it, all differ."""
    if mode is Mode.EXACT:
        return [answer((5_050).to_bytes(32, "big"))] * count
    if mode is Mode.MEDIAN:
        return [answer((10**12 + 10**6 * (i * 97 % count)).to_bytes(32, "big")) for i in range(count)]
    return [Outcome(Status.OK, Fuel(0), keccak(b"contribution %d" % i)).encode() for i in range(count)]


@attrs.frozen(kw_only=True)
class Play:
    """A requested task and what each voter, in commit order, answers."""

    stage: Stage
    request: Request
    rules: Params
    voters: Sequence[Voter]
    outcomes: Sequence[bytes]

    @classmethod
    def asked(cls, stage: Stage, requested: Receipt, rules: Params, outcomes: Sequence[bytes]) -> Play:
        """The task that the transaction of this receipt asked for."""
        (event,) = stage.gateway.events(requested.logs, TaskRequested)
        voters = stage.voters[: len(outcomes)]
        return cls(stage=stage, request=event.request, rules=rules, voters=voters, outcomes=outcomes)

    @classmethod
    def begin(cls, stage: Stage, mode: Mode = Mode.EXACT, outcomes: Sequence[bytes] = ()) -> Play:
        """A task asked for by an account of its own, answered by the whole stage."""
        rules = params(mode, now=stage.chain.head().timestamp)
        requested = stage.requester.send(request_call(stage, rules))
        return cls.asked(stage, requested, rules, outcomes or answers(mode, len(stage.voters)))

    def commit(self, *indices: int, signed: bool = True) -> Call:
        """Commits of these voters: signed for a relayer, or the voter's own."""
        entries = [self._commit_entry(index, signed=signed) for index in indices]
        return self.stage.hub.commit(self.request.hash, self.request.params, entries)

    def reveal(self, *indices: int) -> Call:
        """Reveals of these voters."""
        return self.stage.hub.reveal(self.request.task_id, [self._reveal_entry(index) for index in indices])

    def finalize(self) -> Call:
        """The count of all votes."""
        counted = self.counted()
        entries = [
            BallotEntry(node=voter.address, payout=voter.payout, weight=voter.weight, choice=choice)
            for voter, choice in zip(self.voters, counted.choices, strict=True)
        ]
        return self.stage.hub.finalize(self.request.hash, self.request.params, counted.words, entries)

    def deliver(self, outcome: bytes | None = None, *, proof: bytes = b"") -> Call:
        """The record and its outcome, EXACT's first answer unless another is given.

        ``proof`` is what the gateway's verifier needs: nothing beside the hub.
        """
        shown = self.outcomes[0] if outcome is None else outcome
        return self.stage.gateway.deliver(self.request, self.counted().record, shown, proof)

    def claims(self, *ranks: int) -> list[Claim]:
        """The shares of these ranks."""
        counted = self.counted()
        tree = WinnerTree([winner.leaf for winner in counted.winners])
        return [
            Claim(
                task_id=self.request.task_id,
                price=self.request.price,
                winners_root=counted.record.winners_root,
                rest_weight=counted.record.rest_weight,
                winners_count=counted.record.winners_count,
                rank=rank,
                node=counted.winners[rank].node,
                payout=counted.winners[rank].payout,
                weight=counted.winners[rank].weight,
                proof=tree.proof(rank),
            )
            for rank in ranks
        ]

    def counted(self) -> Tally:
        """The mirror's count; the total is the stage's."""
        total = Weight(sum(voter.weight for voter in self.stage.voters))
        ballots = [
            Ballot(node=v.address, payout=v.payout, weight=v.weight, word=word_of(self.rules.mode, outcome))
            for v, outcome in zip(self.voters, self.outcomes, strict=True)
        ]
        return tally(self.request.task_id, self.rules, total, ballots)

    def play(self) -> None:
        """Commit and reveal for everybody, through the relayer; then the votes can be counted."""
        everybody = range(len(self.voters))
        self.stage.relayer.send(self.commit(*everybody))
        self.stage.relayer.send(self.reveal(*everybody))

    def run(self) -> None:
        """The whole task, up to and with every winner's share."""
        self.play()
        relayer = self.stage.relayer
        relayer.send(self.finalize())
        relayer.send(self.deliver())
        winners = range(self.counted().record.winners_count)
        relayer.send(self.stage.gateway.claim(self.claims(*winners)))

    def _commit_entry(self, index: int, *, signed: bool) -> CommitEntry:
        voter, task_id = self.voters[index], self.request.task_id
        hidden = commitment(task_id, ATTEMPT, voter.address, keccak(self.outcomes[index]), self._salt(index))
        message = commit_message(self.stage.deployment.domain, task_id, hidden, ATTEMPT, DEADLINE)
        return CommitEntry(
            node=voter.address,
            attempt=ATTEMPT,
            commitment=hidden,
            deadline=DEADLINE if signed else Timestamp(0),
            signature=voter.signer.sign(message) if signed else b"",
        )

    def _reveal_entry(self, index: int) -> RevealEntry:
        voter = self.voters[index]
        return RevealEntry(
            node=voter.address,
            payout=voter.payout,
            weight=voter.weight,
            outcome=self.outcomes[index],
            salt=self._salt(index),
        )

    def _salt(self, index: int) -> bytes:
        return keccak(self.request.task_id + index.to_bytes(2, "big"))


def request_call(stage: Stage, rules: Params) -> Call:
    """What an account sends to ask."""
    program = bytes(32) if rules.mode is Mode.RANDOM else PROGRAM
    return stage.gateway.request(program=program, input=INPUT, params=rules.pack(), price=PRICE, tip=TIP)
