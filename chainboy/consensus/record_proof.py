"""What a remote verifier is shown so that it believes a record: a checkpoint's number and 32 siblings.

Rule: protocol, sections 3 and 10. The bytes are ``abi.encode(uint256 number, bytes32[32] siblings)``: 33
words. The siblings follow from the hub's ``Finalized`` events alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.encoding import word
from chainboy.consensus.fields import WORD_BYTES
from chainboy.consensus.merkle import DEPTH, Accumulator
from chainboy.errors import EncodingError
from chainboy.units import Digest


def encode_record_proof(number: int, siblings: Sequence[bytes]) -> bytes:
    """The proof that names checkpoint ``number``; raises ``EncodingError`` unless there are 32 hashes."""
    if len(siblings) != DEPTH:
        raise EncodingError(f"a proof has {DEPTH} siblings, this one {len(siblings)}; give all of them")
    return word(number) + b"".join(map(word, siblings))


def decode_record_proof(proof: bytes) -> tuple[int, tuple[Digest, ...]]:
    """Number and siblings; the reverse of :func:`encode_record_proof`."""
    size = (1 + DEPTH) * WORD_BYTES
    if len(proof) != size:
        raise EncodingError(f"a proof has {size} bytes, this one {len(proof)}; give all of them")
    number, *siblings = (proof[at : at + WORD_BYTES] for at in range(0, size, WORD_BYTES))
    return int.from_bytes(number, "big"), tuple(map(Digest, siblings))


def prove_record(records: Accumulator, index: int, checkpoint: Checkpoint) -> bytes:
    """The proof of record ``index`` under ``checkpoint``, which may be older than the newest of ``records``.

    ``records`` holds the hashes of all records in the order of their ``Finalized`` events. Raises
    :class:`~chainboy.errors.EncodingError` when the checkpoint does not have the record or is not of these
    records.
    """
    count = checkpoint.records_count
    if records.root_at(count) != checkpoint.records_root:
        raise EncodingError(f"checkpoint {checkpoint.number} has other records; read the events again")
    return encode_record_proof(checkpoint.number, records.proof(index, count))
