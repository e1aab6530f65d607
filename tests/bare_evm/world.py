"""Registry, hub and gateway with their mirrors beside them: every call is made on both and compared."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
from bare_evm.contracts import ERRORS, Contract, Log, Reverted, artifact
from bare_evm.evm import CHAIN_ID, START, Evm
from eth_keys.datatypes import PrivateKey

from chainboy.consensus import encoding
from chainboy.consensus.escrow import Claim, Escrow
from chainboy.consensus.fields import to_address
from chainboy.consensus.params import Bounds
from chainboy.consensus.profiles import GatewayProfile, HubProfile, RegistryProfile
from chainboy.consensus.record import Record
from chainboy.consensus.record_verifier import HubRecords
from chainboy.consensus.refusal import Refused
from chainboy.consensus.request import Request
from chainboy.consensus.round import Moment, Round
from chainboy.consensus.round_book import Choice, CommitEntry, RevealEntry, RoundBook
from chainboy.consensus.signing import Domain, commit_digest, register_digest
from chainboy.consensus.stake import Offence, StakeBook

BOUNDS = Bounds(min_commit_window=10, max_commit_window=100, max_fuel=1_000)
REGISTRY = RegistryProfile(
    genesis_time=START,
    epoch_length=500,
    unbonding_epochs=4,
    idle_epochs=4,
    max_active=4,
    min_bond=10,
    min_active_weight=30,
    unrevealed_share=1_000,
    random_share=3_000,
    forgery_share=5_000,
)
HUB = HubProfile(
    bounds=BOUNDS,
    reveal_window=50,
    phase_blocks=20,
    block_time=1,
    attempt_life=200,
    max_task_life=1_500,
    min_seal_interval=30,
    listing_delay=60,
)
GATEWAY = GatewayProfile(
    bounds=BOUNDS,
    reveal_window=50,
    settle_time=40,
    max_task_life=1_500,
    refund_margin=100,
    min_price=100,
    max_callback_gas=100_000,
)
BANK, TREASURER = (to_address(bytes([n]) * 20) for n in (0xB1, 0xB2))
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@attrs.frozen
class Done:
    """How a call ended, the same on both sides: refused by ``name``, or with ``value``."""

    name: str
    value: Any
    logs: tuple[Log, ...] = attrs.field(default=(), eq=False)

    @property
    def refused(self) -> bool:
        """Whether it was refused."""
        return self.name != ""


def struct(value: Any) -> tuple[Any, ...]:
    """A frozen class as the ABI's tuple."""
    return attrs.astuple(value)


class Disagreement(AssertionError):
    """Mirror and contract ended differently."""


class Node:
    """A node's key."""

    def __init__(self, number: int) -> None:
        self.key = PrivateKey(encoding.keccak(b"node" + number.to_bytes(4, "big")))
        self.address = to_address(self.key.public_key.to_canonical_address())

    def sign(self, digest: bytes, flaw: str = "") -> bytes:
        """65 bytes r, s, v; or with a flaw that no contract may accept."""
        signature = self.key.sign_msg_hash(digest)
        r, s, v = signature.r, signature.s, signature.v + 27
        if flaw == "high s":
            s, v = CURVE_ORDER - s, 55 - v
        if flaw == "low v":
            v -= 27
        if flaw == "zero":
            r, s = 0, 0
        made = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v])
        return made[:64] if flaw == "short" else made + b"\0" if flaw == "long" else made


FLAWS = ("high s", "low v", "zero", "short", "long", "other digest")
"""Ways in which a signature is none."""


