"""A home chain and two remote ones, and what everybody on them knows: seals, signatures, answers, proofs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import attrs
from bare_evm.market import Market
from bare_evm.remote import Remote
from bare_evm.world import GATEWAY, REGISTRY, World

from chainboy.consensus import encoding
from chainboy.consensus.attestations import Attestations
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.escrow import Claim, TaskState
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.merkle import WinnerTree
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.profiles import VerifierProfile
from chainboy.consensus.record_proof import encode_record_proof, prove_record
from chainboy.consensus.request import Request
from chainboy.consensus.round import BallotState
from chainboy.consensus.round_book import CommitEntry, RevealEntry
from chainboy.consensus.signing import checkpoint_digest

OWNER, PAYOUT, REQUESTER, RELAYER = (to_address(bytes([n]) * 20) for n in range(0xA1, 0xA5))
HOLDERS = (PAYOUT, REQUESTER, RELAYER)
BONDS = (60, 60, 60, 40, 40)
HONEST, NODES = 3, 5
"""The last two sign whatever they like. They never have half: nobody can believe anything else then."""

STAKE = attrs.evolve(REGISTRY, max_active=NODES, unbonding_epochs=10)
VERIFIER = VerifierProfile(
    genesis_time=STAKE.genesis_time,
    epoch_length=STAKE.epoch_length,
    trust_period=STAKE.trust_period,
    guardian_delay=GATEWAY.max_task_life + GATEWAY.refund_margin,
)
CHAIN_IDS = (56, 1)
LAG = 7
"""Seconds by which the last chain's clock is behind."""

SALT = b"\x0f" * 32


def encoded(answer: int) -> bytes:
    """An outcome."""
    return Outcome(Status.OK, 0, encoding.signed_word(answer)).encode()


@attrs.frozen
class Asked:
    """A task and where it was asked for: 0 is the home chain."""

    place: int
    request: Request

    @property
    def task_id(self) -> bytes:
        """The task's."""
        return self.request.task_id


