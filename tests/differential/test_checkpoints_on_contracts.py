"""Checkpoints shown to the verifier, right and mutated in every field: taken and refused as by the mirror."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import attrs
import pytest
from bare_evm.contracts import ERRORS, Reverted
from bare_evm.evm import START, DeploymentFailed
from bare_evm.remote import GUARDIAN, VERIFIER, Remote
from bare_evm.world import FLAWS
from believers import (
    BY_ADDRESS,
    DOMAIN,
    DOMAINS,
    EPOCH,
    FIRST_EPOCH,
    HELD,
    NEW,
    NODES,
    OLD,
    TREE,
    bitmap_of,
    distribution,
    new_remote,
    point,
    signature_of,
    time_in,
    trusted,
)
from hypothesis import event, given
from hypothesis import strategies as st
from keyring import recover

from chainboy.consensus import encoding
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.checkpoint_book import CheckpointBook, TrustedStake
from chainboy.consensus.distribution import StakeDistribution, node_number
from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.consensus.profiles import VerifierProfile
from chainboy.consensus.refusal import Refused


@pytest.fixture(scope="module")
def remote() -> Remote:
    """One that every example forks."""
    return new_remote()


EDGES: dict[str, list[Any]] = {
    "number": [0, 1, 2, 3, 2**64 - 1, 2**64, 2**256 - 1],
    "epoch": [0, 2, 3, 4, 5, 6, 2**32, 2**256 - 1],
    "stake_hash": [OLD.hash, NEW.hash, bytes(32)],
    "stake_total": [0, 1, 82, 99, 100, 101, 2**96 - 1, 2**96, 2**256 - 1],
    "records_root": [*(TREE.root_at(count) for count in range(4)), bytes(32)],
    "records_count": [0, 1, 2, 3, 8, 2**64 - 1, 2**64, 2**256 - 1],
    "home_block": [0, 2**256 - 1],
}
"""Each field's, given what is stored."""

FIELDS = {name: st.sampled_from(values) for name, values in EDGES.items()}

LISTS = ("altered", "reversed", "foreign", "short", "long", "empty", "other")
MAPS = ("one more", "one less", "beyond", "all", "none")
PACKS = ("short", "long", "swapped", "none", "one too many", *FLAWS, *DOMAINS)


@attrs.frozen
class Shown:
    """One submission: mostly the right one, with what is wrong about it."""

    fields: dict[str, Any]
    next_stake: StakeDistribution
    nodes: frozenset[int]
    listed: str = ""
    mapped: str = ""
    packed: str = ""
    signed: bool = True
    wait: int = 0


def rarely(names: Sequence[str]) -> st.SearchStrategy[str]:
    """Mostly nothing of these."""
    return st.one_of(st.just(""), st.just(""), st.just(""), st.just(""), st.sampled_from(names))


FULL = frozenset(range(len(NODES)))
SHOWN = st.builds(
    Shown,
    fields=st.one_of(
        st.just({}),
        st.just({}),
        *(st.fixed_dictionaries({name: values}) for name, values in FIELDS.items()),
        st.fixed_dictionaries({}, optional=FIELDS),
    ),
    next_stake=st.sampled_from([OLD, NEW]),
    nodes=st.one_of(st.just(FULL), st.just(FULL), st.frozensets(st.sampled_from(sorted(FULL)))),
    listed=rarely(LISTS),
    mapped=rarely(MAPS),
    packed=rarely(PACKS),
    signed=st.sampled_from([True, True, True, False]),
    wait=st.sampled_from([0, 0, 0, 0, 1, 500, -1]),
)


def show(remote: Remote, shown: Shown) -> str:
    """Submit it and tell how it was refused; what is taken was signed by a majority and is no step back."""
    book, now = remote.book, remote.now
    if shown.wait < 0:  # to the last second, or to the first beyond it
        remote.advance(max(0, book.live_until - now - len(shown.nodes) % 2), 1)
    else:
        remote.advance(shown.wait, 1)
    held = HELD.get(book.stake.stake_hash, OLD)
    before, count = book.stake, book.accepted[book.last_number].count
    offered = shown.next_stake if shown.next_stake == held or book.stake.epoch < EPOCH else held
    epoch = book.stake.epoch + (offered != held)
    right = point(book.last_number + 1, epoch, offered, min(count + 1, 8))
    checkpoint = attrs.evolve(right, **shown.fields)
    signers = {NODES[number].address for number in shown.nodes} & set(held.nodes)
    words, bitmap = _listed(held, shown.listed), _mapped(held, signers, shown.mapped)
    signatures = _packed(held, signers, checkpoint if shown.signed else right, shown.packed)
    last = book.last_number
    done = remote.submit(checkpoint, words, bitmap, signatures)
    remote.compare_verifier()
    if done.refused:
        return done.name
    assert 2 * sum(held.weight_of(node) for node in signers) > before.stake_total
    assert (checkpoint.number > last, checkpoint.epoch >= before.epoch) == (True, True)
    assert checkpoint.records_count >= count
    assert remote.now < START + before.epoch * VERIFIER.epoch_length + VERIFIER.trust_period
    return ""


