"""The registry's mirror: each rule of bonds, seats, budgets and slashes on a worked example."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.profiles import RegistryProfile
from chainboy.consensus.refusal import Refused
from chainboy.consensus.stake import Offence, StakeBook

PROFILE = RegistryProfile(
    genesis_time=1_000,
    epoch_length=100,
    unbonding_epochs=4,
    idle_epochs=2,
    max_active=4,
    min_bond=10,
    min_active_weight=10,
    unrevealed_share=100,
    random_share=1_000,
    forgery_share=5_000,
)
HUB, TREASURER, OWNER, STRANGER, PAYOUT = (to_address(bytes([n]) * 20) for n in range(1, 6))
NODES = [to_address(bytes([n]) * 20) for n in range(100, 120)]
NODE = NODES[0]


def at(epoch: int) -> int:
    """The middle of an epoch."""
    return 1_050 + 100 * epoch


def new_book(bonds: tuple[int, ...] = (), **changes: int) -> StakeBook:
    """A book with these nodes bonded and entered in epoch 0."""
    book = StakeBook(attrs.evolve(PROFILE, **changes), hub=HUB, treasurer=TREASURER)
    for node, amount in zip(NODES, bonds, strict=False):
        join(book, node, amount)
    return book


def join(
    book: StakeBook, node: str, amount: int, *, epoch: int = 0, victim: str | None = ZERO_ADDRESS
) -> None:
    """Register and bond a node, and enter it unless ``victim`` is ``None``."""
    book.register(node, PAYOUT, signed=True, sender=OWNER, now=at(epoch))
    book.bond(node, amount, sender=OWNER, now=at(epoch))
    if victim is not None:
        book.enter(node, victim, sender=OWNER, now=at(epoch))


def refuses(name: str, call: Callable[..., Any], *args: object, **kwargs: object) -> tuple[object, ...]:
    """The refusal's arguments; the call must be refused by this name."""
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    assert refused.value.name == name
    return refused.value.arguments


def test_who_bonds_counts_from_the_next_epoch() -> None:
    """Weight, payout and membership are those of an epoch, never live."""
    book = new_book((40, 60))
    assert book.total_at(0) == (0, 0)
    assert book.total_at(1) == (100, 2)
    assert book.snapshot_at(NODE, 0) == (0, ZERO_ADDRESS)
    assert book.snapshot_at(NODE, 1) == (40, PAYOUT)
    book.bond(NODE, 5, sender=OWNER, now=at(1))
    book.set_payout(NODE, STRANGER, sender=OWNER, now=at(1))
    assert book.snapshot_at(NODE, 1) == (40, PAYOUT)
    assert book.snapshot_at(NODE, 2) == (45, STRANGER)
    assert book.total_at(2) == (105, 2)
    assert book.balance == 105
    assert book.nodes == (NODES[0], NODES[1])


def test_below_the_minimum_nobody_is_active() -> None:
    """An epoch of too little weight has no total."""
    assert new_book((40,), min_active_weight=41).total_at(1) == (0, 0)
    assert new_book((41,), min_active_weight=41).total_at(1) == (41, 1)


def test_node_as_its_owner_sees_it() -> None:
    """All fields of a member."""
    node = new_book((40,)).node(NODE)
    assert (node.owner, node.payout, node.bonded, node.weight) == (OWNER, PAYOUT, 40, 40)
    assert node.active
    assert not node.tombstoned
    assert (node.unbonding, node.release_epoch, node.locked_until_epoch) == (0, 0, 0)
    assert (node.last_active_epoch, node.jailed_epoch) == (0, 0)


def test_registering() -> None:
    """Once, by the node's own signature, with somewhere to pay."""
    book = new_book((40,))
    call = book.register
    refuses("ZeroAddress", call, NODES[1], ZERO_ADDRESS, signed=True, sender=OWNER, now=at(0))
    refuses("AlreadyRegistered", call, NODE, PAYOUT, signed=True, sender=OWNER, now=at(0))
    refuses("BadSignature", call, NODES[1], PAYOUT, signed=False, sender=OWNER, now=at(0))


def test_only_the_owner() -> None:
    """Strangers are refused, and nobody owns what is not registered."""
    book = new_book((40,))
    calls: list[tuple[Callable[..., Any], tuple[object, ...]]] = [
        (book.bond, (1,)),
        (book.unbond, (1,)),
        (book.withdraw, (OWNER,)),
        (book.set_payout, (PAYOUT,)),
        (book.enter, (ZERO_ADDRESS,)),
        (book.alive, ()),
    ]
    for call, args in calls:
        assert refuses("NotOwner", call, NODE, *args, sender=STRANGER, now=at(0)) == (STRANGER,)
        assert refuses("NotRegistered", call, NODES[9], *args, sender=OWNER, now=at(0)) == (NODES[9],)
    for call, args in calls[:4]:
        refuses("NotOwner", call, NODE, *args, sender=NODE, now=at(0))