class ThreeChains:
    """All three, moved together; what is kept beside them is known to everybody."""

    def __init__(self) -> None:
        self.home = home = World(STAKE, nodes=NODES)
        for node, bond in zip(home.nodes, BONDS, strict=True):
            home.join(node, bond, owner=OWNER, payout=PAYOUT)
        home.fund(OWNER, 10**6)
        self.held: dict[int, StakeDistribution] = {}
        """What counted in each epoch, as the registry tells it while the epoch lasts."""
        self.signed: defaultdict[int, dict[str, bytes]] = defaultdict(dict)
        """Genuine signatures over what was sealed, by number and node."""
        self.forged: list[tuple[Checkpoint, dict[str, bytes]]] = []
        self.asked: list[Asked] = []
        self.answers: dict[tuple[bytes, str], bytes] = {}
        self.recorded: list[bytes] = []
        """Tasks in the order of their records."""
        self.remotes: list[Remote] = []
        self.pass_time(STAKE.epoch_length, 1)
        assert not self.seal().refused
        first = TrustedStake.of(self.sealed(1))
        for chain_id in CHAIN_IDS:
            made = Remote(first, domain=home.domain, now=home.now, chain_id=chain_id, profile=VERIFIER)
            self.remotes.append(made)
        self.pass_time(LAG, 1)
        self.remotes[-1].advance(-LAG, 0)

    @property
    def chains(self) -> list[Market]:
        """The home chain first."""
        return [self.home, *self.remotes]

    def pass_time(self, seconds: int, blocks: int) -> None:
        """On every chain."""
        for chain in self.chains:
            chain.advance(seconds, blocks)
        for epoch in range(max(self.held, default=-1) + 1, self.home.epoch + 1):
            view = self.home.registry.view
            weights = ((node.address, view("snapshotAt", node.address, epoch)[0]) for node in self.home.nodes)
            self.held[epoch] = StakeDistribution.of((node, weight) for node, weight in weights if weight)

    # Checkpoints

    def sealed(self, number: int) -> Checkpoint:
        """What was sealed under a number."""
        found = self.home.seals.checkpoint(number)
        assert found is not None
        return found

    def seal(self) -> Any:
        """What anybody would seal now: the epoch's distribution, or the last one again."""
        home = self.home
        fresh = home.seals.distribution is None or home.seals.distribution_epoch != home.epoch
        return home.seal(self.held[home.epoch].nodes if fresh else [])

    def sign(self, number: int, nodes: Collection[str]) -> None:
        """Some nodes sign what was sealed, and show it."""
        digest = checkpoint_digest(self.home.domain, self.sealed(number))
        made = {node.address: node.sign(digest) for node in self.home.nodes if node.address in nodes}
        self.signed[number] |= made
        assert set(self.home.attest(number, list(made.items())).value) <= {""}

    def stored_list(self, remote: Remote) -> StakeDistribution:
        """The distribution that a verifier must be shown."""
        wanted = remote.book.stake.stake_hash
        return next(held for held in self.held.values() if held.hash == wanted)

    def submit(self, remote: Remote, shown: Checkpoint, signed: dict[str, bytes]) -> Any:
        """With all the signatures there are."""
        stored = self.stored_list(remote)
        packed = Attestations.pack(stored, signed)
        return remote.submit(shown, stored.words, packed.bitmap, packed.signatures, sender=RELAYER)

    # Tasks

    def ask(self, place: int, life: int, value: int, tip: int) -> None:
        """On whatever chain; a verifier that does not live long enough refuses."""
        chain = self.chains[place]
        rules = Params(mode=Mode.EXACT, commit_window=10, fuel_limit=9, expires_at=chain.now + life)
        call = {"sender": REQUESTER, "value": value}
        done = chain.request(b"\x01" * 32, b"input", rules.pack(), 0, tip, **call)
        if not done.refused:
            self.asked.append(Asked(place, done.value))

    def commit(self, task: Asked, answers: dict[int, int]) -> None:
        """Some nodes commit, each to its answer."""
        home, task_id = self.home, task.task_id
        round_ = home.rounds.round_of(task_id)
        attempt = round_.attempt + 1 if round_.is_void(home.at) else round_.attempt
        entries = []
        for number, answer in answers.items():
            node = home.nodes[number]
            outcome = self.answers.setdefault((task_id, node.address), encoded(answer))
            hashed = encoding.keccak(outcome)
            made = encoding.commitment(task_id, attempt, node.address, hashed, SALT)
            entry = CommitEntry(node=node.address, attempt=attempt, commitment=made, deadline=home.now + 1)
            entries.append(home.signed(node, task_id, entry))
        home.commit(task.request.hash, task.request.params, entries, sender=RELAYER)

    def reveal(self, task: Asked) -> None:
        """Whoever committed."""
        round_ = self.home.rounds.round_of(task.task_id)
        entries = [
            RevealEntry(
                node=node,
                payout=ballot.payout,
                weight=ballot.weight,
                outcome=self.answers[task.task_id, node],
                salt=SALT,
            )
            for node, ballot in round_.ballots.items()
            if ballot.state is BallotState.COMMITTED
        ]
        self.home.reveal(task.task_id, entries)

    def finalize(self, task: Asked) -> None:
        """If the round is over."""
        if not self.home.finalize(task.request.hash, task.request.params).refused:
            self.recorded.append(task.task_id)

    def outcome(self, task: Asked) -> bytes:
        """What the record is of."""
        counted = self.home.rounds.tallies[task.task_id]
        if not counted.record.has_consensus:
            return b""
        made = (answer for (task_id, _), answer in self.answers.items() if task_id == task.task_id)
        return next(each for each in made if encoding.keccak(each) == counted.record.outcome_hash)

    def proof(self, task: Asked, pick: int = 0) -> bytes:
        """Under one of the accepted checkpoints that have the record; the home chain needs none."""
        if task.place == 0:
            return b""
        index = self.recorded.index(task.task_id)
        accepted = self.remotes[task.place - 1].book.accepted
        numbers = [number for number, records in accepted.items() if records.count > index]
        if not numbers:
            return encode_record_proof(pick, self.home.rounds.records.proof(index))
        checkpoint = self.sealed(numbers[pick % len(numbers)])
        return prove_record(self.home.rounds.records, index, checkpoint)

    def claims(self, task: Asked) -> list[Claim]:
        """All shares of a task."""
        counted = self.home.rounds.tallies[task.task_id]
        if not counted.winners:
            return []
        tree, record = WinnerTree([winner.leaf for winner in counted.winners]), counted.record
        return [
            Claim(
                task_id=task.task_id,
                price=task.request.price,
                winners_root=record.winners_root,
                rest_weight=record.rest_weight,
                winners_count=record.winners_count,
                rank=winner.rank,
                node=winner.node,
                payout=winner.payout,
                weight=winner.weight,
                proof=tree.proof(winner.rank),
            )
            for winner in counted.winners
        ]

    def state(self, task: Asked) -> TaskState:
        """Where it stands on its own chain."""
        return self.chains[task.place].escrow.state_of(task.task_id)

    def bond(self, number: int, amount: int, sender: str) -> None:
        """A bond grows, and whoever can enters."""
        home, address = self.home, self.home.nodes[number].address
        home.stake_call("bond", address, amount, sender=sender)
        home.stake_call("enter", address, ZERO_ADDRESS, sender=sender)
