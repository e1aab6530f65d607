"""Registry, hub and gateway with their mirrors beside them: every call is made on both and compared."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
from bare_evm.agree import Disagreement, Done, both, struct
from bare_evm.contracts import ERRORS, Contract, Log, artifact
from bare_evm.evm import CHAIN_ID, START, Evm
from bare_evm.market import BANK, TREASURER, Market
from bare_evm.sealing import Sealing
from eth_keys.datatypes import PrivateKey

from chainboy.consensus import encoding
from chainboy.consensus.escrow import Escrow
from chainboy.consensus.fields import to_address
from chainboy.consensus.params import Bounds
from chainboy.consensus.profiles import GatewayProfile, HubProfile, RegistryProfile
from chainboy.consensus.record_verifier import HubRecords
from chainboy.consensus.round import Round
from chainboy.consensus.round_book import Choice, CommitEntry, RevealEntry, RoundBook
from chainboy.consensus.seal_book import SealBook
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
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


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


class World(Market, Sealing):
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
        self.seals = SealBook(self.stake, self.rounds.records, min_seal_interval=hub.min_seal_interval)
        self.touched_tasks: set[bytes] = set()
        self.touched_stake = True

    def _deploy(self, name: str, *args: Any) -> Contract:
        return Contract.deploy(self.evm, artifact(name), *args)

    @contextmanager
    def fork(self) -> Iterator[None]:
        """Everything that happens inside is undone."""
        books = (self.stake, self.rounds, self.escrow, self.seals)
        point, saved = self.evm.snapshot(), copy.deepcopy(books)
        try:
            yield
        finally:
            self.evm.revert(point)
            self.stake, self.rounds, self.escrow, self.seals = saved

    @property
    def epoch(self) -> int:
        """Its epoch."""
        return self.stake.epoch(self.now)

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
        return both(
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
        return both(
            lambda: getattr(self.stake, method.get(name, name))(*args, **more),
            lambda: self.registry.send(name, *args, sender=sender),
        )

    def slash(self, node: str, round_epoch: int, offence: Offence, *, sender: str) -> Done:
        """The hub's call; from anyone, to see it refused."""
        self.touched_stake = True
        return both(
            lambda: self.stake.slash(node, round_epoch, offence, sender=sender, now=self.now),
            lambda: self.registry.send("slash", node, round_epoch, int(offence), sender=sender),
            gives=True,
        )

    def note_commit(self, node: str, round_epoch: int, *, sender: str) -> Done:
        """The hub's call; from anyone, to see it refused."""
        return both(
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
        done = both(lambda: kept.append(mirror()), contract)
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
        done = both(
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
        both(
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
