"""What changed from one distribution of stake to another.

Rule: protocol, section 10. A remote's nodes, its relayers and its monitors tell from it who joined and left.
"""

from __future__ import annotations

import attrs

from chainboy.consensus.distribution import StakeDistribution, node_number
from chainboy.consensus.stake import NO_WEIGHT
from chainboy.errors import EncodingError
from chainboy.units import Address, Weight


@attrs.frozen
class Change:
    """One node's weight before and after; zero: it was not, or is not, in the list."""

    node: Address
    before: Weight
    after: Weight


@attrs.frozen
class StakeDifference:
    """The nodes whose weights differ, ascending."""

    changes: tuple[Change, ...]

    @classmethod
    def between(cls, old: StakeDistribution, new: StakeDistribution) -> StakeDifference:
        """What turns ``old`` into ``new``."""
        before, after = dict(old.entries), dict(new.entries)
        changes = (
            Change(node, before.get(node, NO_WEIGHT), after.get(node, NO_WEIGHT))
            for node in sorted(before | after, key=node_number)
        )
        return cls(tuple(change for change in changes if change.before != change.after))

    @property
    def joined(self) -> tuple[Change, ...]:
        """Who was not in the old list."""
        return tuple(change for change in self.changes if not change.before)

    @property
    def left(self) -> tuple[Change, ...]:
        """Who is not in the new list."""
        return tuple(change for change in self.changes if not change.after)

    @property
    def changed(self) -> tuple[Change, ...]:
        """Who is in both lists."""
        return tuple(change for change in self.changes if change.before and change.after)

    def apply(self, old: StakeDistribution) -> StakeDistribution:
        """The new distribution.

        Raises :class:`~chainboy.errors.EncodingError` when a node of this difference had another weight.
        """
        weights = dict(old.entries)
        for change in self.changes:
            if weights.get(change.node, NO_WEIGHT) != change.before:
                raise EncodingError(f"{change.node} did not weigh {change.before}; give the old list")
            weights[change.node] = change.after
        return StakeDistribution.of((node, weight) for node, weight in weights.items() if weight)
