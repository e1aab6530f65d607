"""Distributions, checkpoints and attestations: there and back, differences, and who is enough."""

from __future__ import annotations

from contextlib import suppress
from itertools import combinations

import attrs
from hypothesis import given
from hypothesis import strategies as st
from keyring import recover

from chainboy.consensus.attestations import Attestations, outweighs
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.fields import to_address
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.record_proof import decode_record_proof, encode_record_proof, prove_record
from chainboy.consensus.signing import Domain, checkpoint_digest, signer_of
from chainboy.consensus.stake_difference import StakeDifference
from chainboy.errors import EncodingError
from chainboy.testing.strategies import CHECKPOINTS, WORDS, distributions, uints

DOMAIN = Domain(111_111, to_address(b"\x0a" * 20))


@given(held=distributions())
def test_distributions(held: StakeDistribution) -> None:
    """One list of words and one text for each, and back."""
    assert StakeDistribution.from_words(held.words) == held
    assert StakeDistribution.from_json(held.to_json()) == held
    assert StakeDistribution.of(reversed(held.entries)) == held
    assert held.total == sum(held.weight_of(node) for node in held.nodes)


@given(one=distributions(), other=distributions())
def test_distributions_have_their_own_hashes(one: StakeDistribution, other: StakeDistribution) -> None:
    """Two share a hash only if they are the same."""
    assert (one.hash == other.hash) == (one == other)


@given(words=st.lists(st.one_of(uints(), st.integers(1, 12).map(lambda n: n << 96 | n)), max_size=4))
def test_words_are_a_distribution_or_refused(words: list[int]) -> None:
    """Reading loses nothing."""
    with suppress(EncodingError):
        assert list(StakeDistribution.from_words(words).words) == words


@given(
    held=distributions(most=3),
    spot=st.integers(0, 10**6),
    cut=st.integers(0, 2),
    more=st.text('0123456789abfx"{}[],: \n', max_size=2),
)
def test_no_changed_text_is_another_distribution(
    held: StakeDistribution, spot: int, cut: int, more: str
) -> None:
    """Bytes changed, taken out or put in anywhere are refused: the text holds the hash."""
    text = held.to_json()
    at = spot % len(text)
    changed = text[:at] + more + text[at + cut :]
    with suppress(EncodingError):
        assert StakeDistribution.from_json(changed) == held
        assert changed == text


@given(old=distributions(), new=distributions())
def test_differences(old: StakeDistribution, new: StakeDistribution) -> None:
    """Applied to the old it gives the new; joined, left and changed are all of it."""
    difference = StakeDifference.between(old, new)
    assert difference.apply(old) == new
    assert StakeDifference.between(new, new).changes == ()
    parts = (difference.joined, difference.left, difference.changed)
    assert sum(map(len, parts)) == len(difference.changes)
    assert {change.node for change in difference.joined} == {*new.nodes} - {*old.nodes}
    assert {change.node for change in difference.left} == {*old.nodes} - {*new.nodes}


@attrs.frozen
class Changed:
    """An event of the registry."""

    node: str
    from_epoch: int
    weight: int


@given(held=st.lists(distributions(), min_size=1, max_size=5))
def test_events_give_every_epoch_s_distribution(held: list[StakeDistribution]) -> None:
    """Differences from epoch to epoch, told as the registry tells them."""
    before, events = StakeDistribution(()), []
    for epoch, after in enumerate(held, 1):
        changes = StakeDifference.between(before, after).changes
        events += [Changed(change.node, epoch, change.after) for change in changes]
        before = after
    assert StakeDistribution.at_epoch(events, 0).entries == ()
    for epoch, expected in enumerate(held, 1):
        assert StakeDistribution.at_epoch(events, epoch) == expected
    assert StakeDistribution.at_epoch(events, 99) == held[-1]


@given(one=CHECKPOINTS, other=CHECKPOINTS)
def test_checkpoints(one: Checkpoint, other: Checkpoint) -> None:
    """One text and one digest for each."""
    assert Checkpoint.from_json(one.to_json()) == one
    assert (checkpoint_digest(DOMAIN, one) == checkpoint_digest(DOMAIN, other)) == (one == other)


@given(held=distributions(), data=st.data())
def test_packing(held: StakeDistribution, data: st.DataObject) -> None:
    """The map and the signatures, read bit by bit, are who signed."""
    nodes = data.draw(st.sets(st.sampled_from(held.nodes))) if held.nodes else set()
    signed = {node: bytes([held.nodes.index(node) % 256]) * 65 for node in nodes}
    packed = Attestations.pack(held, {**signed, to_address(b"\xff" * 20): bytes(65)})
    chosen = [node for i, node in enumerate(held.nodes) if packed.bitmap >> i & 1]
    assert packed.bitmap >> len(held) == 0
    assert packed.signatures == b"".join(signed[node] for node in chosen)
    assert set(chosen) == nodes
    assert packed.weight == sum(held.weight_of(node) for node in nodes)


@given(held=distributions(most=6), data=st.data())
def test_fewest(held: StakeDistribution, data: st.DataObject) -> None:
    """No smaller choice of those who signed is more than half; none only if all are not."""
    nodes = data.draw(st.sets(st.sampled_from(held.nodes), max_size=6)) if held.nodes else set()
    found = Attestations.fewest(held, dict.fromkeys(nodes, bytes(65)))
    weights = [held.weight_of(node) for node in nodes]
    if found is None:
        assert not outweighs(sum(weights), held.total)
        return
    assert outweighs(found.weight, held.total)
    fewer = combinations(weights, found.bitmap.bit_count() - 1)
    assert not any(outweighs(sum(some), held.total) for some in fewer)


@given(digest=WORDS, signature=st.one_of(st.binary(max_size=70), st.binary(min_size=64, max_size=64)))
def test_rubbish_is_somebody_s_or_nobody_s(digest: bytes, signature: bytes) -> None:
    """Never anything worse."""
    for v in (b"", b"\x1b", b"\x1c"):
        assert len(signer_of(digest, signature + v, recover)) == 42


@given(leaves=st.lists(WORDS, min_size=1, max_size=20), data=st.data(), checkpoint=CHECKPOINTS)
def test_record_proofs(leaves: list[bytes], data: st.DataObject, checkpoint: Checkpoint) -> None:
    """There and back."""
    count = data.draw(st.integers(1, len(leaves)))
    tree = Accumulator(leaves)
    known = attrs.evolve(checkpoint, records_root=tree.root_at(count), records_count=count)
    proof = prove_record(tree, data.draw(st.integers(0, count - 1)), known)
    number, siblings = decode_record_proof(proof)
    assert number == checkpoint.number
    assert encode_record_proof(number, siblings) == proof


@given(proof=st.one_of(st.binary(max_size=64), st.binary(min_size=1_056, max_size=1_056)))
def test_bytes_are_a_proof_or_refused(proof: bytes) -> None:
    """Reading loses nothing."""
    with suppress(EncodingError):
        assert encode_record_proof(*decode_record_proof(proof)) == proof
