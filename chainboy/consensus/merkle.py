"""The two Merkle trees of the protocol: of one round's winners, and of all records.

Rule: protocol, section 3. Both hash sorted pairs, so a proof is the siblings alone. The first is laid out as
OpenZeppelin's ``StandardMerkleTree`` with ``sortLeaves: false``, the second is its ``structs/MerkleTree``.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import ZERO_HASH
from chainboy.errors import EncodingError
from chainboy.units import Digest

DEPTH = 32
"""Levels of the accumulator, and the number of items in every proof from it."""


def hash_pair(first: bytes, second: bytes) -> Digest:
    """keccak-256 of two nodes, the smaller one first."""
    return keccak(first + second if first < second else second + first)


def verify(leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``proof``, the siblings from the leaf upwards, leads from ``leaf`` to ``root``."""
    node = leaf
    for sibling in proof:
        node = hash_pair(node, sibling)
    return node == root


def empty_nodes() -> tuple[Digest, ...]:
    """The node over 2**i empty leaves for i = 0 to :data:`DEPTH`, the last being the root of no records."""
    nodes = [Digest(ZERO_HASH)]
    for _ in range(DEPTH):
        nodes.append(hash_pair(nodes[-1], nodes[-1]))
    return tuple(nodes)


class WinnerTree:
    """A tree over leaves that are already hashed, in the given order.

    An array of 2n - 1 nodes: the root first, the children of node i at 2i + 1 and 2i + 2, leaf i at
    2n - 2 - i. Raises :class:`EncodingError` without leaves.
    """

    def __init__(self, leaves: Sequence[Digest]) -> None:
        if not leaves:
            raise EncodingError("a tree of winners has at least one leaf; without winners the root is zero")
        inner = len(leaves) - 1
        nodes = [Digest(ZERO_HASH)] * inner + list(reversed(leaves))
        for i in reversed(range(inner)):
            nodes[i] = hash_pair(nodes[2 * i + 1], nodes[2 * i + 2])
        self._nodes = nodes
        self._count = len(leaves)

    @property
    def root(self) -> Digest:
        """What a record names as ``winnersRoot``."""
        return self._nodes[0]

    def proof(self, index: int) -> tuple[Digest, ...]:
        """The siblings of leaf ``index``, from the leaf upwards.

        Raises :class:`EncodingError` beyond the last leaf.
        """
        if not 0 <= index < self._count:
            raise EncodingError(f"this tree has leaves 0 to {self._count - 1}, not {index}")
        siblings = []
        node = len(self._nodes) - 1 - index
        while node > 0:
            siblings.append(self._nodes[node - 1 if node % 2 == 0 else node + 1])
            node = (node - 1) // 2
        return tuple(siblings)


class Accumulator:
    """The append-only tree of record hashes: depth 32, empty leaf zero.

    Made of many leaves at once it costs about one hash a leaf.
    """

    def __init__(self, leaves: Sequence[Digest] = ()) -> None:
        self._zeros = empty_nodes()
        self._levels: list[list[Digest]] = [list(leaves)]
        for level, empty in enumerate(self._zeros[:DEPTH]):
            positions = range(0, len(self._levels[level]), 2)
            self._levels.append([self._parent(level, position, empty) for position in positions])

    def __len__(self) -> int:
        return len(self._levels[0])

    @property
    def root(self) -> Digest:
        """What the hub calls ``recordsRoot``."""
        return self._levels[DEPTH][0] if self._levels[DEPTH] else self._zeros[DEPTH]

    def append(self, leaf: Digest) -> int:
        """Add a record's hash and return its index. Costs 32 hashes, however many leaves there are."""
        index = len(self)
        node, position = leaf, index
        for level, empty in enumerate(self._zeros):
            self._levels[level][position:] = [node]
            if level < DEPTH:
                node = self._parent(level, position, empty)
            position //= 2
        return index

    def _parent(self, level: int, position: int, empty: Digest) -> Digest:
        left = position - position % 2
        return hash_pair(*(self._node(level, child, empty) for child in (left, left + 1)))

    def _node(self, level: int, position: int, empty: Digest) -> Digest:
        nodes = self._levels[level]
        return nodes[position] if position < len(nodes) else empty

    def root_at(self, count: int) -> Digest:
        """What :attr:`root` was when there were ``count`` leaves. Costs 32 hashes.

        Raises :class:`EncodingError` beyond the last leaf.
        """
        return self._edge(count)[DEPTH]

    def proof(self, index: int, count: int | None = None) -> tuple[Digest, ...]:
        """The 32 siblings of leaf ``index``, from the leaf upwards, among the first ``count`` leaves.

        That is by default all of them. Costs 32 hashes, however many leaves there are. Raises
        :class:`EncodingError` beyond the last leaf.
        """
        count = len(self) if count is None else count
        edge = self._edge(count)
        if not 0 <= index < count:
            raise EncodingError(f"{count} records are in this tree; record {index} is not yet there")
        return tuple(self._node_at(level, index >> level ^ 1, count, edge) for level in range(DEPTH))

    def _edge(self, count: int) -> tuple[Digest, ...]:
        """For each level the first node that ``count`` leaves do not fill."""
        if not 0 <= count <= len(self):
            raise EncodingError(f"{len(self)} records are in this tree; it never held {count}")
        edge = [self._zeros[0]]
        for level in range(DEPTH):
            left = count >> level + 1 << 1
            children = (self._node_at(level, child, count, edge) for child in (left, left + 1))
            edge.append(hash_pair(*children))
        return tuple(edge)

    def _node_at(self, level: int, position: int, count: int, edge: Sequence[Digest]) -> Digest:
        if position < count >> level:  # full, so that no later leaf changed it
            return self._levels[level][position]
        return edge[level] if position == count >> level else self._zeros[level]
