"""Registry, hub and gateway under random calls, good and bad: an attacker among nodes that follow the rules.

After each step mirror and contracts are compared and the protocol's invariants (section 12) hold.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import attrs
from bare_evm.world import BANK, FLAWS, REGISTRY, TREASURER, World
from honest import SALT, HonestNode, Promise
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chainboy.consensus import encoding
from chainboy.consensus.escrow import Claim, TaskState
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.merkle import WinnerTree
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request
from chainboy.consensus.round import BallotState
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
PICK = st.integers(0, 7)


def encoded(mode: Mode, answer: int) -> bytes:
    """An outcome that the mode takes, or one it does not."""
    if mode is not Mode.EXACT and answer == -1:
        return b"malformed"
    return Outcome(Status.OK, 0, encoding.signed_word(answer)).encode()


class Network(RuleBasedStateMachine):
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
        self.records: dict[bytes, bytes] = {}
        self.taken: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        self.claimed: defaultdict[bytes, int] = defaultdict(int)

    def node(self, number: int) -> str:
        """A node's address."""
        return self.world.nodes[number].address

    def task(self, pick: int) -> Request:
        """One of the tasks asked for."""
        return self.requests[pick % len(self.requests)]

    # Time

    @rule(seconds=st.sampled_from([0, 1, 9, 10, 25, 50, 100, 200, 500]), blocks=st.integers(1, 19))
    def advance(self, seconds: int, blocks: int) -> None:
        """Time passes, fewer blocks than a phase has; then honest nodes do what they must."""
        self.world.advance(seconds, blocks)
        for honest in self.honest:
            honest.do_duty()

    # Stake

    @rule(number=ANY_NODES, amount=AMOUNTS, name=st.sampled_from(["bond", "unbond"]), sender=SENDERS)
    def move_bond(self, number: int, amount: int, name: str, sender: str) -> None:
        """Tokens in and out."""
        self.world.stake_call(name, self.node(number), amount, sender=sender)

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

    @rule(number=ANY_NODES, name=st.sampled_from(["alive", "withdraw", "setPayout"]), sender=SENDERS)
    def other_stake_calls(self, number: int, name: str, sender: str) -> None:
        """Whatever else an owner can do."""
        more = {"alive": (), "withdraw": (ACCOMPLICE,), "setPayout": (ACCOMPLICE,)}[name]
        self.world.stake_call(name, self.node(number), *more, sender=sender)

    @rule(number=BAD_NODES)
    def alive_by_itself(self, number: int) -> None:
        """The attacker's nodes may show themselves too."""
        self.world.stake_call("alive", self.node(number), sender=self.node(number))

    @rule(number=ANY_NODES, flaw=st.sampled_from(["", *FLAWS]), sender=SENDERS)
    def register(self, number: int, flaw: str, sender: str) -> None:
        """All nodes are registered: nobody's node is taken over."""
        assert self.world.register(self.world.nodes[number], ACCOMPLICE, sender=sender, flaw=flaw).refused

    @rule(number=ANY_NODES, epoch=st.integers(0, 9), offence=st.sampled_from(Offence), sender=SENDERS)
    def slash_without_being_the_hub(self, number: int, epoch: int, offence: Offence, sender: str) -> None:
        """Refused, as is noting a commit."""
        assert self.world.slash(self.node(number), epoch, offence, sender=sender).refused
        assert self.world.note_commit(self.node(number), epoch, sender=sender).refused

    @rule(number=BAD_NODES)
    def forge(self, number: int) -> None:
        """What the hub does when a node of the attacker's is shown to have forged."""
        self.world.slash(self.node(number), self.world.epoch, Offence.FORGERY, sender=self.world.hub.address)

    @rule(amount=AMOUNTS, sender=st.sampled_from([TREASURER, ATTACKER]))
    def move_slashed(self, amount: int, sender: str) -> None:
        """The treasurer's alone."""
        self.world.stake_call("moveTreasury", ACCOMPLICE, amount, sender=sender)

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

    @precondition(lambda self: self.requests)
    @rule(pick=PICK, number=st.integers(0, HONEST - 1), answer=st.integers(0, 2), life=st.integers(1, 400))
    def promise(self, pick: int, number: int, answer: int, life: int) -> None:
        """An honest node signs a commitment to something it can reveal; anyone may carry it, any time."""
        request = self.task(pick)
        outcome = encoded(Params.unpack(request.params).mode, answer)
        self.promises.append(self.honest[number].promise(request, outcome, life))

    @precondition(lambda self: self.promises)
    @rule(picks=st.lists(PICK, min_size=1, max_size=4), bad=st.lists(BAD_NODES, max_size=2), answer=ANSWERS)
    def commit(self, picks: list[int], bad: list[int], answer: int) -> None:
        """Carry honest commitments, old ones too, among the attacker's own, with and without signatures."""
        promises = [self.promises[-1 - pick % len(self.promises)] for pick in picks]
        request = promises[0].request
        entries = [(promise.entry, promise.signature) for promise in promises]
        entries += [self._own_entry(request, number, answer, "") for number in bad]
        self.world.commit(request.hash, request.params, entries, sender=ATTACKER)

    @precondition(lambda self: self.requests)
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

    @precondition(lambda self: self.requests)
    @rule(pick=PICK, numbers=st.lists(ANY_NODES, min_size=1, max_size=4), answer=ANSWERS)
    def reveal(self, pick: int, numbers: list[int], answer: int) -> None:
        """The attacker reveals for itself and for others, rightly or wrongly."""
        request = self.task(pick)
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

    @precondition(lambda self: self.requests)
    @rule(pick=PICK, change=st.sampled_from(["", "", "", "drop", "swap", "unrevealed", "weight"]))
    def finalize(self, pick: int, change: str) -> None:
        """Tally, or try to pass something else."""
        request = self.task(pick)
        words, choices = map(list, self.world.rounds.choices(request.task_id))
        if change == "drop" and choices:
            choices.pop()
        if change == "swap":
            choices.reverse()
        if change in {"unrevealed", "weight"} and choices:
            other: dict[str, Any] = {"choice": UNREVEALED} if change == "unrevealed" else {"weight": 1}
            choices[0] = attrs.evolve(choices[0], **other)
        self.world.finalize(request.hash, request.params, words, choices, sender=ATTACKER)

    @precondition(lambda self: self.requests)
    @rule(pick=PICK, numbers=st.lists(ANY_NODES, min_size=1, max_size=4))
    def slash_unrevealed(self, pick: int, numbers: list[int]) -> None:
        """The attacker points at anybody."""
        self.world.slash_unrevealed(self.task(pick).task_id, list(map(self.node, numbers)), sender=ATTACKER)

    # Money

    @precondition(lambda self: self.requests)
    @rule(pick=PICK, change=st.sampled_from(["", "", "", "outcome", "record", "proof", "nonce"]))
    def deliver(self, pick: int, change: str) -> None:
        """Bring the record there is, or something else."""
        request = self.task(pick)
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

    @precondition(lambda self: self.requests)
    @rule(pick=PICK)
    def refund(self, pick: int) -> None:
        """In time or not."""
        self.world.refund(self.task(pick), sender=ATTACKER)

    @precondition(lambda self: self.requests)
    @rule(pick=PICK, change=st.sampled_from(["", "", "payout", "rank", "weight", "proof", "price"]))
    def claim(self, pick: int, change: str) -> None:
        """All shares of a task, the first one perhaps changed."""
        claims = self._claims(self.task(pick))
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

    @rule(holder=st.sampled_from(HOLDERS), to=st.sampled_from([ACCOMPLICE, ZERO_ADDRESS]))
    def withdraw(self, holder: str, to: str) -> None:
        """Take a credit out."""
        self.world.withdraw(to, sender=holder)

    @rule(amount=st.integers(0, 300), sender=st.sampled_from([TREASURER, ATTACKER]))
    def move_treasury(self, amount: int, sender: str) -> None:
        """The treasurer's alone."""
        self.world.move_treasury(ACCOMPLICE, amount, sender=sender)

    # What holds after each step

    @invariant()
    def mirror_and_contracts_agree(self) -> None:
        """Invariant 5, and every readable state."""
        self.world.compare_stake()
        for request in self.requests[-3:]:
            self.world.compare_round(request.task_id)
        self.world.compare_money(HOLDERS, [request.task_id for request in self.requests[-3:]])

    @invariant()
    def money_is_conserved(self) -> None:
        """Invariant 1, counted from what was delivered and claimed rather than from any book."""
        world, escrow = self.world, self.world.escrow
        unclaimed = 0
        for request in self.requests:
            if escrow.state_of(request.task_id) is TaskState.DELIVERED:
                count = world.rounds.tallies[request.task_id].record.winners_count
                if count:
                    treasury = world.gateway.view("treasuryShareOf", request.price, count)
                    unclaimed += request.price - treasury - self.claimed[request.task_id]
        held = world.evm.balance(world.gateway.address)
        credits_ = sum(world.gateway.view("creditOf", holder) for holder in self._holders())
        assert held == escrow.open_escrow + credits_ + unclaimed + world.gateway.view("treasury")
        bonds = sum(sum(world.registry.view("nodeOf", node.address)[2:4]) for node in world.nodes)
        assert world.token.view("balanceOf", world.registry.address) == bonds + world.registry.view(
            "treasury"
        )

    def _holders(self) -> set[str]:
        return {*HOLDERS, *self.world.escrow.credits}

    @invariant()
    def states_move_forward(self) -> None:
        """Invariant 2, and one record for each task for ever."""
        for request in self.requests:
            state = self.world.escrow.state_of(request.task_id)
            before = self.states.get(request.task_id, TaskState.REQUESTED)
            assert before in {state, TaskState.REQUESTED}
            self.states[request.task_id] = state
            hashed = self.world.hub.view("recordHashOf", request.task_id)
            assert self.records.get(request.task_id, hashed) in {hashed, bytes(32)}
            self.records[request.task_id] = hashed

    @invariant()
    def majorities_are_real(self) -> None:
        """Invariants 3 and 4: more than half of all that was bonded at the round's epoch."""
        world = self.world
        for task_id, counted in world.rounds.tallies.items():
            record = counted.record
            assert record.agreeing_weight == 0 or 2 * record.agreeing_weight > record.total_weight
            assert record.agreeing_weight == sum(winner.weight for winner in counted.winners)
            epoch = world.rounds.round_of(task_id).epoch
            assert record.total_weight == world.registry.view("totalAt", epoch)[0]
        for epoch in (world.epoch, world.epoch + 1):
            weights = [world.registry.view("snapshotAt", node.address, epoch)[0] for node in world.nodes]
            active = [weight for weight in weights if weight]
            expected = (sum(active), len(active)) if sum(active) >= REGISTRY.min_active_weight else (0, 0)
            assert world.registry.view("totalAt", epoch) == expected
            assert len(active) <= REGISTRY.max_active

    @invariant()
    def the_honest_lose_nothing(self) -> None:
        """Invariant 8: never slashed, never jailed, never out of more seats than the budget allows."""
        for honest in self.honest:
            node = self.world.stake.node(honest.address)
            assert (node.bonded, node.unbonding, node.jailed_epoch) == (self.bonded[honest.address], 0, 0)
            for request in self.requests:
                state = self.world.rounds.ballot_of(request.task_id, 1, honest.address)
                assert state is not BallotState.SLASHED
        for (_, epoch), weights in self.taken.items():
            total, _ = self.world.stake.total_at(epoch)
            assert len(weights) == 1 or 4 * sum(weights) <= total

    def teardown(self) -> None:
        """Invariant 8: whatever was done, rounds with quorum end in a record and no escrow is stuck."""
        if not hasattr(self, "world"):
            return
        world = self.world
        for _ in range(4):
            self.advance(50, 19)
        for request in self.requests:
            if (
                world.rounds.round_of(request.task_id).has_quorum
                and request.task_id not in world.rounds.tallies
            ):
                assert not world.finalize(request.hash, request.params, sender=ATTACKER).refused
        for request in self.requests:
            if world.escrow.state_of(request.task_id) is TaskState.REQUESTED:
                expiry = Params.unpack(request.params).expires_at
                world.advance(max(0, expiry + world.escrow.profile.refund_margin - world.now), 1)
                assert not world.refund(request).refused
            self._claim(self._claims(request))
        self.money_is_conserved()
        dust = world.evm.balance(world.gateway.address) - world.escrow.treasury
        dust -= sum(world.escrow.credits.values())
        assert 0 <= dust <= sum(len(counted.winners) for counted in world.rounds.tallies.values())


TestNetwork = Network.TestCase
TestNetwork.settings = settings(
    parent=settings(), max_examples=max(10, settings().max_examples // 10), stateful_step_count=40
)
