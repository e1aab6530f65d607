"""The two trees: against layouts worked out by hand and a plain recursive tree."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from chainboy.consensus.merkle import DEPTH, Accumulator, WinnerTree, empty_nodes, hash_pair, verify
from chainboy.errors import EncodingError

LEAVES = [keccak(bytes([i])) for i in range(64)]


def _pair(one: bytes, other: bytes) -> bytes:
    return keccak(min(one, other) + max(one, other))


def test_pairs_are_sorted() -> None:
    """Either order gives the same node."""
    assert hash_pair(LEAVES[0], LEAVES[1]) == hash_pair(LEAVES[1], LEAVES[0]) == _pair(LEAVES[0], LEAVES[1])
    assert hash_pair(LEAVES[0], LEAVES[0]) == keccak(LEAVES[0] * 2)


def test_winner_trees_by_hand() -> None:
    """The array's leaves stand last first: of three, the third and second are paired before the first."""
    a, b, c, d = LEAVES[:4]
    assert WinnerTree([a]).root == a
    assert WinnerTree([a, b]).root == _pair(a, b)
    assert WinnerTree([a, b, c]).root == _pair(_pair(a, b), c)
    assert WinnerTree([a, b, c, d]).root == _pair(_pair(a, b), _pair(c, d))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 33])
def test_every_winner_has_a_proof(count: int) -> None:
    """It leads to the root, from this leaf only."""
    tree = WinnerTree(LEAVES[:count])
    for i in range(count):
        assert verify(LEAVES[i], tree.proof(i), tree.root)
        assert not verify(LEAVES[count], tree.proof(i), tree.root)


@pytest.mark.parametrize("index", [-1, 3])
def test_winners_that_are_not_there(index: int) -> None:
    """No proof beyond the last leaf."""
    with pytest.raises(EncodingError, match="leaves 0 to 2"):
        WinnerTree(LEAVES[:3]).proof(index)


def test_a_tree_of_nobody() -> None:
    """There is none."""
    with pytest.raises(EncodingError, match="at least one"):
        WinnerTree([])


def _root(leaves: list[bytes], depth: int) -> bytes:
    """The root by definition: a full binary tree with zero leaves to the right."""
    if depth == 0:
        return leaves[0] if leaves else bytes(32)
    if not leaves:
        return _pair(_root([], depth - 1), _root([], depth - 1))
    half = 1 << depth - 1
    return _pair(_root(leaves[:half], depth - 1), _root(leaves[half:], depth - 1))


def test_empty_nodes() -> None:
    """The first is the empty leaf, the last the root of no records."""
    nodes = empty_nodes()
    assert (nodes[0], nodes[1], len(nodes)) == (bytes(32), keccak(bytes(64)), DEPTH + 1)
    assert Accumulator().root == nodes[DEPTH]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 16])
def test_accumulator_by_definition(count: int) -> None:
    """The same root as the whole tree, node by node."""
    empty = empty_nodes()
    levels = 5
    expected = _root(LEAVES[:count], levels)
    for level in range(levels, DEPTH):
        expected = _pair(expected, empty[level])
    assert Accumulator(LEAVES[:count]).root == expected


def test_every_record_has_a_proof_of_32_items() -> None:
    """At every size, for every record before."""
    tree = Accumulator()
    for count in range(20):
        assert tree.append(LEAVES[count]) == count
        assert len(tree) == count + 1
        for i in range(count + 1):
            assert len(tree.proof(i)) == DEPTH
            assert verify(LEAVES[i], tree.proof(i), tree.root)


@pytest.mark.parametrize("index", [-1, 2])
def test_records_that_are_not_there(index: int) -> None:
    """No proof beyond the last record."""
    with pytest.raises(EncodingError, match="not yet there"):
        Accumulator(LEAVES[:2]).proof(index)


def test_every_tree_of_before_is_still_there() -> None:
    """Roots and proofs of the first so many records are those of a tree that holds no more."""
    tree = Accumulator(LEAVES[:21])
    for count in range(22):
        rebuilt = Accumulator(LEAVES[:count])
        assert tree.root_at(count) == rebuilt.root
        for i in range(count):
            assert tree.proof(i, count) == rebuilt.proof(i)
            assert verify(LEAVES[i], tree.proof(i, count), rebuilt.root)


@pytest.mark.parametrize("count", [-1, 3])
def test_trees_that_never_were(count: int) -> None:
    """No root and no proof of more records than there are."""
    tree = Accumulator(LEAVES[:2])
    with pytest.raises(EncodingError, match=f"never held {count}"):
        tree.root_at(count)
    with pytest.raises(EncodingError, match=f"never held {count}"):
        tree.proof(0, count)


@pytest.mark.parametrize("index", [-1, 1])
def test_records_that_were_not_yet_there(index: int) -> None:
    """No proof of a record that came later."""
    with pytest.raises(EncodingError, match="1 records are in this tree"):
        Accumulator(LEAVES[:2]).proof(index, 1)
