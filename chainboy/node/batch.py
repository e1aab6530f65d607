"""What a round of work asks the hub for: the same duty for several tasks becomes one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import attrs

from chainboy.chain.call import Call
from chainboy.chain.question import Answer
from chainboy.node.book import Errand
from chainboy.node.machine import Duty

MOST = 16
"""Calls in a transaction: with the longest outcomes, too, they fit the smallest block."""


@attrs.frozen
class Asked:
    """A call, what it is for, and what it takes to send it alone, if that was asked already."""

    errand: Errand
    call: Call
    prepared: Answer | None = None


@attrs.define
class Batch:
    """Gathers calls, and knows which transactions carry them; it sends nothing itself.

    A call is told from others by its data, which a node that was started again finds in its journal.
    """

    _waiting: defaultdict[Duty, dict[bytes, Asked]] = attrs.field(
        factory=lambda: defaultdict(dict), init=False
    )
    _carriers: dict[bytes, Errand] = attrs.field(factory=dict, init=False)

    def add(self, asked: Asked) -> bool:
        """Gather it; ``False``: it waits already."""
        waiting = self._waiting[asked.errand.duty]
        known = asked.call.data in waiting
        waiting[asked.call.data] = asked
        return not known

    def take(self) -> Iterator[Sequence[Asked]]:
        """What was gathered, in groups of one duty; nothing of it waits any more."""
        waiting, self._waiting = self._waiting, defaultdict(dict)
        for each in waiting.values():
            rest = iter(each.values())
            while group := tuple(islice(rest, MOST)):
                yield group

    def aboard(self, label: Errand, calls: Iterable[bytes]) -> None:
        """The transaction of this label carries calls with these data."""
        self._carriers.update(dict.fromkeys(calls, label))

    def carrier(self, asked: Asked) -> Errand:
        """The label of the transaction that carries it, if one does; else its own."""
        return self._carriers.get(asked.call.data, asked.errand)

    def keep(self, under_way: Callable[[Errand], bool]) -> None:
        """Forget transactions that are no longer under way."""
        self._carriers = {data: label for data, label in self._carriers.items() if under_way(label)}
