"""Hub and remote verifier in any order of calls, time running: what is believed there was sealed here."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from eth_utils.crypto import keccak
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from keyring import keys, recover

from chainboy.consensus.attestations import Attestations
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.checkpoint_book import AcceptedRecords, CheckpointBook, TrustedStake
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.profiles import RegistryProfile, VerifierProfile
from chainboy.consensus.record import Record
from chainboy.consensus.record_proof import prove_record
from chainboy.consensus.refusal import Refused
from chainboy.consensus.round import Moment
from chainboy.consensus.seal_book import SealBook
from chainboy.consensus.signing import Domain, checkpoint_message
from chainboy.consensus.stake import StakeBook

GENESIS, EPOCH = 1_000, 100
REGISTRY = RegistryProfile(
    genesis_time=GENESIS,
    epoch_length=EPOCH,
    unbonding_epochs=9,
    idle_epochs=2,
    max_active=6,
    min_bond=10,
    min_active_weight=20,
    unrevealed_share=100,
    random_share=1_000,
    forgery_share=5_000,
)
VERIFIER = VerifierProfile(genesis_time=GENESIS, epoch_length=EPOCH, trust_period=600, guardian_delay=150)
HUB, OWNER, GUARDIAN = (to_address(bytes([n]) * 20) for n in (1, 2, 3))
DOMAIN = Domain(111_111, HUB)
KEYS = {key.address: key for key in keys(6)}
NODES = list(KEYS)
SUBSETS = st.one_of(st.just(set(NODES)), st.sets(st.sampled_from(NODES)))
CHANGES: dict[str, Any] = {
    "number": 1,
    "epoch": 1,
    "stake_total": -1,
    "records_count": 1,
    "home_block": 1,
}
"""What a forger adds to a field."""


class Chains(RuleBasedStateMachine):
    """A registry, its hub's checkpoints and one remote verifier, all with the same clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = GENESIS
        self.registry = StakeBook(REGISTRY, hub=HUB, treasurer=OWNER)
        self.records: list[Record] = []
        self.seals = SealBook(self.registry, Accumulator(), min_seal_interval=30)
        self.lists: dict[bytes, StakeDistribution] = {}
        self.stored: list[TrustedStake] = []

    @initialize()
    def start(self) -> None:
        """Four nodes; the verifier is deployed with the first distribution."""
        for node, amount in zip(NODES, (20, 30, 30, 40, 0, 0), strict=True):
            self.registry.register(node, OWNER, signed=True, sender=OWNER, now=self.now)
            if amount:
                self.registry.bond(node, amount, sender=OWNER, now=self.now)
                self.registry.enter(node, ZERO_ADDRESS, sender=OWNER, now=self.now)
        self.now += EPOCH
        self.seal_list()
        first = self.seals.checkpoint(1)
        assert first is not None
        self.verifier = CheckpointBook(
            VERIFIER,
            TrustedStake.of(first),
            domain=DOMAIN,
            guardian=GUARDIAN,
            recover=recover,
            now=self.now,
        )
        self.remember()

    def remember(self) -> None:
        """Note what the verifier trusts."""
        self.stored.append(self.verifier.stake)

    @property
    def held(self) -> StakeDistribution:
        """The distribution that the verifier trusts."""
        return self.lists[self.verifier.stake.stake_hash]

    @rule(seconds=st.sampled_from([1, 29, 30, 100, 100, 149, 150, 250]))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.now += seconds

    @rule(node=st.sampled_from(NODES), amount=st.sampled_from([1, 10, 50]))
    def bond(self, node: str, amount: int) -> None:
        """A bond grows, and whoever can enters."""
        self.registry.bond(node, amount, sender=OWNER, now=self.now)
        member = self.registry.node(node)
        if not (member.active or member.tombstoned) and member.bonded >= REGISTRY.min_bond:
            self.registry.enter(node, ZERO_ADDRESS, sender=OWNER, now=self.now)

    @rule(node=st.sampled_from(NODES))
    def leave(self, node: str) -> None:
        """A node takes all out."""
        bonded = self.registry.node(node).bonded
        if bonded:
            self.registry.unbond(node, bonded, sender=OWNER, now=self.now)

    @rule()
    def record(self) -> None:
        """A task is finalized."""
        made = Record.without_consensus(keccak(len(self.records).to_bytes(4, "big")), 100)
        self.records.append(made)
        self.seals.records.append(made.hash)

    def _seal(self, nodes: list[str]) -> Checkpoint | None:
        before = self.seals.last_number
        try:
            made = self.seals.seal(nodes, at=Moment(self.now - GENESIS, self.now))
        except Refused:
            assert self.seals.last_number == before
            return None
        assert self.seals.distribution is not None
        self.lists[made.stake_hash] = self.seals.distribution
        return made

    @rule()
    def seal_list(self) -> None:
        """The current epoch's distribution, which goes through once an epoch."""
        epoch = self.registry.epoch(self.now)
        nodes = [node for node in NODES if self.registry.snapshot_at(node, epoch)[0]]
        fresh = self.seals.distribution is None or self.seals.distribution_epoch != epoch
        made = self._seal(nodes) if nodes else None
        assert (made is not None) == (fresh and self.registry.total_at(epoch)[0] > 0)

    @rule()
    def seal_again(self) -> None:
        """The last distribution; its epoch moves only while it is the registry's own."""
        made = self._seal([])
        if made is None or made.epoch != self.registry.epoch(self.now):
            return
        weights = ((node, self.registry.snapshot_at(node, made.epoch)[0]) for node in NODES)
        current = StakeDistribution.of((node, weight) for node, weight in weights if weight)
        assert current.hash == made.stake_hash

    @rule(nodes=st.lists(st.sampled_from(NODES), min_size=1, max_size=6))
    def seal_anything(self, nodes: list[str]) -> None:
        """Any list: what goes through is the epoch's whole distribution."""
        made = self._seal(nodes)
        if made is not None:
            assert (made.stake_total, len(nodes)) == self.registry.total_at(made.epoch)
            assert made.epoch == self.registry.epoch(self.now)

    def _submit(self, shown: Checkpoint, signed: Checkpoint, nodes: set[str]) -> bool:
        message = checkpoint_message(DOMAIN, signed)
        made = Attestations.pack(self.held, {node: KEYS[node].sign(message) for node in nodes})
        before, total = self.verifier.live_until, self.verifier.stake.stake_total
        call = (shown, self.held.words, made.bitmap, made.signatures)
        try:
            weight = self.verifier.submit(*call, now=self.now)
        except Refused:
            return False
        assert 2 * weight > total
        assert weight == made.weight
        assert self.now < before
        event("a checkpoint is taken")
        self.remember()
        return True

    @rule(nodes=SUBSETS)
    def submit_newest(self, nodes: set[str]) -> None:
        """The newest goes through if it is news, the verifier lives, and more than half signed."""
        newest = self.seals.checkpoint(self.seals.last_number)
        assert newest is not None
        weight = sum(self.held.weight_of(node) for node in nodes)
        enough = 2 * weight > self.verifier.stake.stake_total
        news = newest.number > self.verifier.last_number and newest.epoch >= self.verifier.stake.epoch
        alive = self.now < self.verifier.live_until
        assert self._submit(newest, newest, nodes) == (enough and news and alive)

    @rule(pick=st.integers(0, 10**6), nodes=SUBSETS)
    def submit_any(self, pick: int, nodes: set[str]) -> None:
        """Also old ones, in any order."""
        sealed = self.seals.checkpoint(1 + pick % self.seals.last_number)
        assert sealed is not None
        self._submit(sealed, sealed, nodes)

    @rule(field=st.sampled_from(sorted(CHANGES)))
    def submit_forged(self, field: str) -> None:
        """Signatures over the sealed one carry no other."""
        newest = self.seals.checkpoint(self.seals.last_number)
        assert newest is not None
        forged = attrs.evolve(newest, **{field: getattr(newest, field) + CHANGES[field]})
        assert not self._submit(forged, newest, set(NODES))

    @rule(early=st.sampled_from([0, 0, 1]))
    def stay_away(self, early: int) -> None:
        """Nothing is submitted until the trust is over, or for a second less; then a list is sealed."""
        self.now = max(self.now, self.verifier.live_until - early)
        self.seal_list()

    @rule()
    def announce(self) -> None:
        """The guardian names the newest distribution, which is taken if newer and the trust is over."""
        newest = self.seals.checkpoint(self.seals.last_number)
        assert newest is not None
        over = self.now >= self.verifier.live_until
        try:
            self.verifier.announce(TrustedStake.of(newest), sender=GUARDIAN, now=self.now)
        except Refused:
            assert not (over and newest.epoch > self.verifier.stake.epoch)
        else:
            assert over

    @rule(wait=st.sampled_from([0, 149, 150]))
    def activate(self, wait: int) -> None:
        """Anyone, at any time; it goes through after the delay alone."""
        self.now += wait
        announced = self.verifier.announcement
        if announced is not None and self.now >= announced.active_at:
            self.verifier.activate(now=self.now)
            event("an announcement is activated")
            self.remember()
            return
        with pytest.raises(Refused):
            self.verifier.activate(now=self.now)

    @invariant()
    def only_sealed_stake_is_trusted(self) -> None:
        """And nothing older than what was trusted before. Protocol, section 12, invariant 6."""
        numbers = range(1, self.seals.last_number + 1)
        sealed = [TrustedStake.of(each) for each in map(self.seals.checkpoint, numbers) if each]
        assert not self.stored or self.verifier.stake == self.stored[-1]
        assert set(self.stored) <= set(sealed)
        epochs = [stake.epoch for stake in self.stored]
        assert epochs == sorted(epochs)

    @invariant()
    def only_sealed_records_are_believed(self) -> None:
        """Each accepted root is the hub's; its last record is proven by it."""
        if not self.stored:
            return
        counts = [self.verifier.accepted[number].count for number in sorted(self.verifier.accepted)]
        assert counts == sorted(counts)
        for number, records in self.verifier.accepted.items():
            sealed = self.seals.checkpoint(number)
            if sealed is None:
                assert number == 0
                continue
            assert records == AcceptedRecords(root=sealed.records_root, count=sealed.records_count)
            if sealed.records_count:
                last = sealed.records_count - 1
                proof = prove_record(self.seals.records, last, sealed)
                self.verifier.require_record(self.records[last], proof)


TestChains = Chains.TestCase
TestChains.__doc__ = "Any sequence of calls."
