"""Who held how much of the stake at one epoch: the list that a checkpoint names by its hash.

Rule: protocol, section 10. A word of it is ``node << 96 | weight``, nodes strictly ascending; the words are
what the hub emits and what a verifier is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import attrs

from chainboy.consensus import encoding
from chainboy.consensus.canonical import Fields, dumps, hexed, parse
from chainboy.consensus.fields import ADDRESS_BYTES, address_bytes, to_address, uint
from chainboy.consensus.profiles import MAX_SEATS
from chainboy.errors import EncodingError
from chainboy.units import Address, Digest, Epoch, Weight

WEIGHT_BITS = 96
"""Low bits of a word that hold the weight; the node stands above them."""

_WEIGHT_MASK = (1 << WEIGHT_BITS) - 1
_word = uint(256)
_weight = uint(WEIGHT_BITS)

Entries = tuple[tuple[Address, Weight], ...]
"""Nodes and their weights."""


class WeightChange(Protocol):
    """A ``WeightChanged`` event of the registry: ``node`` weighs ``weight`` from ``from_epoch`` on.

    Zero: it is no member.
    """

    @property
    def node(self) -> Address:
        """Whose weight it is."""
        ...

    @property
    def from_epoch(self) -> Epoch:
        """The first epoch in which it counts."""
        ...

    @property
    def weight(self) -> Weight:
        """Bonded tokens, in the token's smallest unit."""
        ...


def node_number(node: Address) -> int:
    """The address as an integer, by which nodes are in order."""
    return int.from_bytes(address_bytes(node), "big")


def split_word(word: int) -> tuple[Address, Weight]:
    """The node and the weight in one word of a list."""
    node = to_address((word >> WEIGHT_BITS).to_bytes(ADDRESS_BYTES, "big"))
    return node, Weight(word & _WEIGHT_MASK)


def _well_formed(instance: object, field: attrs.Attribute[Any], entries: Entries) -> None:
    if len(entries) > MAX_SEATS:
        raise EncodingError(f"{len(entries)} nodes are more than the active set's {MAX_SEATS} seats")
    last = 0  # so that the zero address, which is nobody's, is refused with the unsorted ones
    for node, weight in entries:
        _weight(instance, field, weight)
        if weight == 0:
            raise EncodingError(f"{node} weighs nothing; leave it out of the list")
        if node_number(node) <= last:
            raise EncodingError(f"{node} does not come after the node before it; sort and give each once")
        last = node_number(node)


@attrs.frozen
class StakeDistribution:
    """Nodes and weights, nodes strictly ascending, weights in [1, 2**96), at most 256 of them.

    Raises :class:`~chainboy.errors.EncodingError` for any other shape.
    """

    entries: Entries = attrs.field(validator=_well_formed)

    @classmethod
    def of(cls, weights: Iterable[tuple[Address, Weight]]) -> StakeDistribution:
        """The distribution of these nodes, given in any order."""
        return cls(tuple(sorted(weights, key=lambda entry: node_number(entry[0]))))

    @classmethod
    def from_words(cls, words: Sequence[int]) -> StakeDistribution:
        """The distribution that a list of words stands for; the reverse of :attr:`words`."""
        for word in words:
            _word(None, attrs.fields(cls).entries, word)
        return cls(tuple(map(split_word, words)))

    @classmethod
    def at_epoch(cls, changes: Iterable[WeightChange], epoch: Epoch) -> StakeDistribution:
        """What counts in ``epoch`` after all the registry's ``changes``, in the order of their events.

        Of a node's changes the last one counts, of those that count by then. Whether the epoch has enough
        weight to have active nodes at all is the registry's to say.
        """
        latest: dict[Address, WeightChange] = {}
        for change in changes:
            before = latest.get(change.node)
            newer = before is None or change.from_epoch >= before.from_epoch
            if newer and change.from_epoch <= epoch:
                latest[change.node] = change
        return cls.of((node, change.weight) for node, change in latest.items() if change.weight)

    @property
    def words(self) -> tuple[int, ...]:
        """The list as the contracts take it."""
        return tuple(node_number(node) << WEIGHT_BITS | weight for node, weight in self.entries)

    @property
    def hash(self) -> Digest:
        """What a checkpoint names as ``stakeHash``."""
        return encoding.stake_hash(self.words)

    @property
    def total(self) -> Weight:
        """What a checkpoint names as ``stakeTotal``: the sum of all weights."""
        return Weight(sum(weight for _, weight in self.entries))

    @property
    def nodes(self) -> tuple[Address, ...]:
        """The nodes in the list's order."""
        return tuple(node for node, _ in self.entries)

    def weight_of(self, node: Address) -> Weight:
        """What ``node`` weighs; zero when it is not in the list."""
        return dict(self.entries).get(node, Weight(0))

    def __len__(self) -> int:
        return len(self.entries)

    def to_json(self) -> str:
        """The canonical text: hash, total and entries."""
        return dumps(
            {
                "stakeHash": hexed(self.hash),
                "stakeTotal": str(self.total),
                "entries": [{"node": node, "weight": str(weight)} for node, weight in self.entries],
            }
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> StakeDistribution:
        """The distribution in ``text``, whose hash and total must be its own.

        Raises :class:`~chainboy.errors.EncodingError` unless the text is canonical.
        """
        return parse(text, cls._read, cls.to_json)

    @classmethod
    def _read(cls, fields: Fields) -> StakeDistribution:
        entries = fields.field_list("entries")
        return cls(tuple((each.address("node"), Weight(each.integer("weight"))) for each in entries))