class World:
    """One network of both kinds."""

    def __init__(
        self,
        registry: RegistryProfile = REGISTRY,
        hub: HubProfile = HUB,
        gateway: GatewayProfile = GATEWAY,
        nodes: int = 8,
    ) -> None:
        self.evm = evm = Evm()
        self.nodes = [Node(number) for number in range(nodes)]
        self.token = self._deploy("ChainBoyToken", BANK, 10**28)
        hub_address = evm.next_address(1)
        self.registry = self._deploy(
            "NodeRegistry", self.token.address, hub_address, TREASURER, struct(registry)
        )
        self.hub = self._deploy("ConsensusHub", self.registry.address, TREASURER, struct(hub))
        verifier = self._deploy("HubVerifier", self.hub.address)
        self.gateway = self._deploy("TaskGateway", verifier.address, TREASURER, struct(gateway))
        self.domain = Domain(CHAIN_ID, self.hub.address)
        self.stake = StakeBook(registry, hub=self.hub.address, treasurer=TREASURER)
        self.rounds = RoundBook(hub, self.stake)
        self.escrow = Escrow(
            gateway,
            chain_id=CHAIN_ID,
            gateway=self.gateway.address,
            treasurer=TREASURER,
            verifier=HubRecords(self.rounds),
        )
        self.touched_tasks: set[bytes] = set()
        self.touched_stake = True

    def _deploy(self, name: str, *args: Any) -> Contract:
        return Contract.deploy(self.evm, artifact(name), *args)

    @contextmanager
    def fork(self) -> Iterator[None]:
        """Everything that happens inside is undone."""
        point, saved = self.evm.snapshot(), copy.deepcopy((self.stake, self.rounds, self.escrow))
        try:
            yield
        finally:
            self.evm.revert(point)
            self.stake, self.rounds, self.escrow = saved

    @property
    def at(self) -> Moment:
        """The block that calls happen in."""
        return Moment(self.evm.number, self.evm.timestamp)

    @property
    def now(self) -> int:
        """Its time."""
        return self.evm.timestamp

    @property
    def epoch(self) -> int:
        """Its epoch."""
        return self.stake.epoch(self.now)

    def advance(self, seconds: int, blocks: int) -> None:
        """Let time pass."""
        self.evm.move_to(self.evm.number + blocks, self.evm.timestamp + seconds)

    def next_epoch(self) -> None:
        """Go to the next epoch's first second."""
        self.touched_stake = True
        start = self.stake.profile.genesis_time + (self.epoch + 1) * self.stake.profile.epoch_length
        self.advance(start - self.now, 1)

    def _touch(self, *task_ids: bytes) -> None:
        self.touched_tasks.update(task_ids)
        self.touched_stake = True

    def compare_touched(self, holders: Sequence[str]) -> None:
        """Whatever the calls since the last comparison may have changed."""
        if self.touched_stake:
            self.compare_stake(past=0)
        for task_id in self.touched_tasks:
            self.compare_round(task_id)
        self.compare_money(holders, list(self.touched_tasks))
        self.touched_tasks, self.touched_stake = set(), False

    def both(
        self, mirror: Callable[[], Any], contract: Callable[[], tuple[Any, list[Log]]], *, gives: bool = False
    ) -> Done:
        """Make a call on both sides; both must take it, or refuse by the same name and arguments.

        ``gives``: what they return must be the same too.
        """
        logs: tuple[Log, ...] = ()
        try:
            value, events = contract()
            actual, logs = Done("", value), tuple(events)
        except Reverted as reverted:
            actual = Done(reverted.name, reverted.arguments)
        try:
            mirrored = Done("", mirror())
        except Refused as refused:
            mirrored = Done(refused.name, refused.arguments)
        compared = mirrored.refused or gives
        if mirrored.name != actual.name or (compared and mirrored.value != actual.value):
            raise Disagreement(f"mirror {mirrored}, contract {actual}")
        return attrs.evolve(mirrored if mirrored.refused else actual, logs=logs)

    # The registry

    def fund(self, owner: str, amount: int) -> None:
        """Give an owner tokens, and the registry leave to take them."""
        self.token.send("transfer", owner, amount, sender=BANK)
        self.token.send("approve", self.registry.address, 2**256 - 1, sender=owner)

    def register(self, node: Node, payout: str, *, sender: str, flaw: str = "") -> Done:
        """By the node's signature, or one with a flaw."""
        self.touched_stake = True
        digest = register_digest(self.domain, node.address, sender, payout)
        signature = node.sign(encoding.keccak(digest) if flaw == "other digest" else digest, flaw)
        call = {"signed": not flaw, "sender": sender, "now": self.now}
        return self.both(
            lambda: self.stake.register(node.address, payout, **call),
            lambda: self.registry.send("register", node.address, payout, signature, sender=sender),
        )

    def stake_call(self, name: str, *args: Any, sender: str) -> Done:
        """Any other call of the registry's, by the contract's name and its arguments."""
        self.touched_stake = True
        method = {"setPayout": "set_payout", "dropIdle": "drop_idle", "moveTreasury": "move_treasury"}
        more: dict[str, Any] = {"sender": sender, "now": self.now}
        if name == "dropIdle":
            del more["sender"]
        if name == "moveTreasury":
            del more["now"]
        return self.both(
            lambda: getattr(self.stake, method.get(name, name))(*args, **more),
            lambda: self.registry.send(name, *args, sender=sender),
        )

    def slash(self, node: str, round_epoch: int, offence: Offence, *, sender: str) -> Done:
        """The hub's call; from anyone, to see it refused."""
        self.touched_stake = True
        return self.both(
            lambda: self.stake.slash(node, round_epoch, offence, sender=sender, now=self.now),
            lambda: self.registry.send("slash", node, round_epoch, int(offence), sender=sender),
            gives=True,
        )

    def note_commit(self, node: str, round_epoch: int, *, sender: str) -> Done:
        """The hub's call; from anyone, to see it refused."""
        return self.both(
            lambda: self.stake.note_commit(node, round_epoch, sender=sender, now=self.now),
            lambda: self.registry.send("noteCommit", node, round_epoch, sender=sender),
            gives=True,
        )

    def join(self, node: Node, amount: int, *, owner: str = BANK, payout: str = TREASURER) -> None:
        """Register, bond and enter while there is room."""
        self.fund(owner, amount)
        assert not self.register(node, payout, sender=owner).refused
        assert not self.stake_call("bond", node.address, amount, sender=owner).refused
        assert not self.stake_call("enter", node.address, "0x" + "00" * 20, sender=owner).refused

    # The hub

    def signed(
        self, node: Node, task_id: bytes, entry: CommitEntry, flaw: str = ""
    ) -> tuple[CommitEntry, bytes]:
        """An entry for both sides with the node's signature, or with one that has a flaw."""
        digest = commit_digest(self.domain, task_id, entry.commitment, entry.attempt, entry.deadline)
        signature = node.sign(encoding.keccak(digest) if flaw == "other digest" else digest, flaw)
        return attrs.evolve(entry, signed=not flaw), signature

    def commit(
        self, request_hash: bytes, params: int, entries: Sequence[tuple[CommitEntry, bytes]], *, sender: str
    ) -> Done:
        """Carry commitments; each entry with its signature, empty for none."""
        self._touch(encoding.task_id(request_hash, params))
        shown = [(e.node, e.attempt, e.commitment, e.deadline, signature) for e, signature in entries]
        mirrored = [entry for entry, _ in entries]
        return self._batch(
            lambda: self.rounds.commit(request_hash, params, mirrored, sender=sender, at=self.at),
            lambda: self.hub.send("commit", request_hash, params, shown, sender=sender),
        )

    def reveal(self, task_id: bytes, entries: Sequence[RevealEntry], *, sender: str = BANK) -> Done:
        """Carry preimages."""
        self._touch(task_id)
        return self._batch(
            lambda: self.rounds.reveal(task_id, entries, at=self.at),
            lambda: self.hub.send("reveal", task_id, [struct(entry) for entry in entries], sender=sender),
        )

    def slash_unrevealed(self, task_id: bytes, nodes: Sequence[str], *, sender: str = BANK) -> Done:
        """Slash who did not reveal."""
        self._touch(task_id)
        return self._batch(
            lambda: self.rounds.slash_unrevealed(task_id, nodes, at=self.at),
            lambda: self.hub.send("slashUnrevealed", task_id, nodes, sender=sender),
        )

    def _batch(self, mirror: Callable[[], Any], contract: Callable[[], Any]) -> Done:
        kept: list[Any] = []
        done = self.both(lambda: kept.append(mirror()), contract)
        if done.refused:
            return done
        names = tuple(ERRORS.name(selector) for selector in done.value)
        if names != kept[0]:
            raise Disagreement(f"mirror {kept[0]}, contract {names}")
        skipped = tuple(ERRORS.name(log.fields["reason"]) for log in done.logs if log.name == "EntrySkipped")
        assert skipped == tuple(name for name in names if name)
        return attrs.evolve(done, value=names)

    def finalize(
        self,
        request_hash: bytes,
        params: int,
        words: Sequence[bytes] | None = None,
        choices: Sequence[Choice] | None = None,
        *,
        sender: str = BANK,
    ) -> Done:
        """Tally with what is there, or with what is shown; the event must say what the mirror found."""
        task_id = encoding.task_id(request_hash, params)
        self._touch(task_id)
        ready, ballots = self.rounds.choices(task_id)
        words, choices = (ready if words is None else words), (ballots if choices is None else choices)
        shown = [struct(choice) for choice in choices]
        done = self.both(
            lambda: self.rounds.finalize(request_hash, params, words, choices, at=self.at),
            lambda: self.hub.send("finalize", request_hash, params, list(words), shown, sender=sender),
        )
        if not done.refused:
            self._compare_tally(task_id, done.logs)
        return done

    def _compare_tally(self, task_id: bytes, logs: Sequence[Log]) -> None:
        (log,) = logs
        counted = self.rounds.tallies[task_id]
        assert log.fields == {
            "taskId": task_id,
            "attempt": self.rounds.round_of(task_id).attempt,
            "index": len(self.rounds.records) - 1,
            "record": struct(counted.record),
            "words": counted.words,
            "weights": counted.weights,
            "unrevealed": counted.unrevealed,
        }

    # The gateway

    def request(
        self, program: bytes, data: bytes, params: int, gas: int, tip: int, *, sender: str, value: int
    ) -> Done:
        """Ask and pay; the value is the request."""
        kept: list[Request] = []
        call = {"sender": sender, "value": value, "now": self.now}
        self.evm.fund(sender, value)
        done = self.both(
            lambda: kept.append(self.escrow.request(program, data, params, gas, tip, **call)),
            lambda: self.gateway.send("request", program, data, params, gas, tip, sender=sender, value=value),
        )
        if done.refused:
            return done
        assert done.value == kept[0].task_id
        self._touch(kept[0].task_id)
        return attrs.evolve(done, value=kept[0])

    def deliver(
        self, request: Request, record: Record, outcome: bytes, proof: bytes = b"", *, sender: str
    ) -> Done:
        """Bring a record."""
        self._touch(request.task_id)
        shown = (struct(request)[2:], struct(record), outcome, proof)
        return self.both(
            lambda: self.escrow.deliver(request, record, outcome, proof, sender=sender, now=self.now),
            lambda: self.gateway.send("deliver", *shown, sender=sender),
        )

    def refund(self, request: Request, *, sender: str = BANK) -> Done:
        """Get it back."""
        self._touch(request.task_id)
        return self.both(
            lambda: self.escrow.refund(request, now=self.now),
            lambda: self.gateway.send("refund", struct(request)[2:], sender=sender),
        )

    def claim(self, claims: Sequence[Claim], *, sender: str = BANK) -> tuple[str, ...]:
        """Claim shares; for each ``""``, or why it was passed over."""
        self._touch(*(claim.task_id for claim in claims))
        kept: list[tuple[str, ...]] = []
        shown = [struct(claim) for claim in claims]
        done = self.both(
            lambda: kept.append(self.escrow.claim(claims)),
            lambda: self.gateway.send("claim", shown, sender=sender),
        )
        skipped = [ERRORS.name(log.fields["reason"]) for log in done.logs if log.name == "ClaimSkipped"]
        assert skipped == [name for name in kept[0] if name]
        return kept[0]

    def withdraw(self, to: str, *, sender: str) -> Done:
        """Take a credit out."""
        return self.both(
            lambda: self.escrow.withdraw(to, sender=sender),
            lambda: self.gateway.send("withdraw", to, sender=sender),
        )

    def move_treasury(self, to: str, amount: int, *, sender: str) -> Done:
        """Take from the gateway's treasury."""
        return self.both(
            lambda: self.escrow.move_treasury(to, amount, sender=sender),
            lambda: self.gateway.send("moveTreasury", to, amount, sender=sender),
        )

    # What both sides can tell

    def compare_stake(self, past: int = 2) -> None:
        """Every node, in the epochs to come, at hand and just past."""
        registry, stake = self.registry, self.stake
        epochs = range(max(0, self.epoch - past), self.epoch + 2)
        for node in self.nodes:
            assert registry.view("nodeOf", node.address) == struct(stake.node(node.address))
            for epoch in epochs:
                self._compare_snapshot(node.address, epoch)
        for epoch in epochs:
            assert registry.view("totalAt", epoch) == stake.total_at(epoch)
        assert registry.view("seatsTaken") == stake.active_set.seats_taken
        assert registry.view("treasury") == stake.treasury
        assert self.token.view("balanceOf", registry.address) == stake.balance

    def _compare_snapshot(self, node: str, epoch: int) -> None:
        self.both(
            lambda: self.stake.snapshot_at(node, epoch),
            lambda: (self.registry.view("snapshotAt", node, epoch), []),
            gives=True,
        )

    def compare_round(self, task_id: bytes) -> None:
        """A task's current attempt, its ballots and its record."""
        round_ = self.rounds.round_of(task_id)
        assert self.hub.view("roundOf", task_id) == _shown(round_)
        for node in self.nodes:
            state = self.rounds.ballot_of(task_id, round_.attempt, node.address)
            assert self.hub.view("ballotOf", task_id, round_.attempt, node.address) == state
        found = self.rounds.tallies.get(task_id)
        assert self.hub.view("recordHashOf", task_id) == (found.record.hash if found else bytes(32))
        assert self.hub.view("recordsCount") == len(self.rounds.records)
        assert self.hub.view("recordsRoot") == self.rounds.records.root

    def compare_money(self, holders: Sequence[str], task_ids: Sequence[bytes]) -> None:
        """Credits, treasury, balance, and where every task stands."""
        gateway, escrow = self.gateway, self.escrow
        for holder in holders:
            assert gateway.view("creditOf", holder) == escrow.credit_of(holder)
        for task_id in task_ids:
            assert gateway.view("stateOf", task_id) == escrow.state_of(task_id)
            for rank in range(4):
                assert gateway.view("isClaimed", task_id, rank) == escrow.is_claimed(task_id, rank)
        assert gateway.view("treasury") == escrow.treasury
        assert gateway.view("nonce") == escrow.nonce
        assert self.evm.balance(gateway.address) == escrow.balance


def _shown(round_: Round) -> tuple[int, ...]:
    return (
        round_.attempt,
        round_.epoch,
        round_.committed,
        round_.revealed,
        round_.opened_at,
        round_.commit_ends_at,
        round_.commit_ends_at_block,
        round_.missing_weight,
        int(round_.mode),
    )
