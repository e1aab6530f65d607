"""A short storm over real nodes, and that each of its checks would find what it is there to find."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest
from disasters import OF_A_NODE, OF_THE_CHAIN
from invariants import Chronicle, broken, read_transaction
from report import told
from storm import Plan, Storm, storm

from chainboy.chain.call import Call
from chainboy.chain.transaction import Transaction

pytestmark = [pytest.mark.anvil, pytest.mark.xdist_group("chaos")]

PLAN = Plan(tasks=20, seed=4, nodes=3, every=1)


@attrs.frozen
class Aftermath:
    """A storm that is over, what the chain says, and what the pool took."""

    run: Storm
    chronicle: Chronicle
    taken: list[bytes]

    def faults(self, chronicle: Chronicle | None = None, taken: list[bytes] | None = None) -> list[str]:
        """What does not hold of it, or of what a test made of it."""
        return broken(chronicle or self.chronicle, taken or self.taken, self.run.requester.sent)


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    """Of one storm for all tests here."""
    with storm(PLAN, tmp_path_factory.mktemp("storm")) as run:
        chronicle = run.run()
        return Aftermath(run, chronicle, [raw for each in run.members for raw in each.counter.taken])


def test_everything_holds_after_a_storm(aftermath: Aftermath) -> None:
    """Every kind of disaster happened, every request has its record, and every reward is claimed."""
    assert aftermath.run.disasters.keys() == {*OF_A_NODE, *OF_THE_CHAIN}
    lines, faults = told(aftermath.run, aftermath.chronicle)
    print("\n".join(lines))
    assert faults == []
    assert len(aftermath.chronicle.delivered) == PLAN.tasks
    assert len(aftermath.chronicle.claimed) > 2 * PLAN.tasks
    assert sum(member.starts for member in aftermath.run.members) > PLAN.nodes


DOCTORED: dict[str, tuple[Callable[[Chronicle], Chronicle], str]] = {
    "a commitment twice": (
        lambda found: attrs.evolve(found, committed=(*found.committed, found.committed[-1])),
        "committed 2 times",
    ),
    "a commitment without its reveal": (
        lambda found: attrs.evolve(found, revealed=found.revealed[1:]),
        "revealed 0 times, not 1",
    ),
    "a request without a record": (
        lambda found: attrs.evolve(found, finalized=found.finalized[1:]),
        "has 0 records",
    ),
    "a request that the chain lost": (
        lambda found: attrs.evolve(found, requested=found.requested[1:]),
        "requests are in the chain",
    ),
    "a reward that nobody claimed": (
        lambda found: attrs.evolve(found, claimed=found.claimed[1:]),
        "was claimed 0 times",
    ),
    "a reward of another amount": (
        lambda found: attrs.evolve(
            found, claimed=(attrs.evolve(found.claimed[0], amount=1), *found.claimed[1:])
        ),
        "1 wei for rank",
    ),
    "a wei too few": (
        lambda found: attrs.evolve(found, balance=found.balance - 1),
        "the gateway has",
    ),
    "a nonce from elsewhere": (
        lambda found: attrs.evolve(found, used={node: n + 9 for node, n in found.used.items()}),
        "took only some",
    ),
}


@pytest.mark.parametrize("kind", DOCTORED)
def test_what_does_not_hold_is_found(aftermath: Aftermath, kind: str) -> None:
    """Each check, on the same storm with one fact changed."""
    change, told = DOCTORED[kind]
    assert any(told in fault for fault in aftermath.faults(change(aftermath.chronicle)))




def test_a_nonce_for_two_calls_is_found(aftermath: Aftermath) -> None:
    """The pool took another call of a nonce that a node had used, signed by its own key."""
    raw = aftermath.taken[0]
    sender, _, _ = read_transaction(raw)
    world = aftermath.run.world
    (signer,) = (each for each in world.signers if each.address == sender)
    other = attrs.evolve(Transaction.decode(raw), call=Call(to=sender))
    forged = other.signed(signer).raw
    (fault,) = aftermath.faults(taken=[*aftermath.taken, forged])
    assert fault.endswith("for 2 calls")
