"""The hub's checkpoints: what is sealed and when, every refusal at its edge, and forgeries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from eth_utils.crypto import keccak

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.profiles import RegistryProfile
from chainboy.consensus.refusal import Refused
from chainboy.consensus.round import Moment
from chainboy.consensus.seal_book import SealBook
from chainboy.consensus.signing import Domain, checkpoint_digest
from chainboy.consensus.stake import Offence, StakeBook

PROFILE = RegistryProfile(
    genesis_time=1_000,
    epoch_length=100,
    unbonding_epochs=4,
    idle_epochs=2,
    max_active=4,
    min_bond=10,
    min_active_weight=100,
    unrevealed_share=100,
    random_share=1_000,
    forgery_share=5_000,
)
HUB, TREASURER, OWNER, PAYOUT = (to_address(bytes([n]) * 20) for n in range(1, 5))
A, B, C, D = (to_address(bytes([n]) * 20) for n in range(100, 104))
INTERVAL = 30
DOMAIN = Domain(111_111, HUB)


def at(epoch: int, second: int = 0) -> Moment:
    """A block in an epoch; one a second."""
    time = 1_000 + 100 * epoch + second
    return Moment(time - 1_000, time)


def new_seals(*, members: bool = True) -> SealBook:
    """A book over a registry in which A, B and C entered in epoch 0."""
    registry = StakeBook(PROFILE, hub=HUB, treasurer=TREASURER)
    if members:
        for node, amount in ((B, 60), (A, 50), (C, 70)):
            registry.register(node, PAYOUT, signed=True, sender=OWNER, now=1_000)
            registry.bond(node, amount, sender=OWNER, now=1_000)
            registry.enter(node, ZERO_ADDRESS, sender=OWNER, now=1_000)
    return SealBook(registry, Accumulator(), min_seal_interval=INTERVAL)


def bond(seals: SealBook, epoch: int) -> None:
    """A bonds one more token."""
    seals.registry.bond(A, 1, sender=OWNER, now=at(epoch).timestamp)


def refuses(name: str, call: Callable[..., Any], *args: object, **kwargs: object) -> tuple[object, ...]:
    """The refusal's arguments; the call must be refused by this name."""
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    assert refused.value.name == name
    return refused.value.arguments


def test_the_first_checkpoint() -> None:
    """Number 1; every field from what the hub had before the call."""
    seals = new_seals()
    for i in range(3):
        seals.records.append(keccak(bytes([i])))
    expected = StakeDistribution(((A, 50), (B, 60), (C, 70)))
    assert (seals.last_number, seals.checkpoint(1)) == (0, None)
    made = seals.seal([A, B, C], at=at(1, 7))
    assert made == Checkpoint(
        number=1,
        epoch=1,
        stake_hash=expected.hash,
        stake_total=180,
        records_root=seals.records.root,
        records_count=3,
        home_block=107,
    )
    assert (seals.distribution, seals.distribution_epoch, seals.sealed_at) == (expected, 1, 1_107)
    assert (seals.last_number, seals.checkpoint(1)) == (1, made)


def test_digests() -> None:
    """Of what was sealed; zero of what was not."""
    seals = new_seals()
    made = seals.seal([A, B, C], at=at(1))
    assert seals.digest_of(1, DOMAIN) == checkpoint_digest(DOMAIN, made)
    assert [seals.digest_of(number, DOMAIN) for number in (0, 2)] == [bytes(32)] * 2
    assert seals.is_sealed(made)
    assert not seals.is_sealed(attrs.evolve(made, home_block=made.home_block + 1))
    assert not seals.is_sealed(attrs.evolve(made, number=2))


def test_without_active_nodes() -> None:
    """In epoch 0, and below the minimum of active weight, with a list or without."""
    seals = new_seals()
    for nodes in ([], [A, B, C]):
        assert refuses("NoActiveNodes", seals.seal, nodes, at=at(0, 99)) == (0,)
    seals.seal([A, B, C], at=at(1))
    seals.registry.unbond(C, 70, sender=OWNER, now=1_100)
    seals.registry.unbond(B, 11, sender=OWNER, now=1_100)
    for nodes in ([], [A, B]):
        assert refuses("NoActiveNodes", seals.seal, nodes, at=at(2)) == (2,)
    assert refuses("NoActiveNodes", new_seals(members=False).seal, [], at=at(3)) == (3,)


def test_lists_out_of_order() -> None:
    """The first node that does not come after the one before it."""
    seals = new_seals()
    assert refuses("NotAscending", seals.seal, [A, C, B], at=at(1)) == (2,)
    assert refuses("NotAscending", seals.seal, [A, A], at=at(1)) == (1,)


def test_lists_with_others() -> None:
    """Nobody, strangers, and who counts from the next epoch only."""
    seals = new_seals()
    seals.registry.register(D, PAYOUT, signed=True, sender=OWNER, now=1_100)
    seals.registry.bond(D, 10, sender=OWNER, now=1_100)
    seals.registry.enter(D, ZERO_ADDRESS, sender=OWNER, now=1_100)
    assert refuses("NotActive", seals.seal, [ZERO_ADDRESS, A], at=at(1)) == (ZERO_ADDRESS, 1)
    assert refuses("NotActive", seals.seal, [A, B, C, D], at=at(1)) == (D, 1)
    assert seals.seal([A, B, C], at=at(1)).stake_total == 180
    assert refuses("DistributionIncomplete", seals.seal, [A, B, C], at=at(2)) == (3, 180)
    assert seals.seal([A, B, C, D], at=at(2)).stake_total == 190


