"""Nodes that see different numbers: the tolerance of a median makes one answer of them, and nobody fails."""

from __future__ import annotations

from functools import partial
from typing import Any

import attrs
import pytest

from chainboy.errors import NoConsensus
from chainboy.node.runner import Node
from chainboy.programs import Metadata, Program
from chainboy.sources import Entry, Reading
from chainboy.testing import LocalNetwork
from chainboy.testing.network import NodeFactory

PRICE = 10**16

SPOT = Program(
    b"""# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 n"]
# outputs = ["int256"]
# [sources.spot]
# url = "https://spot.example/{n}"
# pick = "$"
# ///
from chainboy import values

def main(n):
    return values["spot"] * n
"""
)


@attrs.frozen
class Seen:
    """A reader to which the web says one thing, or nothing."""

    value: int | None

    def read(self, metadata: Metadata, data: bytes) -> Reading:
        """The one source of the program above."""
        (name,) = metadata.sources
        url = f"https://spot.example/{int.from_bytes(data)}"
        entry = Entry(name=name, url=url, at=1, seconds=0.0, value=self.value)
        if self.value is None:
            return Reading(values={}, transcript=(entry,), failures=("it is down",))
        return Reading(values={name: self.value}, transcript=(entry,))


def seeing(value: int | None) -> NodeFactory:
    """The usual node, with a web of its own."""

    def make(**parts: Any) -> Node:
        return Node.compose(**{**parts, "sources": Seen(value)})

    return make


def network_of(*values: int | None) -> LocalNetwork:
    """Nodes of equal weight, each of which sees one of the values."""
    factories = dict(enumerate(map(seeing, values)))
    return LocalNetwork([100] * len(values), factories=factories, sources=Seen(1_000_000))


def test_small_differences_are_within_the_tolerance() -> None:
    """The median of all counts; who is far off is outvoted, who saw nothing abstains; each wrote it down."""
    with network_of(1_000_000, 1_000_900, 999_500, 2_000_000, None) as network:
        task = network.client().submit(SPOT, 3, price=PRICE, mode="median", tolerance_bps=20)
        result = task.result(timeout=60)
        assert (result.value, result.agreeing_weight, result.total_weight) == (3_000_000, 300, 500)
        seen = [[entry.value for (entry,) in node.readings(task.id)] for node in network.nodes]
        assert seen[:4] == [[1_000_000], [1_000_900], [999_500], [2_000_000]]
        assert seen[4]
        assert set(seen[4]) == {None}


def test_an_exact_answer_needs_equal_numbers() -> None:
    """The same differences are no consensus in EXACT mode, and the money comes back."""
    with network_of(1_000_000, 1_000_001) as network:
        client = network.client()
        with pytest.raises(NoConsensus):
            client.submit(SPOT, 3, price=PRICE).result(timeout=60)
        network.wait_until(partial(credited, client))


def credited(client: Any) -> bool:
    """Whether the price is back."""
    return bool(client.credit() == PRICE)
