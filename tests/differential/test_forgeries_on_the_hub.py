"""Signatures shown to the hub, genuine, forged and spoilt: slashed and passed over as the mirror says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from bare_evm.recording import record
from bare_evm.world import FLAWS, REGISTRY, World
from hypothesis import event, given
from hypothesis import strategies as st

from chainboy.consensus import encoding
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.distribution import node_number
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.signing import Domain, checkpoint_digest

OWNER = to_address(b"\xa1" * 20)
BONDS = (40, 31, 1, 0)
"""The third has so little that nothing can be taken, the fourth nothing; a fifth is not registered."""
NODES = len(BONDS) + 1
NUMBERS = st.integers(0, NODES - 1)
DOMAINS = ("chain", "hub")

CHANGES: dict[str, Any] = {
    "number": [1, -1, 2**64],
    "epoch": [1, -1, 2**200],
    "stake_total": [1, -1],
    "records_count": [1],
    "home_block": [1, -1],
}
"""What a forger adds to a field."""


@pytest.fixture(scope="module")
def sealed_world() -> World:
    """Two checkpoints of two members, with a record in the second; every example forks it."""
    world = World(attrs.evolve(REGISTRY, min_bond=1, min_active_weight=1), nodes=NODES)
    world.fund(OWNER, 10**6)
    for node, bond in zip(world.nodes, BONDS, strict=False):
        world.register(node, OWNER, sender=OWNER)
        world.stake_call("bond", node.address, bond, sender=OWNER)
    for node in world.nodes[:2]:
        world.stake_call("enter", node.address, ZERO_ADDRESS, sender=OWNER)
    world.next_epoch()
    members = sorted((node.address for node in world.nodes[:2]), key=node_number)
    assert not world.seal(members).refused
    assert record(world, 0) is not None
    world.advance(30, 1)
    assert not world.seal([]).refused
    return world


@pytest.fixture
def world(sealed_world: World) -> Iterator[World]:
    """The same again for every test."""
    with sealed_world.fork():
        yield sealed_world


def forged(checkpoint: Checkpoint, change: str, pick: int) -> Checkpoint:
    """The checkpoint with one field changed, or as it is."""
    if change in CHANGES:
        added = CHANGES[change][pick % len(CHANGES[change])]
        return attrs.evolve(checkpoint, **{change: max(0, getattr(checkpoint, change) + added)})
    return attrs.evolve(checkpoint, **{change: bytes([pick + 1]) * 32}) if change else checkpoint


def signature_of(world: World, number: int, checkpoint: Checkpoint, flaw: str) -> bytes:
    """A node's, in this domain or another, or spoilt."""
    own = world.domain
    domains = {
        "chain": Domain(own.home_chain_id + 1, own.hub),
        "hub": Domain(own.home_chain_id, world.registry.address),
    }
    digest = checkpoint_digest(domains.get(flaw, own), checkpoint)
    made = encoding.keccak(digest) if flaw == "other digest" else digest
    return world.nodes[number].sign(made, "" if flaw in DOMAINS else flaw)


@attrs.frozen
class Shown:
    """One signature shown as a forgery."""

    sealed: int
    change: str
    pick: int
    number: int
    named: int
    flaw: str


SHOWN = st.builds(
    Shown,
    sealed=st.integers(1, 2),
    change=st.sampled_from(["", *CHANGES, *CHANGES, "stake_hash", "records_root"]),
    pick=st.integers(0, 2),
    number=NUMBERS,
    named=st.one_of(st.none(), st.none(), st.none(), NUMBERS),
    flaw=st.one_of(st.just(""), st.just(""), st.sampled_from([*FLAWS, *DOMAINS])),
)


LATER = st.lists(st.sampled_from(["", "", "unbond", "epoch"]), max_size=6)


@given(shown=st.lists(SHOWN, min_size=1, max_size=6), later=LATER)
def test_forgeries(sealed_world: World, shown: list[Shown], later: list[str]) -> None:
    """Each is slashed once, at any time; what was sealed is none, nor is what is no signature."""
    world = sealed_world
    with world.fork():
        for turn, each in enumerate(shown):
            if turn < len(later) and later[turn] == "epoch":
                world.next_epoch()
            if turn < len(later) and later[turn] == "unbond":
                node = world.nodes[each.number].address
                world.stake_call("unbond", node, world.stake.node(node).bonded, sender=OWNER)
            sealed = world.seals.checkpoint(each.sealed)
            assert sealed is not None
            checkpoint = forged(sealed, each.change, each.pick)
            signature = signature_of(world, each.number, checkpoint, each.flaw)
            named = world.nodes[each.number if each.named is None else each.named].address
            done = world.slash_forgery(checkpoint, named, signature)
            event(done.name or "slashed")
            if not done.refused:
                assert world.seals.checkpoint(checkpoint.number) != checkpoint
                assert (each.flaw, named) == ("", world.nodes[each.number].address)
        world.compare_stake(past=0)
        world.compare_seals()


@pytest.mark.parametrize("flaw", [*FLAWS, *DOMAINS])
def test_signatures_that_are_none(world: World, flaw: str) -> None:
    """Spoilt in any way they slash nobody, whoever is named; the same one unspoilt does."""
    sealed = world.seals.checkpoint(2)
    assert sealed is not None
    checkpoint = attrs.evolve(sealed, epoch=9)
    signature = signature_of(world, 0, checkpoint, flaw)
    for node in (world.nodes[0].address, world.nodes[1].address, ZERO_ADDRESS):
        assert world.slash_forgery(checkpoint, node, signature).name == "BadSignature"
    good = signature_of(world, 0, checkpoint, "")
    assert world.slash_forgery(checkpoint, world.nodes[0].address, good).value == 20
    assert world.slash_forgery(checkpoint, world.nodes[0].address, good).name == "ForgeryNotCounted"


@attrs.frozen
class Entry:
    """One entry of a batch: whose signature over which checkpoint, for whom."""

    number: int
    named: int
    sealed: int
    flaw: str


ENTRIES = st.builds(
    Entry,
    number=NUMBERS,
    named=st.one_of(st.just(-1), st.just(-1), NUMBERS),
    sealed=st.sampled_from([2, 2, 2, 1]),
    flaw=st.one_of(st.just(""), st.sampled_from([*FLAWS, *DOMAINS])),
)


@given(entries=st.lists(ENTRIES, max_size=6), number=st.sampled_from([2, 2, 2, 1, 0, 3, 2**64]))
def test_attestations(sealed_world: World, entries: list[Entry], number: int) -> None:
    """Whoever it is of, a signature over what was sealed is published; the others are told why not."""
    world, shown, good = sealed_world, [], []
    for entry in entries:
        sealed = world.seals.checkpoint(entry.sealed)
        assert sealed is not None
        named = entry.number if entry.named < 0 else entry.named
        shown.append((world.nodes[named].address, signature_of(world, entry.number, sealed, entry.flaw)))
        good.append((named, entry.sealed, entry.flaw) == (entry.number, number, ""))
    with world.fork():
        done = world.attest(number, shown)
    if number in {1, 2}:
        assert done.value == tuple("" if each else "BadSignature" for each in good)
    else:
        assert done.name == "NotSealed"


def test_nobody_attests(world: World) -> None:
    """Bytes that recover to nobody are not the zero address's."""
    assert world.attest(1, [(ZERO_ADDRESS, bytes(64) + b"\x1b")]).value == ("BadSignature",)