def test_amounts_and_addresses_are_not_zero() -> None:
    """Nothing is bonded, unbonded or sent to nobody."""
    book = new_book((40,))
    refuses("ZeroAmount", book.bond, NODE, 0, sender=OWNER, now=at(0))
    refuses("ZeroAmount", book.unbond, NODE, 0, sender=OWNER, now=at(0))
    refuses("ZeroAddress", book.withdraw, NODE, ZERO_ADDRESS, sender=OWNER, now=at(0))
    refuses("ZeroAddress", book.set_payout, NODE, ZERO_ADDRESS, sender=OWNER, now=at(0))
    refuses("SafeCastOverflowedUintDowncast", book.bond, NODE, 2**96 - 40, sender=OWNER, now=at(0))


def test_entering_while_there_is_room() -> None:
    """Bonded enough, once, and nobody has to go."""
    book = new_book((40,))
    join(book, NODES[1], 9, victim=None)
    refuses("BondTooSmall", book.enter, NODES[1], ZERO_ADDRESS, sender=OWNER, now=at(0))
    refuses("AlreadyActive", book.enter, NODE, ZERO_ADDRESS, sender=OWNER, now=at(0))
    book.bond(NODES[1], 1, sender=OWNER, now=at(0))
    refuses("SetHasRoom", book.enter, NODES[1], NODE, sender=OWNER, now=at(0))
    book.enter(NODES[1], ZERO_ADDRESS, sender=NODES[1], now=at(0))
    assert book.active_set.seats_taken == 2


def test_evicting_a_weaker_member() -> None:
    """Strictly weaker; who evicted is locked until the epoch after its entry has ended."""
    book = new_book((40, 30, 20, 10))
    strong, equal = NODES[4], NODES[5]
    join(book, strong, 11, epoch=1, victim=None)
    join(book, equal, 10, epoch=1, victim=None)
    refuses("SetFull", book.enter, strong, ZERO_ADDRESS, sender=OWNER, now=at(1))
    refuses("NodeNotActive", book.enter, strong, equal, sender=OWNER, now=at(1))
    told = refuses("VictimNotWeaker", book.enter, equal, NODES[3], sender=OWNER, now=at(1))
    assert told == (NODES[3], 10, 10)
    book.enter(strong, NODES[3], sender=OWNER, now=at(1))
    assert (book.total_at(1), book.total_at(2)) == ((100, 4), (101, 4))
    assert book.node(NODES[3]).bonded == 10
    assert not book.node(NODES[3]).active
    assert refuses("LockedUntil", book.unbond, strong, 1, sender=OWNER, now=at(2)) == (3,)
    book.unbond(strong, 11, sender=OWNER, now=at(3))
    assert book.total_at(4) == (90, 3)


def test_eviction_budget() -> None:
    """A quarter of the epoch's total weight, or one node if none was taken yet."""
    book = new_book((40, 30, 20, 10))
    for node, amount in zip(NODES[4:8], (45, 46, 47, 48), strict=True):
        join(book, node, amount, epoch=1, victim=None)
    book.enter(NODES[4], NODES[0], sender=OWNER, now=at(1))
    assert refuses("BudgetSpent", book.enter, NODES[5], NODES[3], sender=OWNER, now=at(1)) == (40, 25)
    book.enter(NODES[5], NODES[3], sender=OWNER, now=at(2))
    assert refuses("BudgetSpent", book.enter, NODES[6], NODES[2], sender=OWNER, now=at(2)) == (10, 26)
    join(book, NODES[8], 100, epoch=2, victim=None)
    book.enter(NODES[8], NODES[2], sender=OWNER, now=at(3))


def test_a_victim_counts_with_its_heavier_weight() -> None:
    """What it weighs now, when it weighs less next."""
    book = new_book((50, 20, 20, 10))
    book.unbond(NODES[0], 40, sender=OWNER, now=at(1))
    for node in NODES[4:6]:
        join(book, node, 30, epoch=1, victim=None)
    book.enter(NODES[4], NODES[3], sender=OWNER, now=at(1))
    assert refuses("BudgetSpent", book.enter, NODES[5], NODES[0], sender=OWNER, now=at(1)) == (10, 25)


