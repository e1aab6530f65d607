"""Proofs of records for remote verifiers: their bytes, and that events alone give them."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.merkle import Accumulator, verify
from chainboy.consensus.record_proof import decode_record_proof, encode_record_proof, prove_record
from chainboy.errors import EncodingError

LEAVES = [keccak(bytes([i])) for i in range(12)]


def under(count: int) -> Checkpoint:
    """A checkpoint of the first ``count`` records."""
    return Checkpoint(
        number=4,
        epoch=1,
        stake_hash=bytes(32),
        stake_total=1,
        records_root=Accumulator(LEAVES[:count]).root,
        records_count=count,
        home_block=1,
    )


def test_bytes() -> None:
    """As eth_abi encodes a number and 32 words, and back."""
    siblings = tuple(keccak(bytes([i])) for i in range(32))
    proof = encode_record_proof(2**256 - 1, siblings)
    assert proof == encode(["uint256", "bytes32[32]"], (2**256 - 1, siblings))
    assert len(proof) == 33 * 32
    assert decode_record_proof(proof) == (2**256 - 1, siblings)


@pytest.mark.parametrize("count", [0, 31, 33])
def test_other_depths(count: int) -> None:
    """32 siblings, no more and no less."""
    with pytest.raises(EncodingError, match=f"this one {count}"):
        encode_record_proof(1, [bytes(32)] * count)


@pytest.mark.parametrize("size", [0, 1_055, 1_057, 1_088])
def test_other_sizes(size: int) -> None:
    """33 words exactly."""
    with pytest.raises(EncodingError, match=f"this one {size}"):
        decode_record_proof(bytes(size))


@pytest.mark.parametrize("count", [1, 5, 8, 12])
def test_every_record_under_every_checkpoint(count: int) -> None:
    """From all of the hub's records, later ones too."""
    records = Accumulator(LEAVES)
    for index in range(count):
        number, siblings = decode_record_proof(prove_record(records, index, under(count)))
        assert number == 4
        assert verify(LEAVES[index], siblings, under(count).records_root)


def test_records_after_the_checkpoint() -> None:
    """They need a newer one."""
    with pytest.raises(EncodingError, match="record 5 is not yet there"):
        prove_record(Accumulator(LEAVES), 5, under(5))


def test_records_that_are_missing() -> None:
    """Fewer events than the checkpoint counts."""
    with pytest.raises(EncodingError, match="never held 12"):
        prove_record(Accumulator(LEAVES[:11]), 5, under(12))


def test_records_of_another_hub() -> None:
    """Events that belie the checkpoint prove nothing."""
    with pytest.raises(EncodingError, match="checkpoint 4 has other records"):
        prove_record(Accumulator(LEAVES[::-1]), 1, under(5))
