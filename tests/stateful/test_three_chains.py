"""Three chains under random calls, good and bad: what is believed, delivered and paid anywhere is the hub's.

After each step mirrors and contracts are compared and the protocol's invariants (section 12) hold.
"""

from __future__ import annotations

from bare_evm.remote import Remote
from crossing import Crossing
from hypothesis import settings
from hypothesis.stateful import invariant
from three_chains import HOLDERS, NODES, STAKE, Asked

from chainboy.consensus.checkpoint_book import AcceptedRecords, TrustedStake
from chainboy.consensus.escrow import TaskState
from chainboy.consensus.rewards import treasury_share


class Chains(Crossing):
    """What holds after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.reached: list[tuple[int, int, int]] = [(0, 0, 0)] * 2
        self.states: dict[bytes, TaskState] = {}
        self.seen: list[set[int]] = [{0}, {0}]

    @invariant()
    def all_of_it_holds(self) -> None:
        """The mirrors are what the contracts are, and of them each other invariant holds."""
        if not hasattr(self, "three"):
            return
        self.both_sides_agree()
        for place, remote in enumerate(self.three.remotes):
            if remote.touched:
                self.only_the_hubs_word_is_believed(remote, self.seen[place])
                self.no_verifier_goes_back(remote, place)
                remote.touched = False
        self.nothing_is_paid_twice()
        self.money_is_conserved()
        self.nobody_honest_is_a_forger()

    def both_sides_agree(self) -> None:
        """Where a call went to since the last step."""
        three = self.three
        three.home.compare_touched(HOLDERS)
        for remote in three.remotes:
            if remote.touched:
                remote.compare_verifier()
            if remote.touched_tasks:
                remote.compare_money(HOLDERS, list(remote.touched_tasks))
            remote.touched_tasks = set()

    def only_the_hubs_word_is_believed(self, remote: Remote, seen: set[int]) -> None:
        """Invariant 6: the distribution is that of its epoch, and each root the hub's of its number."""
        three, epoch = self.three, remote.book.stake.epoch
        held = three.held[epoch]
        assert remote.book.stake == TrustedStake(epoch=epoch, stake_hash=held.hash, stake_total=held.total)
        assert remote.verifier.view("distribution") == (epoch, held.hash, held.total)
        for number in set(remote.book.accepted) - seen:
            sealed = three.sealed(number)
            accepted = AcceptedRecords(root=sealed.records_root, count=sealed.records_count)
            assert remote.verifier.view("rootOf", number) == accepted.root
            assert remote.book.accepted[number] == accepted
            seen.add(number)

    def no_verifier_goes_back(self, remote: Remote, place: int) -> None:
        """In number, count or epoch."""
        view = remote.verifier.view
        reached = (view("lastNumber"), view("recordsCount"), view("distribution")[0])
        assert all(before <= after for before, after in zip(self.reached[place], reached, strict=True))
        self.reached[place] = reached

    def nothing_is_paid_twice(self) -> None:
        """Invariants 2 and 3: states move forward, a delivery has a majority, shares stay below the price."""
        three = self.three
        for task in three.asked:
            state = three.state(task)
            before = self.states.get(task.task_id, TaskState.REQUESTED)
            assert before in {state, TaskState.REQUESTED}
            self.states[task.task_id] = state
            if state is TaskState.DELIVERED:
                record = three.home.rounds.tallies[task.task_id].record
                assert record.agreeing_weight == 0 or 2 * record.agreeing_weight > record.total_weight
            assert self.paid[task.task_id] <= (task.request.price if self.winners(task) else 0)

    def winners(self, task: Asked) -> int:
        """How many nodes a delivered task pays."""
        found = self.three.home.rounds.tallies.get(task.task_id)
        delivered = self.three.state(task) is TaskState.DELIVERED
        return len(found.winners) if found and delivered else 0

    def money_is_conserved(self) -> None:
        """Invariant 1 on each chain, counted from what was delivered and claimed rather than any balance."""
        for place, chain in enumerate(self.three.chains):
            escrow, unclaimed = chain.escrow, 0
            for task in self.three.asked:
                if task.place == place and (count := self.winners(task)):
                    price = task.request.price
                    unclaimed += price - treasury_share(price, count) - self.paid[task.task_id]
            owed = escrow.open_escrow + sum(escrow.credits.values()) + unclaimed + escrow.treasury
            assert chain.evm.balance(chain.gateway.address) == owed

    def nobody_honest_is_a_forger(self) -> None:
        """And none loses a token."""
        for address, bonded in self.bonded.items():
            node = self.three.home.registry.view("nodeOf", address)
            assert (node[2], node[-1]) == (bonded, False)

    def teardown(self) -> None:
        """Invariant 8: no escrow is stuck on any chain, and what was delivered is paid but for the dust."""
        if not hasattr(self, "three"):
            return
        three = self.three
        three.pass_time(STAKE.epoch_length * 4, 200)
        for task in three.asked:
            state = three.state(task)
            if state is TaskState.REQUESTED:
                assert not three.chains[task.place].refund(task.request).refused
            elif state is TaskState.DELIVERED:
                self._claim(task)
        self.all_of_it_holds()
        for place, chain in enumerate(three.chains):
            dust = chain.evm.balance(chain.gateway.address) - chain.escrow.treasury
            dust -= sum(chain.escrow.credits.values())
            assert 0 <= dust <= NODES * sum(task.place == place for task in three.asked)


TestThreeChains = Chains.TestCase
# An example is forty calls on three chains: a tenth as many as of single properties, but not fewer than 25.
_MOST = settings().max_examples
TestThreeChains.settings = settings(max_examples=max(_MOST // 10, 25), stateful_step_count=40)
