"""Proofs shown to the verifier, right and mutated anywhere: believed and refused as by the mirror."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from bare_evm.remote import Remote
from believers import (
    BY_ADDRESS,
    FIRST_EPOCH,
    OLD,
    RECORDS,
    TREE,
    bitmap_of,
    new_remote,
    point,
    signature_of,
)
from hypothesis import given
from hypothesis import strategies as st

from chainboy.consensus.merkle import Accumulator, hash_pair
from chainboy.consensus.record import Record
from chainboy.consensus.record_proof import encode_record_proof
from chainboy.testing.strategies import RECORDS as ANY_RECORDS
from chainboy.testing.strategies import WORDS, uints

COUNTS = {1: 0, 2: 1, 5: 3, 9: 8}
"""Accepted numbers and their records."""
NUMBERS = st.one_of(st.sampled_from([*COUNTS, 0]), st.sampled_from([3, 10, 2**64, 2**256 - 1]))


@pytest.fixture(scope="module")
def remote() -> Remote:
    """One that took some checkpoints, not all of the hub's."""
    made = new_remote()
    for number, count in COUNTS.items():
        checkpoint = point(number, FIRST_EPOCH, OLD, count)
        signatures = b"".join(signature_of(BY_ADDRESS[node], checkpoint) for node in OLD.nodes)
        assert not made.submit(checkpoint, OLD.words, bitmap_of(OLD, OLD.nodes), signatures).refused
    return made


@given(index=st.integers(0, 7), number=NUMBERS, under=st.sampled_from([1, 3, 8]))
def test_numbers(remote: Remote, index: int, number: int, under: int) -> None:
    """A record is proven under each accepted number that has it, with siblings of just then."""
    siblings = TREE.proof(min(index, under - 1), under)
    done = remote.require_record(RECORDS[index], encode_record_proof(number, siblings))
    assert done.refused == (index >= under or COUNTS.get(number) != under)


@given(index=st.integers(0, 7), spot=st.integers(0, 33 * 32 - 1), value=st.integers(0, 255))
def test_bytes(remote: Remote, index: int, spot: int, value: int) -> None:
    """Any byte changed and it proves nothing."""
    proof = encode_record_proof(9, TREE.proof(index))
    changed = proof[:spot] + bytes([value]) + proof[spot + 1 :]
    assert remote.require_record(RECORDS[index], changed).refused == (changed != proof)


@given(index=st.integers(0, 7), cut=st.integers(0, 34 * 32), more=st.binary(max_size=65))
def test_lengths(remote: Remote, index: int, cut: int, more: bytes) -> None:
    """33 words and nothing else."""
    proof = encode_record_proof(9, TREE.proof(index))
    changed = proof[:cut] + more
    assert remote.require_record(RECORDS[index], changed).refused == (changed != proof)


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "task_id": WORDS,
    "outcome_hash": WORDS,
    "agreeing_weight": uints(),
    "total_weight": uints(),
    "rest_weight": uints(),
    "winners_root": WORDS,
    "winners_count": uints(),
}


@given(index=st.integers(0, 7), changes=st.fixed_dictionaries({}, optional=FIELDS))
def test_records(remote: Remote, index: int, changes: dict[str, Any]) -> None:
    """Any field changed and it is not proven."""
    record = attrs.evolve(RECORDS[index], **changes)
    done = remote.require_record(record, encode_record_proof(9, TREE.proof(index)))
    assert done.refused == (record != RECORDS[index])


@given(index=st.integers(0, 7), level=st.integers(1, 31), number=st.sampled_from([9, 0, 1]))
def test_inner_nodes(remote: Remote, index: int, level: int, number: int) -> None:
    """A record is a leaf: no node above one, nor its children, stands in for it."""
    siblings = TREE.proof(index)
    node = RECORDS[index].hash
    for sibling in siblings[:level]:
        node = hash_pair(node, sibling)
    shorter = (node, *siblings[level:])
    padded = (*shorter, *([bytes(32)] * (32 - len(shorter))))
    for shown in (padded, (bytes(32),) * level + siblings[level:], siblings[level:] + siblings[:level]):
        done = remote.require_record(RECORDS[index], encode_record_proof(number, shown))
        assert done.refused


@given(records=st.lists(ANY_RECORDS, min_size=1, max_size=9), data=st.data())
def test_any_records(records: list[Record], data: st.DataObject) -> None:
    """Whatever the hub's records are, each is proven, under the root of any past that has it."""
    tree = Accumulator([record.hash for record in records])
    count = data.draw(st.integers(1, len(records)))
    index = data.draw(st.integers(0, len(records) - 1))
    made = new_remote()
    checkpoint = point(1, FIRST_EPOCH, OLD, 0, records_root=tree.root_at(count), records_count=count)
    signatures = b"".join(signature_of(BY_ADDRESS[node], checkpoint) for node in OLD.nodes)
    assert not made.submit(checkpoint, OLD.words, bitmap_of(OLD, OLD.nodes), signatures).refused
    known = [record.hash for record in records[:count]]
    siblings = tree.proof(min(index, count - 1), count)
    done = made.require_record(records[index], encode_record_proof(1, siblings))
    assert done.refused == (records[index].hash != known[min(index, count - 1)])