def test_unbonding_is_one_bucket() -> None:
    """The last unbond fixes the release of all; the bond stays zero or at least the minimum."""
    book = new_book((40,))
    refuses("BondTooLarge", book.unbond, NODE, 41, sender=OWNER, now=at(1))
    assert refuses("BondTooSmall", book.unbond, NODE, 31, sender=OWNER, now=at(1)) == (9, 10)
    book.unbond(NODE, 10, sender=OWNER, now=at(1))
    book.unbond(NODE, 30, sender=OWNER, now=at(3))
    assert not book.node(NODE).active
    assert refuses("StillUnbonding", book.withdraw, NODE, OWNER, sender=OWNER, now=at(7)) == (8,)
    assert book.withdraw(NODE, OWNER, sender=OWNER, now=at(8)) == 40
    refuses("NothingToWithdraw", book.withdraw, NODE, OWNER, sender=OWNER, now=at(8))
    assert book.balance == 0
    book.bond(NODE, 5, sender=OWNER, now=at(8))
    assert book.node(NODE).weight == 0


def test_idle_nodes_are_dropped() -> None:
    """When the last act is more than the limit's epochs old; they may enter again at once."""
    book = new_book((40, 40))
    refuses("NotIdle", book.drop_idle, NODE, now=at(2))
    book.alive(NODES[1], sender=NODES[1], now=at(2))
    book.drop_idle(NODE, now=at(3))
    assert refuses("NodeNotActive", book.drop_idle, NODE, now=at(3)) == (NODE,)
    assert refuses("NotIdle", book.drop_idle, NODES[1], now=at(4)) == (NODES[1], 2)
    book.enter(NODE, ZERO_ADDRESS, sender=OWNER, now=at(3))
    assert book.node(NODE).last_active_epoch == 3


def test_idleness_has_its_own_budget() -> None:
    """Two thirds of the set cannot be dropped in one epoch."""
    book = new_book((40, 40, 40))
    book.drop_idle(NODES[0], now=at(3))
    assert refuses("BudgetSpent", book.drop_idle, NODES[1], now=at(3)) == (40, 30)
    book.drop_idle(NODES[1], now=at(4))


def test_commits_are_acts_of_who_was_active() -> None:
    """The hub alone is told, weight and payout are those of the round's epoch."""
    book = new_book((40,))
    refuses("NotHub", book.note_commit, NODE, 1, sender=OWNER, now=at(1))
    assert book.note_commit(NODE, 0, sender=HUB, now=at(1)) == (0, ZERO_ADDRESS)
    assert book.node(NODE).last_active_epoch == 0
    book.unbond(NODE, 40, sender=OWNER, now=at(1))
    assert book.note_commit(NODE, 1, sender=HUB, now=at(2)) == (40, PAYOUT)
    assert book.note_commit(NODE, 2, sender=HUB, now=at(2)) == (0, ZERO_ADDRESS)
    assert book.node(NODE).last_active_epoch == 2


def test_only_three_snapshots_are_kept() -> None:
    """Older epochs are refused, and give nobody a right to commit."""
    book = new_book((40,))
    for epoch in (1, 2):
        book.bond(NODE, 1, sender=OWNER, now=at(epoch))
    assert book.snapshot_at(NODE, 1) == (40, PAYOUT)
    book.bond(NODE, 1, sender=OWNER, now=at(3))
    assert refuses("EpochTooOld", book.snapshot_at, NODE, 1) == (1,)
    assert book.snapshot_at(NODE, 2) == (41, PAYOUT)
    assert book.note_commit(NODE, 1, sender=HUB, now=at(3)) == (0, ZERO_ADDRESS)
    assert book.total_at(1) == (40, 1)


def _slash(
    book: StakeBook, offence: Offence, *, round_epoch: int = 1, epoch: int = 1, node: str = NODE
) -> int:
    return book.slash(node, round_epoch, offence, sender=HUB, now=at(epoch))


def test_slashing_takes_from_both_buckets() -> None:
    """Each share is rounded down; weight changes from the next epoch; the node stays, but jailed."""
    book = new_book((1_000, 1_000))
    book.unbond(NODE, 450, sender=OWNER, now=at(1))
    refuses("NotHub", book.slash, NODE, 1, Offence.UNREVEALED, sender=OWNER, now=at(1))
    assert _slash(book, Offence.UNREVEALED) == 5 + 4
    node = book.node(NODE)
    assert (node.bonded, node.unbonding, node.weight, node.jailed_epoch) == (545, 446, 545, 1)
    assert (book.treasury, book.balance) == (9, 2_000)
    assert book.total_at(1) == (2_000, 2)
    assert book.total_at(2) == (1_545, 2)
    assert book.note_commit(NODE, 1, sender=HUB, now=at(1)) == (0, ZERO_ADDRESS)
    assert book.note_commit(NODE, 2, sender=HUB, now=at(2)) == (545, PAYOUT)


