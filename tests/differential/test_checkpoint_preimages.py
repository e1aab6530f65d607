"""Lists of stake, checkpoints, signatures, proofs: mirror and libraries agree on every hash and signer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from bare_evm.contracts import Contract, Reverted
from bare_evm.evm import START
from bare_evm.world import FLAWS, Node
from hypothesis import given
from hypothesis import strategies as st
from keyring import recover

from chainboy.chain.signer import recover as recover_with_the_package
from chainboy.consensus import encoding
from chainboy.consensus.attestations import Attestations
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.distribution import StakeDistribution, split_word
from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.profiles import VerifierProfile
from chainboy.consensus.refusal import Refused
from chainboy.consensus.signing import Domain, checkpoint_digest, signer_of
from chainboy.testing.strategies import ADDRESSES, CHECKPOINTS, WORDS, distributions, uints

NODES = [Node(number) for number in range(3)]


def refusal(call: Callable[[], Any]) -> Any:
    """The name and the arguments with which either side refuses; ``None``: it does not."""
    try:
        call()
    except (Refused, Reverted) as refused:
        return refused.name, refused.arguments
    return None


@given(held=distributions())
def test_distributions(harness: Contract, held: StakeDistribution) -> None:
    """Words and hash, from calldata and from memory."""
    made = harness.view("stakeWords", held.nodes, [weight for _, weight in held.entries])
    assert made == (held.words, len(held), held.total)
    assert harness.view("stakeHash", held.words) == (held.hash, held.hash)


@given(words=st.lists(uints(), max_size=5))
def test_any_words(harness: Contract, words: list[int]) -> None:
    """Also of lists that are no distributions."""
    made = encoding.stake_hash(words)
    assert harness.view("stakeHash", words) == (made, made)
    assert [harness.view("stakeEntry", word) for word in words] == list(map(split_word, words))


@given(checkpoint=CHECKPOINTS, chain_id=uints(), hub=ADDRESSES)
def test_checkpoints(harness: Contract, checkpoint: Checkpoint, chain_id: int, hub: str) -> None:
    """What nodes sign, in any domain."""
    digest = checkpoint_digest(Domain(chain_id, hub), checkpoint)
    assert digest == harness.view("checkpointDigest", attrs.astuple(checkpoint), chain_id, hub)


@st.composite
def signatures(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A digest and what is, is nearly or is not at all a signature over it."""
    digest = draw(WORDS)
    kind = draw(st.sampled_from(["", "", *FLAWS, "bytes", "edges"]))
    if kind == "bytes":
        return digest, draw(st.one_of(st.binary(max_size=70), st.binary(min_size=65, max_size=65)))
    if kind == "edges":
        r, s = (draw(st.sampled_from(EDGES)).to_bytes(32, "big") for _ in range(2))
        return digest, r + s + bytes([draw(st.sampled_from([0, 1, 26, 27, 28, 29, 255]))])
    signed = encoding.keccak(digest) if kind == "other digest" else digest
    return digest, draw(st.sampled_from(NODES)).sign(signed, kind)


ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
EDGES = [0, 1, 2, ORDER // 2, ORDER // 2 + 1, ORDER - 1, ORDER, ORDER + 1, 2**256 - 1]


@given(shown=signatures())
def test_signers(harness: Contract, shown: tuple[bytes, bytes]) -> None:
    """Whose signature it is: the same for two libraries and the chain; nobody's is not the zero address's."""
    digest, signature = shown
    signer = signer_of(digest, signature, recover)
    assert signer == signer_of(digest, signature, recover_with_the_package)
    for node in {*(node.address for node in NODES), signer, ZERO_ADDRESS}:
        expected = node == signer and node != ZERO_ADDRESS
        assert harness.view("isBy", signature, digest, node) == expected


@given(held=distributions(), chosen=uints())
def test_maps(harness: Contract, held: StakeDistribution, chosen: int) -> None:
    """So many signatures as bits."""
    signed = {node: bytes(65) for i, node in enumerate(held.nodes) if chosen >> i & 1}
    packed = Attestations.pack(held, signed)
    assert len(packed.signatures) == 65 * harness.view("countBits", packed.bitmap)
    assert harness.view("countBits", chosen) == chosen.bit_count()


@given(leaves=st.lists(WORDS, min_size=1, max_size=12), data=st.data())
def test_proofs(harness: Contract, leaves: list[bytes], data: st.DataObject) -> None:
    """From any record to the root of any past."""
    count = data.draw(st.integers(1, len(leaves)))
    index, tree = data.draw(st.integers(0, count - 1)), Accumulator(leaves)
    siblings = list(tree.proof(index, count))
    assert harness.view("rootAbove", leaves[index], siblings) == tree.root_at(count)


SECONDS = st.one_of(st.integers(0, 9), st.sampled_from([2**40 - 1, 2**40, 2**39 - 1, 2**39, 2**255]))
PROFILES = st.builds(
    VerifierProfile,
    genesis_time=st.sampled_from([0, START - 1, START, START + 1]),
    epoch_length=st.integers(0, 2),
    trust_period=SECONDS,
    guardian_delay=SECONDS,
)


@given(profile=PROFILES)
def test_verifier_profiles(harness: Contract, profile: VerifierProfile) -> None:
    """Which are refused, by which relation."""
    mirrored = refusal(lambda: profile.validate(START))
    assert mirrored == refusal(lambda: harness.view("requireVerifierProfile", attrs.astuple(profile)))