def _listed(held: StakeDistribution, change: str) -> list[int]:
    words = list(held.words)
    changed = {
        "altered": [words[0] + 1, *words[1:]],
        "reversed": words[::-1],
        "foreign": [*words[:-1], node_number(NODES[2].address) << 96 | 7],
        "short": words[:-1],
        "long": [*words, 2**256 - 1],
        "empty": [],
        "other": list((NEW if held == OLD else OLD).words),
    }
    return changed.get(change, words)


def _mapped(held: StakeDistribution, signers: set[str], change: str) -> int:
    bitmap = bitmap_of(held, signers)
    changed = {
        "one more": bitmap | bitmap + 1,
        "one less": bitmap & bitmap - 1 if bitmap else 1,
        "beyond": bitmap | 1 << len(held),
        "all": 2**256 - 1,
        "none": 0,
    }
    return changed.get(change, bitmap)


def _packed(held: StakeDistribution, signers: set[str], checkpoint: Checkpoint, change: str) -> bytes:
    made = [signature_of(BY_ADDRESS[node], checkpoint) for node in held.nodes if node in signers]
    if change in {*FLAWS, *DOMAINS} - {"short", "long"} and made:
        last = max(signers, key=node_number)
        made[-1] = signature_of(BY_ADDRESS[last], checkpoint, change)
    if change == "swapped":
        made.reverse()
    if change == "one too many":
        made.append(signature_of(NODES[0], checkpoint))
    whole = b"".join(made)
    return {"short": whole[:-1], "long": whole + b"\0", "none": b""}.get(change, whole)


@given(shown=st.lists(SHOWN, min_size=1, max_size=5))
def test_submissions(remote: Remote, shown: list[Shown]) -> None:
    """One after the other."""
    with remote.fork():
        for each in shown:
            event(show(remote, each) or "taken")


REASONS = {
    *("NumberNotNewer", "EpochGoesBack", "EpochInFuture", "SameEpochOtherStake", "CountGoesBack"),
    *("SameCountOtherRoot", "EmptyDistribution", "SafeCastOverflowedUintDowncast"),
}
"""Why a checkpoint may be refused that everybody signed."""


def test_every_edge(remote: Remote) -> None:
    """Of one field at a time, signed by all, after a checkpoint of epoch 4 with two records."""
    names = set()
    with remote.fork():
        show(remote, Shown({"records_count": 2, "records_root": TREE.root_at(2)}, NEW, FULL))
        for epoch, count in product((4, 5), (2, 3)):
            right = {"epoch": epoch, "records_count": count, "records_root": TREE.root_at(count)}
            for name, value in ((name, value) for name, values in EDGES.items() for value in values):
                with remote.fork():
                    names.add(show(remote, Shown({**right, name: value}, NEW, FULL)))
    assert names == {"", *REASONS}


@pytest.mark.parametrize(
    ("mapped", "packed", "name"),
    [
        ("beyond", "one too many", "SignaturesMismatch"),
        ("beyond", "", "SignaturesMismatch"),
        ("", "one too many", "SignaturesMismatch"),
        ("", "swapped", "BadSignature"),
        *(("", flaw, "BadSignature") for flaw in ("high s", "low v", "zero", "other digest", *DOMAINS)),
    ],
)
def test_maps_and_signatures(remote: Remote, mapped: str, packed: str, name: str) -> None:
    """One for each bit, each its node's, though all others are right."""
    with remote.fork():
        assert show(remote, Shown({}, NEW, FULL, mapped=mapped, packed=packed)) == name


