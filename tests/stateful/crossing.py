"""The calls of the state machine of three chains: stake, seals, signatures, tasks, money, good and bad."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import attrs
from bare_evm.remote import GUARDIAN, Remote
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from three_chains import HONEST, NODES, OWNER, PAYOUT, RELAYER, REQUESTER, Asked, ThreeChains

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.consensus.escrow import TaskState
from chainboy.consensus.params import Params
from chainboy.consensus.signing import checkpoint_digest

NUMBERS = st.integers(0, NODES - 1)
FORGERS = st.integers(HONEST, NODES - 1)
ALL = frozenset(range(NODES))
CREWS = st.one_of(st.just(ALL), st.just(ALL), st.frozensets(st.sampled_from(sorted(ALL))))
PICK = st.integers(0, 11)
REMOTES = st.integers(0, 1)
OWNERS = st.sampled_from([OWNER, OWNER, OWNER, RELAYER])
LIES: dict[str, Any] = {
    "number": 1,
    "epoch": -1,
    "stake_total": 1,
    "records_count": 1,
    "home_block": 1,
    "stake_hash": b"\x01" * 32,
    "records_root": b"\x02" * 32,
}
"""What forgers add to a field, or put into it."""

WRONG = ("outcome", "record", "number", "sibling", "other chain", "cut")
"""What may be wrong about a delivery."""


class Crossing(RuleBasedStateMachine):
    """Everything that anybody can do on three chains."""

    @initialize()
    def deploy(self) -> None:
        """Five nodes, a first checkpoint, and a task on every chain."""
        self.three = ThreeChains()
        self.paid: defaultdict[bytes, int] = defaultdict(int)
        self.bonded = {node.address: 60 for node in self.three.home.nodes[:HONEST]}
        for place in range(3):
            self.three.ask(place, 1_400, 1_003, 3)

    def task(self, pick: int) -> Asked:
        """One of the tasks that are open, the newest first; or of all, if none is."""
        asked, state = self.three.asked, self.three.state
        found = [task for task in asked if state(task) is TaskState.REQUESTED] or asked
        return found[-1 - pick % len(found)]

    # Time

    @rule(seconds=st.sampled_from([1, 29, 30, 60, 250, 500]), blocks=st.integers(1, 60))
    def wait(self, seconds: int, blocks: int) -> None:
        """Time passes on all chains."""
        self.three.pass_time(seconds, min(seconds, blocks))

    @rule(place=REMOTES, early=st.sampled_from([None, None, None, None, 0, 0, 1, 800]))
    def forget(self, place: int, early: int | None) -> None:
        """Now and then nothing happens until a verifier is dead, or nearly; then somebody asks there."""
        remote = self.three.remotes[place]
        if early is not None:
            self.three.pass_time(max(1, remote.book.live_until - early - remote.now), 60)
            self.three.ask(place + 1, 700, 1_003, 3)

    # Stake

    @rule(number=NUMBERS, amount=st.sampled_from([0, 1, 5, 2**96]), sender=OWNERS)
    def bond(self, number: int, amount: int, sender: str) -> None:
        """Little enough that forgers stay below half."""
        home = self.three.home
        before = home.stake.node(home.nodes[number].address).bonded
        if number >= HONEST and before + amount in range(50, 2**96):
            amount = 0
        self.three.bond(number, amount, sender)
        self._note(number)

    @rule(number=NUMBERS, amount=st.sampled_from([0, 1, 10, 35, 40]), sender=OWNERS)
    def unbond(self, number: int, amount: int, sender: str) -> None:
        """Honest nodes keep so much that they stay above half."""
        home, address = self.three.home, self.three.home.nodes[number].address
        if number < HONEST and home.stake.node(address).bonded - amount < 50:
            amount = 0
        home.stake_call("unbond", address, amount, sender=sender)
        self._note(number)

    def _note(self, number: int) -> None:
        if number < HONEST:
            address = self.three.home.nodes[number].address
            node = self.three.home.stake.node(address)
            self.bonded[address] = node.bonded

    # Checkpoints

    @rule(kind=st.sampled_from(["right", "right", "none", "none", "short", "reversed", "old"]), crew=CREWS)
    def seal(self, kind: str, crew: frozenset[int]) -> None:
        """Anybody seals, or tries to; some nodes sign at once, and some withhold."""
        three, home = self.three, self.three.home
        nodes = three.held[home.epoch].nodes
        lists = {"none": (), "short": nodes[1:], "reversed": nodes[::-1], "old": three.held[1].nodes}
        done = three.seal() if kind == "right" else home.seal(lists[kind], sender=RELAYER)
        if not done.refused:
            three.sign(done.value.number, {home.nodes[number].address for number in crew})

    @rule(pick=PICK, crew=CREWS)
    def attest(self, pick: int, crew: frozenset[int]) -> None:
        """Late signatures, of old checkpoints too."""
        home = self.three.home
        number = home.seals.last_number - pick % home.seals.last_number
        self.three.sign(number, {home.nodes[each].address for each in crew})

    @rule(pick=PICK, place=REMOTES)
    def submit(self, pick: int, place: int) -> None:
        """Any checkpoint, late, out of order, with whatever signatures there are; to the other chain, too."""
        number = self.three.home.seals.last_number - pick // 4 % self.three.home.seals.last_number
        for remote in (self.three.remotes[place], self.three.remotes[1 - place]):
            self._submit(remote, self.three.sealed(number), self.three.signed[number])

    def _submit(self, remote: Remote, shown: Checkpoint, signed: dict[str, bytes]) -> bool:
        stored = self.three.stored_list(remote)
        weight, total = sum(map(stored.weight_of, signed)), remote.book.stake.stake_total
        alive = remote.now < remote.book.live_until
        done = self.three.submit(remote, shown, signed)
        assert done.refused or (alive and 2 * weight > total)
        event(f"submit: {done.name or 'taken'}")
        return not done.refused

    @rule(field=st.sampled_from(sorted(LIES)), place=REMOTES, crew=st.frozensets(FORGERS, min_size=1))
    def forge(self, field: str, place: int, crew: frozenset[int]) -> None:
        """Some sign a lie, and submit it with the honest signatures over the truth."""
        three, home = self.three, self.three.home
        truth = three.sealed(home.seals.last_number)
        lie = LIES[field]
        told = lie if isinstance(lie, bytes) else max(0, getattr(truth, field) + lie)
        forged = attrs.evolve(truth, **{field: told})
        digest = checkpoint_digest(home.domain, forged)
        signed = {home.nodes[number].address: home.nodes[number].sign(digest) for number in crew}
        three.forged.append((forged, signed))
        remote = three.remotes[place]
        assert not self._submit(remote, forged, signed)
        assert not self._submit(remote, forged, three.signed[truth.number] | signed)

    @rule(pick=PICK, number=NUMBERS)
    def slash_genuine(self, pick: int, number: int) -> None:
        """Whoever signed what was sealed is safe: it is no forgery, and the signature shows no other."""
        three, home = self.three, self.three.home
        sealed = three.sealed(home.seals.last_number - pick % home.seals.last_number)
        node = home.nodes[number].address
        signature = three.signed[sealed.number].get(node, b"")
        assert home.slash_forgery(sealed, node, signature).name == "CheckpointSealed"
        later = attrs.evolve(sealed, home_block=sealed.home_block + 1)
        assert home.slash_forgery(later, node, signature).name == "BadSignature"

    @precondition(lambda self: self.three.forged)
    @rule(pick=PICK, number=NUMBERS)
    def slash_forger(self, pick: int, number: int) -> None:
        """Whoever signed a lie, once; shown for another it slashes nobody."""
        home = self.three.home
        forged, signed = self.three.forged[pick % len(self.three.forged)]
        node, signature = next(iter(signed.items()))
        named = home.nodes[number].address
        before = home.stake.node(node).tombstoned
        done = home.slash_forgery(forged, named, signature)
        assert done.refused or (named == node and not before)

    @rule(place=REMOTES, back=st.integers(0, 2), sender=st.sampled_from([GUARDIAN, GUARDIAN, RELAYER]))
    def announce(self, place: int, back: int, sender: str) -> None:
        """The guardian names what was true, once the trust is over."""
        three, remote = self.three, self.three.remotes[place]
        epoch = max(1, three.home.epoch - back)
        held = three.held[epoch]
        stake = TrustedStake(epoch=epoch, stake_hash=held.hash, stake_total=held.total)
        over = remote.now >= remote.book.live_until
        done = remote.announce(stake, sender=sender)
        assert done.refused or (over and sender == GUARDIAN)

    @rule(place=REMOTES, patient=st.booleans())
    def activate(self, place: int, patient: bool) -> None:
        """By anyone, at the end of the delay or whenever."""
        remote = self.three.remotes[place]
        if patient and remote.book.announcement:
            self.three.pass_time(max(1, remote.book.announcement.active_at - remote.now), 60)
        if not remote.activate(sender=RELAYER).refused:
            event("activated")

    # Tasks

    @rule(
        place=st.integers(0, 2),
        life=st.sampled_from([99, 300, 700, 1_500, 1_500, 1_501]),
        value=st.sampled_from([99, 104, 1_000, 1_000, 10_007]),
        tip=st.integers(0, 4),
    )
    def ask(self, place: int, life: int, value: int, tip: int) -> None:
        """On any chain."""
        self.three.ask(place, life, value, tip)

    @rule(pick=PICK, crew=CREWS, split=st.sampled_from([0, 0, 0, 1, 3]))
    def work(self, pick: int, crew: frozenset[int], split: int) -> None:
        """Commit to one answer or two; then reveal; then finalize: what comes next for a task."""
        task, three = self.task(pick), self.three
        if task.task_id not in three.home.rounds.tallies:
            self._work(task, {number: number < split for number in sorted(crew)})

    def _work(self, task: Asked, answers: dict[int, int]) -> None:
        three, home = self.three, self.three.home
        if not home.rounds.round_of(task.task_id).has_quorum:
            three.commit(task, answers)
        for seconds in (0, 30, 60):
            three.pass_time(seconds, seconds)
            if home.rounds.round_of(task.task_id).has_quorum:
                three.reveal(task)
        three.finalize(task)

    @rule(pick=PICK, change=st.sampled_from(WRONG), until=st.sampled_from(["work", "carry", "", "", ""]))
    def go_on(self, pick: int, change: str, until: str) -> None:
        """All that it takes until a task is answered: work, seal, sign, carry, deliver, claim.

        Or a part of it; first something wrong is delivered, which is refused.
        """
        task, three, everybody = self.task(pick), self.three, dict.fromkeys(range(NODES), 1)
        if task.task_id not in three.home.rounds.tallies:
            self._work(task, everybody)
        if task.task_id not in three.home.rounds.tallies:
            return
        if task.place and until != "work":
            three.pass_time(30, 30)
            done = three.seal()
            if not done.refused:
                three.sign(done.value.number, {node.address for node in three.home.nodes})
                remote = three.remotes[task.place - 1]
                self._submit(remote, done.value, three.signed[done.value.number])
        self._deliver(task, change, pick)
        if not until:
            self._deliver(task, "", pick)
            self._claim(task)

    @rule(place=st.integers(0, 2))
    def answer(self, place: int) -> None:
        """A new task, as it should go."""
        self.three.ask(place, 1_500, 1_003, 3)
        self.go_on(0, "cut", "")

    @precondition(lambda self: self.three.recorded)
    @rule(
        pick=PICK,
        change=st.sampled_from(["", "", *WRONG]),
    )
    def deliver(self, pick: int, change: str) -> None:
        """Bring a record with its proof, or with something else."""
        known = [task for task in self.three.asked if task.task_id in self.three.recorded]
        self._deliver(known[pick % len(known)], change, pick)

    def _deliver(self, task: Asked, change: str, pick: int) -> None:
        three = self.three
        record, outcome = three.home.rounds.tallies[task.task_id].record, three.outcome(task)
        proof, place = three.proof(task, pick), task.place
        if change == "outcome":
            outcome += b"\0"
        if change == "record":
            record = attrs.evolve(record, agreeing_weight=record.agreeing_weight + 1)
        if change == "number":
            proof = b"\xff" * 32 + proof[32:]
        if change == "sibling":
            proof = proof[:-1] + bytes([proof[-1] ^ 1]) if proof else b"\0"
        if change == "cut":
            proof = proof[:-32] if proof else b"\0" * 32
        if change == "other chain":
            place = (place + 1) % 3
        before = three.state(task)
        done = three.chains[place].deliver(task.request, record, outcome, proof, sender=RELAYER)
        event(f"deliver {change}: {done.name or ('home', 'remote', 'remote')[place]}")
        assert done.refused or (change == "" and before is TaskState.REQUESTED)
        if not done.refused and place:
            accepted = three.remotes[place - 1].book.accepted
            assert any(records.count > three.recorded.index(task.task_id) for records in accepted.values())

    @rule(pick=PICK, patient=st.booleans())
    def refund(self, pick: int, patient: bool) -> None:
        """In time or not."""
        task = self.task(pick)
        chain = self.three.chains[task.place]
        if patient and pick < 3:
            end = Params.unpack(task.request.params).expires_at + chain.escrow.profile.refund_margin
            self.three.pass_time(max(1, end - chain.now), 60)
        before = self.three.state(task)
        done = chain.refund(task.request, sender=RELAYER)
        assert done.refused or before is TaskState.REQUESTED

    @precondition(lambda self: self.three.recorded)
    @rule(pick=PICK)
    def claim(self, pick: int) -> None:
        """All shares of a task, twice."""
        known = [task for task in self.three.asked if task.task_id in self.three.recorded]
        for _ in range(2):
            self._claim(known[pick % len(known)])

    def _claim(self, task: Asked) -> None:
        chain, claims = self.three.chains[task.place], self.three.claims(task)
        before = sum(chain.escrow.credits.values())
        chain.claim(claims, sender=RELAYER)
        self.paid[task.task_id] += sum(chain.escrow.credits.values()) - before

    @rule(place=st.integers(0, 2), holder=st.sampled_from([PAYOUT, REQUESTER, RELAYER]))
    def withdraw(self, place: int, holder: str) -> None:
        """Whoever has a credit."""
        self.three.chains[place].withdraw(holder, sender=holder)