def test_one_unrevealed_slash_for_each_epoch_of_rounds() -> None:
    """Later rounds only; in RANDOM each time."""
    book = new_book((1_000,))
    assert _slash(book, Offence.UNREVEALED) == 10
    assert _slash(book, Offence.UNREVEALED) == 0
    assert _slash(book, Offence.UNREVEALED_RANDOM) == 99
    assert _slash(book, Offence.UNREVEALED_RANDOM) == 89
    assert _slash(book, Offence.UNREVEALED, round_epoch=2, epoch=2) == 8


def test_a_slash_of_less_than_one_token_changes_no_weight() -> None:
    """Shares are rounded down; the jail is real."""
    book = new_book((99,))
    assert _slash(book, Offence.UNREVEALED) == 0
    node = book.node(NODE)
    assert (node.weight, node.jailed_epoch, len(book.active_set.member(NODE).snapshots)) == (99, 1, 1)


def test_jail_has_a_budget() -> None:
    """Beyond a quarter of the weight nodes are slashed, not jailed."""
    book = new_book((400, 400, 400))
    for node in NODES[:2]:
        assert _slash(book, Offence.UNREVEALED, node=node) == 4
    assert [book.node(node).jailed_epoch for node in NODES[:2]] == [1, 0]


def test_forgers_are_out_for_good() -> None:
    """Tombstoned once, whatever else is shown."""
    book = new_book((1_000, 1_000))
    assert _slash(book, Offence.FORGERY) == 500
    assert _slash(book, Offence.FORGERY) == 0
    node = book.node(NODE)
    assert node.tombstoned
    assert not node.active
    assert book.note_commit(NODE, 1, sender=HUB, now=at(1)) == (0, ZERO_ADDRESS)
    refuses("Tombstoned", book.enter, NODE, ZERO_ADDRESS, sender=OWNER, now=at(2))
    book.unbond(NODE, 500, sender=OWNER, now=at(2))


def test_treasury_is_the_treasurers() -> None:
    """No more than was slashed."""
    book = new_book((1_000,))
    _slash(book, Offence.UNREVEALED)
    refuses("NotTreasurer", book.move_treasury, OWNER, 1, sender=OWNER)
    refuses("ZeroAddress", book.move_treasury, ZERO_ADDRESS, 1, sender=TREASURER)
    refuses("ZeroAmount", book.move_treasury, OWNER, 0, sender=TREASURER)
    assert refuses("TreasuryTooSmall", book.move_treasury, OWNER, 11, sender=TREASURER) == (10,)
    book.move_treasury(OWNER, 10, sender=TREASURER)
    assert (book.treasury, book.balance) == (0, 990)


def test_the_last_change_of_any_weight() -> None:
    """It counts from the epoch after; payouts are none, and what was undone within an epoch is one."""
    book = new_book((40, 60))
    assert [book.last_change(epoch) for epoch in (0, 1, 2, 9)] == [0, 1, 1, 1]
    book.set_payout(NODE, STRANGER, sender=OWNER, now=at(2))
    book.alive(NODE, sender=NODE, now=at(2))
    assert book.last_change(9) == 1
    book.bond(NODE, 10, sender=OWNER, now=at(3))
    book.unbond(NODE, 10, sender=OWNER, now=at(3))
    assert [book.last_change(epoch) for epoch in (3, 4, 9)] == [1, 4, 4]
    book.unbond(NODE, 40, sender=OWNER, now=at(5))
    assert [book.last_change(epoch) for epoch in (3, 4, 5, 6)] == [1, 4, 4, 6]


def test_nothing_changed_yet() -> None:
    """Zero stands for it."""
    assert new_book().last_change(9) == 0


def test_what_a_forgery_would_cost() -> None:
    """What the slash then takes; nothing of strangers and dust, and nothing twice."""
    book = new_book((1_001, 1_000))
    book.unbond(NODE, 500, sender=OWNER, now=at(1))
    assert book.forgery_cost(NODE) == 250 + 250
    assert _slash(book, Offence.FORGERY) == 500
    assert book.forgery_cost(NODE) == 0
    assert book.forgery_cost(NODES[5]) == book.forgery_cost(ZERO_ADDRESS) == 0
    assert new_book((1,), min_bond=1).forgery_cost(NODE) == 0