def test_to_the_second(remote: Remote) -> None:
    """Its own life ends at a second, and a new epoch begins at one."""
    for by in (-1, 0, 1):
        with remote.fork():
            remote.advance(remote.book.live_until + by - remote.now, 1)
            name = show(remote, Shown({}, NEW, FULL))
            assert name == ("" if by < 0 else "NotLive")
        with remote.fork():
            remote.advance(time_in(EPOCH + 1, by) - remote.now, 1)
            name = show(remote, Shown({"epoch": EPOCH + 1}, NEW, FULL))
            assert name == ("EpochInFuture" if by < 0 else "")


@given(
    weights=st.lists(st.one_of(st.integers(1, 4), st.just(2**93)), min_size=1, max_size=5),
    nodes=st.sets(st.integers(0, 4)),
    by=st.sampled_from([0, 0, -1, 1, 5]),
)
def test_more_than_half(weights: list[int], nodes: set[int], by: int) -> None:
    """Of the stored total, whatever the list sums up to."""
    held = distribution(*weights)
    total = max(1, held.total + by)
    remote = new_remote(trusted(held, stake_total=total))
    signers = [NODES[number] for number in sorted(nodes) if number < len(weights)]
    checkpoint = point(1, FIRST_EPOCH + 1, NEW, 1)
    signatures = b"".join(signature_of(node, checkpoint) for node in signers)
    bitmap = bitmap_of(held, {node.address for node in signers})
    done = remote.submit(checkpoint, held.words, bitmap, signatures)
    assert done.refused == (2 * sum(weights[number] for number in nodes if number < len(weights)) <= total)
    remote.compare_verifier()


@pytest.mark.parametrize(
    ("name", "words", "bitmap"),
    [
        ("", [word for word in OLD.words for _ in range(2)], 0b110011),
        ("", OLD.words[::-1], 0b11),
        ("BadSignature", (50, *OLD.words), 0b1),
        ("SignaturesMismatch", OLD.words * 100, 2**256 - 1),
        ("NotEnoughWeight", (), 0),
    ],
)
def test_lists_that_are_no_distributions(name: str, words: Sequence[int], bitmap: int) -> None:
    """Told twice, unsorted, nobody's, too long, empty: whatever was believed is counted word by word."""
    remote = new_remote(trusted(stake_hash=encoding.stake_hash(words)))
    checkpoint = point(1, FIRST_EPOCH, OLD, 1, stake_hash=encoding.stake_hash(words))
    chosen = [word >> 96 for i, word in enumerate(words) if bitmap >> i & 1]
    by_number = {node_number(node.address): node for node in NODES}
    known = [by_number.get(number, NODES[0]) for number in chosen[:8]]
    signatures = b"".join(signature_of(node, checkpoint) for node in known)
    assert remote.submit(checkpoint, words, bitmap, signatures).name == name
    remote.compare_verifier()


STAKES = st.builds(
    TrustedStake,
    epoch=st.sampled_from([0, EPOCH - 1, EPOCH, EPOCH + 1, 2**32, 2**256 - 1]),
    stake_hash=st.just(OLD.hash),
    stake_total=st.sampled_from([0, 1, 2**96 - 1, 2**96, 2**256 - 1]),
)
GUARDIANS = st.sampled_from([GUARDIAN, GUARDIAN, ZERO_ADDRESS])
LENGTHS = st.builds(attrs.evolve, st.just(VERIFIER), guardian_delay=st.sampled_from([0, 1, 1_600, 1_601]))


@given(first=STAKES, guardian=GUARDIANS, profile=LENGTHS, hub=st.sampled_from([DOMAIN.hub, ZERO_ADDRESS]))
def test_first_distributions(
    remote: Remote, first: TrustedStake, guardian: str, profile: VerifierProfile, hub: str
) -> None:
    """What a verifier can be made with."""
    domain = attrs.evolve(DOMAIN, hub=hub)
    shown = (domain.home_chain_id, hub, attrs.astuple(first), attrs.astuple(profile), guardian)
    options = {"domain": domain, "guardian": guardian, "recover": recover, "now": remote.now}
    assert _made(remote, shown) == _mirrored(profile, first, options)


def _made(remote: Remote, shown: tuple[Any, ...]) -> Any:
    with remote.fork():
        try:
            remote.deploy("CheckpointVerifier", *shown)
        except DeploymentFailed as failed:
            reverted: Reverted = ERRORS.explain(failed.args[0])
            return reverted.name, reverted.arguments
    return None


def _mirrored(profile: VerifierProfile, first: TrustedStake, options: dict[str, Any]) -> Any:
    try:
        CheckpointBook(profile, first, **options)
    except Refused as refused:
        return refused.name, refused.arguments
    return None