def test_lists_that_leave_someone_out() -> None:
    """Number and sum are the whole set's."""
    seals = new_seals()
    assert refuses("DistributionIncomplete", seals.seal, [A, C], at=at(1)) == (2, 120)
    assert seals.last_number == 0


def test_weights_are_the_epoch_s() -> None:
    """Not those of the moment: what changes now counts later; the jailed and the slashed are in."""
    seals = new_seals()
    bond(seals, 1)
    for node, offence in ((B, Offence.UNREVEALED), (C, Offence.FORGERY)):
        seals.registry.slash(node, 1, offence, sender=HUB, now=1_100)
    sealed = seals.seal([A, B, C], at=at(1, 99))
    assert (sealed.epoch, sealed.stake_total) == (1, 180)
    sealed = seals.seal([A, B], at=at(2))
    assert (sealed.epoch, sealed.stake_total) == (2, 51 + 60)


def test_a_list_once_an_epoch() -> None:
    """Exempt from the interval; the next one from the next epoch's first second on."""
    seals = new_seals()
    seals.seal([A, B, C], at=at(1, 99))
    assert refuses("AlreadySealed", seals.seal, [A, B, C], at=at(1, 99)) == (1,)
    assert seals.seal([A, B, C], at=at(2)).number == 2


def test_a_list_that_was_re_dated_is_sealed() -> None:
    """It would say the same again."""
    seals = new_seals()
    seals.seal([A, B, C], at=at(1))
    seals.seal([], at=at(2))
    assert refuses("AlreadySealed", seals.seal, [A, B, C], at=at(2, 50)) == (2,)


def test_without_a_list_one_must_have_been_sealed() -> None:
    """There is nothing to keep."""
    assert refuses("NothingSealed", new_seals().seal, [], at=at(1)) == ()


def test_the_interval() -> None:
    """To the second, after either kind."""
    seals = new_seals()
    seals.seal([A, B, C], at=at(1, 10))
    assert refuses("SealTooSoon", seals.seal, [], at=at(1, 39)) == (1_140,)
    assert seals.seal([], at=at(1, 40)).number == 2
    assert refuses("SealTooSoon", seals.seal, [], at=at(1, 69)) == (1_170,)
    assert seals.seal([], at=at(1, 70)).number == 3


def test_re_dated_while_nothing_changes() -> None:
    """The same distribution, in the current epoch; records and block are new."""
    seals = new_seals()
    first = seals.seal([A, B, C], at=at(1))
    seals.records.append(keccak(b"later"))
    second = seals.seal([], at=at(3, 1))
    assert second == attrs.evolve(
        first, number=2, epoch=3, records_root=seals.records.root, records_count=1, home_block=301
    )
    assert seals.distribution_epoch == 3


def test_kept_once_something_changed() -> None:
    """The old distribution with its old epoch, until somebody seals the new one."""
    seals = new_seals()
    seals.seal([A, B, C], at=at(1))
    bond(seals, 2)
    assert seals.seal([], at=at(2, 50)).epoch == 2
    kept = seals.seal([], at=at(3))
    assert (kept.epoch, kept.stake_total, seals.distribution_epoch) == (2, 180, 2)
    assert seals.seal([], at=at(5)).epoch == 2
    assert seals.seal([A, B, C], at=at(5)).stake_total == 181
    assert seals.seal([], at=at(6)).epoch == 6


def test_forgers_are_slashed_once() -> None:
    """Half of the bond, and out of the set; any field of a sealed checkpoint may be the false one."""
    seals = new_seals()
    sealed = seals.seal([A, B, C], at=at(1))
    forged = attrs.evolve(sealed, stake_total=181)
    assert seals.slash_forgery(forged, A, signed=True, at=at(1)) == 25
    node = seals.registry.node(A)
    assert (node.bonded, node.tombstoned, seals.registry.treasury) == (25, True, 25)
    assert refuses("ForgeryNotCounted", seals.slash_forgery, forged, A, signed=True, at=at(1)) == (A,)
    assert seals.slash_forgery(attrs.evolve(sealed, number=2), B, signed=True, at=at(1)) == 30


def test_what_was_sealed_is_no_forgery() -> None:
    """Also an old one."""
    seals = new_seals()
    sealed = seals.seal([A, B, C], at=at(1))
    seals.seal([], at=at(2))
    for signed in (True, False):
        assert refuses("CheckpointSealed", seals.slash_forgery, sealed, A, signed=signed, at=at(2)) == (1,)
    assert not seals.registry.node(A).tombstoned


def test_forgeries_of_nobody() -> None:
    """Strangers lose nothing, nor does who did not sign; nothing is noted of them."""
    seals = new_seals()
    forged = attrs.evolve(seals.seal([A, B, C], at=at(1)), epoch=0)
    for node, signed in ((D, True), (D, False), (A, False)):
        name = "ForgeryNotCounted" if signed else "BadSignature"
        assert refuses(name, seals.slash_forgery, forged, node, signed=signed, at=at(1)) == (node,)
        assert not seals.registry.node(node).tombstoned


def test_attestations() -> None:
    """Each is judged alone, and only of what was sealed."""
    seals = new_seals()
    assert refuses("NotSealed", seals.attest, 1, [(A, True)]) == (1,)
    seals.seal([A, B, C], at=at(1))
    assert seals.attest(1, [(A, True), (B, False), (D, True)]) == ("", "BadSignature", "")
    assert refuses("NotSealed", seals.attest, 0, []) == (0,)
