"""The calls of the state machine: whatever an attacker can do to nodes that follow the rules."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import attrs
from bare_evm.world import BANK, FLAWS, HUB, TREASURER, World
from honest import SALT, HonestNode, Promise
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from chainboy.consensus import encoding
from chainboy.consensus.escrow import Claim, TaskState
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.merkle import WinnerTree
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request
from chainboy.consensus.round_book import CommitEntry, RevealEntry
from chainboy.consensus.stake import Offence
from chainboy.consensus.tally import UNREVEALED

HONEST_OWNER, HONEST_PAYOUT, ATTACKER, ACCOMPLICE, REQUESTER = (
    to_address(bytes([n]) * 20) for n in range(0xA1, 0xA6)
)
HOLDERS = (HONEST_PAYOUT, ATTACKER, ACCOMPLICE, REQUESTER, BANK)
HONEST, NODES = 3, 7

ANSWERS = st.integers(-1, 2)
AMOUNTS = st.one_of(st.integers(0, 30), st.sampled_from([50, 60, 100, 2**96]))
BAD_NODES = st.integers(HONEST, NODES - 1)
ANY_NODES = st.integers(0, NODES - 1)
SENDERS = st.sampled_from([ATTACKER, ATTACKER, ACCOMPLICE])
HONEST_CREWS = st.sampled_from([(0, 1, 2), (0, 1, 2), (0, 1, 2), (0, 1), (2,)])
PICK = st.integers(0, 7)
HALF_PHASE = HUB.reveal_window // 2
STALLS = st.integers(1, 3 * HUB.reveal_window)
"""Seconds in which the chain may make no block: nobody who follows the rules may lose by it."""

NUISANCES = (
    *("bond", "unbond", "unbond", "withdraw", "setPayout", "alive"),
    *("register", "slash", "forge", "moveTreasury"),
)


def encoded(mode: Mode, answer: int) -> bytes:
    """An outcome that the mode takes, or one it does not."""
    if mode is not Mode.EXACT and answer == -1:
        return b"malformed"
    return Outcome(Status.OK, 0, encoding.signed_word(answer)).encode()


class Attack(RuleBasedStateMachine):
    """Everyone but the honest nodes is the attacker."""

    @initialize(bonds=st.lists(st.sampled_from([40, 50, 51, 90]), min_size=NODES, max_size=NODES))
    def deploy(self, bonds: list[int]) -> None:
        """Three honest nodes and one of the attacker's fill the set; the others wait outside."""
        self.world = world = World(nodes=NODES)
        self.honest = [HonestNode(world, node, HONEST_OWNER, HONEST_PAYOUT) for node in world.nodes[:HONEST]]
        for honest, bond in zip(self.honest, bonds, strict=False):
            world.join(honest.node, bond, owner=HONEST_OWNER, payout=HONEST_PAYOUT)
        world.join(world.nodes[HONEST], bonds[HONEST], owner=ATTACKER, payout=ACCOMPLICE)
        world.fund(ATTACKER, 10**6)
        for node, bond in zip(world.nodes[HONEST + 1 :], bonds[HONEST + 1 :], strict=True):
            world.register(node, ATTACKER, sender=ATTACKER)
            world.stake_call("bond", node.address, bond, sender=ATTACKER)
        world.next_epoch()
        self.bonded = {honest.address: bond for honest, bond in zip(self.honest, bonds, strict=False)}
        self.requests: list[Request] = []
        self.promises: list[Promise] = []
        self.states: dict[bytes, TaskState] = {}
        self.records: dict[bytes, Record] = {}
        self.taken: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        self.claimed: defaultdict[bytes, int] = defaultdict(int)
        for mode in Mode:
            self._ask(mode, 50, 1_500, 10_007, 3)

    def node(self, number: int) -> str:
        """A node's address."""
        return self.world.nodes[number].address

    def task(self, pick: int) -> Request:
        """One of the tasks asked for."""
        return self.requests[pick % len(self.requests)]

    def quorums(self) -> list[Request]:
        """The tasks whose clock runs or ran."""
        return [each for each in self.requests if self.world.rounds.round_of(each.task_id).has_quorum]

    def ready(self) -> list[Request]:
        """Those that can be finalized, or all of them if none can."""
        at, rounds = self.world.at, self.world.rounds
        over = [each for each in self.quorums() if rounds.round_of(each.task_id).is_over(at)]
        return [each for each in over if each.task_id not in rounds.tallies] or self.quorums()

    def recorded(self) -> list[Request]:
        """The tasks that have a record, or of them those that were not delivered, if any."""
        found = [each for each in self.requests if each.task_id in self.world.rounds.tallies]
        state_of = self.world.escrow.state_of
        return [each for each in found if state_of(each.task_id) is TaskState.REQUESTED] or found

    # Time

    @rule(seconds=STALLS, blocks=st.integers(1, 19), times=st.integers(1, 3))
    def advance(self, seconds: int, blocks: int, times: int) -> None:
        """Time passes in hops of fewer blocks than a phase has; after each honest nodes do what they must.

        Blocks come no faster than the chain makes them.
        """
        for _ in range(times):
            before = self.world.epoch
            self.world.advance(seconds, min(blocks, seconds // HUB.block_time))
            self.world.touched_stake |= self.world.epoch != before
            for honest in self.honest:
                honest.do_duty()

    @rule(times=st.sampled_from([2, 3, 4, 4, 4, 20]))
    def wait(self, times: int) -> None:
        """Half phases pass."""
        self.advance(HALF_PHASE, 19, times)

    # Stake

    @rule(number=ANY_NODES, victim=st.one_of(st.none(), ANY_NODES), sender=SENDERS)
    def enter(self, number: int, victim: int | None, sender: str) -> None:
        """Take a seat, perhaps another's."""
        target = ZERO_ADDRESS if victim is None else self.node(victim)
        weight = self._weight(target)
        done = self.world.stake_call("enter", self.node(number), target, sender=sender)
        if not done.refused and victim is not None:
            self.taken["evicted", self.world.epoch].append(weight)

    @rule(number=ANY_NODES)
    def drop_idle(self, number: int) -> None:
        """Take out who is silent; honest nodes never are."""
        weight = self._weight(self.node(number))
        done = self.world.stake_call("dropIdle", self.node(number), sender=ATTACKER)
        if not done.refused:
            assert number >= HONEST
            self.taken["dropped", self.world.epoch].append(weight)

    def _weight(self, node: str) -> int:
        """The heavier of what a node weighs now and next."""
        member = self.world.stake.active_set.member(node)
        now = member.at(self.world.epoch)
        return max(member.latest.weight, now.weight if now else 0)

    @rule(kind=st.sampled_from(NUISANCES), number=ANY_NODES, amount=AMOUNTS, sender=SENDERS)
    def disturb(self, kind: str, number: int, amount: int, sender: str) -> None:
        """Every other call of the registry, about honest nodes too; none of those is allowed."""
        world, address = self.world, self.node(number)
        if kind == "register":
            flaw = ["", *FLAWS][amount % 7]
            assert world.register(world.nodes[number], ACCOMPLICE, sender=sender, flaw=flaw).refused
        elif kind == "slash":
            assert world.slash(address, amount % 9, Offence(amount % 3), sender=sender).refused
            assert world.note_commit(address, amount % 9, sender=sender).refused
        elif kind == "forge" and number >= HONEST:
            world.slash(address, world.epoch, Offence.FORGERY, sender=world.hub.address)
        elif kind == "alive":
            world.stake_call("alive", address, sender=address if number >= HONEST else sender)
        elif kind in {"bond", "unbond"}:
            world.stake_call(kind, address, amount, sender=sender)
        elif kind in {"withdraw", "setPayout"}:
            world.stake_call(kind, address, ACCOMPLICE, sender=sender)
        elif kind == "moveTreasury":
            world.stake_call(kind, ACCOMPLICE, amount, sender=TREASURER if number == 0 else sender)

    # Tasks

    @rule(
        mode=st.sampled_from(Mode),
        window=st.sampled_from([9, 10, 50, 100]),
        life=st.sampled_from([99, 300, 900, 1_500, 1_501]),
        value=st.sampled_from([99, 104, 1_000, 10_007]),
        tip=st.integers(0, 4),
        gas=st.sampled_from([0, 0, 1, 100_001]),
    )
    def request(self, *, mode: Mode, window: int, life: int, value: int, tip: int, gas: int) -> None:
        """Ask, within the rules or not quite."""
        self._ask(mode, window, life, value, tip, gas)

    def _ask(self, mode: Mode, window: int, life: int, value: int, tip: int, gas: int = 0) -> None:  # noqa: PLR0917
        rules = Params(
            mode=mode,
            tolerance=10_000 if mode is Mode.MEDIAN else 0,
            commit_window=window,
            fuel_limit=0 if mode is Mode.RANDOM else 9,
            expires_at=self.world.now + life,
        )
        program = bytes(32) if mode is Mode.RANDOM else b"\x01" * 32
        call = {"sender": REQUESTER, "value": value}
        done = self.world.request(program, b"input", rules.pack(), gas, tip, **call)
        if not done.refused:
            self.requests.append(done.value)

    @rule(
        pick=PICK,
        numbers=HONEST_CREWS,
        answer=st.integers(0, 1),
        life=st.sampled_from([1, 100, 400]),
        carried=st.sampled_from([True, True, True, False]),
    )
    def promise(self, *, pick: int, numbers: tuple[int, ...], answer: int, life: int, carried: bool) -> None:
        """Honest nodes sign commitments to what they can reveal; carried at once or at any time."""
        request = self.task(pick)
        outcome = encoded(Params.unpack(request.params).mode, answer)
        made = [self.honest[number].promise(request, outcome, life) for number in numbers]
        self.promises += made
        if carried:
            entries = [(promise.entry, promise.signature) for promise in made]
            self.world.commit(request.hash, request.params, entries, sender=ATTACKER)

    @precondition(lambda self: self.promises)
    @rule(picks=st.lists(PICK, min_size=1, max_size=4), bad=st.lists(BAD_NODES, max_size=2), answer=ANSWERS)
    def commit(self, picks: list[int], bad: list[int], answer: int) -> None:
        """Carry honest commitments, old ones too, among the attacker's own, with and without signatures."""
        promises = [self.promises[-1 - pick % len(self.promises)] for pick in picks]
        request = promises[0].request
        # A signature for another task is none for this one.
        entries = [
            (attrs.evolve(promise.entry, signed=promise.request == request), promise.signature)
            for promise in promises
        ]
        entries += [self._own_entry(request, number, answer, "") for number in bad]
        self.world.commit(request.hash, request.params, entries, sender=ATTACKER)

    @rule(pick=PICK, number=ANY_NODES, answer=ANSWERS, flaw=st.sampled_from(["", "", *FLAWS, "unsigned"]))
    def commit_alone(self, pick: int, number: int, answer: int, flaw: str) -> None:
        """The attacker commits for a node of its own, or tries to for an honest one."""
        request = self.task(pick)
        if number < HONEST and not flaw:
            flaw = "other digest"
        entry = self._own_entry(request, number, answer, flaw)
        sender = self.node(number) if flaw == "unsigned" and number >= HONEST else ATTACKER
        self.world.commit(request.hash, request.params, [entry], sender=sender)

    def _own_entry(self, request: Request, number: int, answer: int, flaw: str) -> tuple[CommitEntry, bytes]:
        world, task_id = self.world, request.task_id
        round_ = world.rounds.round_of(task_id)
        attempt = round_.attempt + 1 if round_.is_void(world.at) else round_.attempt
        hashed = encoding.keccak(encoded(Params.unpack(request.params).mode, answer))
        made = encoding.commitment(task_id, attempt, self.node(number), hashed, SALT)
        entry = CommitEntry(node=self.node(number), attempt=attempt, commitment=made, deadline=world.now + 1)
        return (entry, b"") if flaw == "unsigned" else world.signed(world.nodes[number], task_id, entry, flaw)

    @precondition(lambda self: self.quorums())
    @rule(pick=PICK, numbers=st.lists(ANY_NODES, min_size=1, max_size=4), answer=ANSWERS)
    def reveal(self, pick: int, numbers: list[int], answer: int) -> None:
        """The attacker reveals for itself and for others, rightly or wrongly."""
        request = self.quorums()[pick % len(self.quorums())]
        mode, task_id = Params.unpack(request.params).mode, request.task_id
        ballots = self.world.rounds.round_of(task_id).ballots
        entries = [
            RevealEntry(
                node=self.node(number),
                payout=ballots[self.node(number)].payout if self.node(number) in ballots else ATTACKER,
                weight=ballots[self.node(number)].weight if self.node(number) in ballots else 1,
                outcome=encoded(mode, answer),
                salt=SALT,
            )
            for number in numbers
        ]
        self.world.reveal(task_id, entries, sender=ATTACKER)

    @precondition(lambda self: self.quorums())
    @rule(pick=PICK, change=st.sampled_from(["", "", "", "drop", "swap", "unrevealed", "weight"]))
    def finalize(self, pick: int, change: str) -> None:
        """Tally, or try to pass something else."""
        request = self.ready()[pick % len(self.ready())]
        words, choices = map(list, self.world.rounds.choices(request.task_id))
        if change == "drop" and choices:
            choices.pop()
        if change == "swap":
            choices.reverse()
        if change in {"unrevealed", "weight"} and choices:
            other: dict[str, Any] = {"choice": UNREVEALED} if change == "unrevealed" else {"weight": 1}
            choices[0] = attrs.evolve(choices[0], **other)
        self.world.finalize(request.hash, request.params, words, choices, sender=ATTACKER)

    @precondition(lambda self: self.quorums())
    @rule(pick=PICK, numbers=st.lists(ANY_NODES, min_size=1, max_size=4))
    def slash_unrevealed(self, pick: int, numbers: list[int]) -> None:
        """The attacker points at anybody."""
        request = self.quorums()[pick % len(self.quorums())]
        self.world.slash_unrevealed(request.task_id, list(map(self.node, numbers)), sender=ATTACKER)

    @rule(pick=PICK, numbers=HONEST_CREWS, answer=st.integers(0, 1))
    def go_on(self, pick: int, numbers: tuple[int, ...], answer: int) -> None:
        """What anybody would do next for a task: commit, wait, finalize, deliver, claim and slash."""
        request, world = self.task(pick), self.world
        round_, found = world.rounds.round_of(request.task_id), world.rounds.tallies.get(request.task_id)
        if found is None and not round_.has_quorum:
            self.promise(pick=pick, numbers=numbers, answer=answer, life=1, carried=True)
        elif found is None and not round_.is_over(world.at):
            self.advance(HALF_PHASE, 19, 4)
        elif found is None:
            assert not world.finalize(request.hash, request.params).refused
        elif world.escrow.state_of(request.task_id) is TaskState.REQUESTED:
            world.deliver(request, found.record, self._outcome_of(request), sender=ACCOMPLICE)
        else:
            self._claim(self._claims(request))
            world.slash_unrevealed(request.task_id, list(map(self.node, range(NODES))))

    # Money

    @precondition(lambda self: self.world.rounds.tallies)
    @rule(pick=PICK, change=st.sampled_from(["", "", "", "outcome", "record", "proof", "nonce"]))
    def deliver(self, pick: int, change: str) -> None:
        """Bring the record there is, or something else."""
        request = self.recorded()[pick % len(self.recorded())]
        found = self.world.rounds.tallies.get(request.task_id)
        record = found.record if found else Record.without_consensus(request.task_id, 1)
        outcome = self._outcome_of(request) + (b"\0" if change == "outcome" else b"")
        if change == "record":
            record = attrs.evolve(record, agreeing_weight=record.agreeing_weight + 1)
        if change == "nonce":
            request = attrs.evolve(request, nonce=request.nonce + 99)
        proof = b"\0" if change == "proof" else b""
        self.world.deliver(request, record, outcome, proof, sender=ATTACKER)

    def _outcome_of(self, request: Request) -> bytes:
        found = self.world.rounds.tallies.get(request.task_id)
        if found is None or not found.record.has_consensus:
            return b""
        if found.outcome is not None:
            return found.outcome.encode()
        made = (encoded(Mode.EXACT, answer) for answer in range(-1, 3))
        return next(each for each in made if encoding.keccak(each) == found.record.outcome_hash)

    @rule(pick=PICK)
    def refund(self, pick: int) -> None:
        """In time or not."""
        self.world.refund(self.task(pick), sender=ATTACKER)

    @precondition(lambda self: self.world.rounds.tallies)
    @rule(pick=PICK, change=st.sampled_from(["", "", "payout", "rank", "weight", "proof", "price"]))
    def claim(self, pick: int, change: str) -> None:
        """All shares of a task, the first one perhaps changed."""
        found = [each for each in self.requests if each.task_id in self.world.rounds.tallies]
        claims = self._claims(found[pick % len(found)])
        if claims and change:
            changed: dict[str, Any] = {
                "payout": {"payout": ATTACKER},
                "rank": {"rank": claims[0].rank + 1},
                "weight": {"weight": claims[0].weight + 1},
                "proof": {"proof": (*claims[0].proof, bytes(32))},
                "price": {"price": claims[0].price + 1},
            }[change]
            claims.insert(0, attrs.evolve(claims[0], **changed))
        self._claim(claims)

    def _claim(self, claims: list[Claim]) -> None:
        before = sum(self.world.escrow.credits.values())
        refusals = self.world.claim(claims, sender=ATTACKER)
        if claims and "" in refusals:
            self.claimed[claims[-1].task_id] += sum(self.world.escrow.credits.values()) - before

    def _claims(self, request: Request) -> list[Claim]:
        found = self.world.rounds.tallies.get(request.task_id)
        if found is None or not found.winners:
            return []
        tree = WinnerTree([winner.leaf for winner in found.winners])
        record = found.record
        return [
            Claim(
                task_id=request.task_id,
                price=request.price,
                winners_root=record.winners_root,
                rest_weight=record.rest_weight,
                winners_count=record.winners_count,
                rank=winner.rank,
                node=winner.node,
                payout=winner.payout,
                weight=winner.weight,
                proof=tree.proof(winner.rank),
            )
            for winner in found.winners
        ]

    @rule(
        kind=st.sampled_from(["withdraw", "withdraw", "treasury"]),
        holder=st.sampled_from(HOLDERS),
        amount=AMOUNTS,
    )
    def take_money(self, kind: str, holder: str, amount: int) -> None:
        """Credits by who has them, the treasury by the treasurer alone; now and then to nobody."""
        to = ZERO_ADDRESS if amount % 5 == 0 else ACCOMPLICE
        if kind == "withdraw":
            self.world.withdraw(to, sender=holder)
        else:
            self.world.move_treasury(to, amount, sender=TREASURER if amount % 2 else holder)
