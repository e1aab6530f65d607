# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["(string,string)[] needs"]
# outputs = ["string[]", "uint16"]
# ///
"""The order in which to build things that need each other: the first by name of all orders that work.

Each pair says that the first thing needs the second. The number is that of rounds if all that is ready were
built at once. Things that need each other in a circle raise ``CycleError``.
"""

from __future__ import annotations

import heapq
from graphlib import TopologicalSorter


def main(needs: list[tuple[str, str]]) -> tuple[list[str], int]:
    return in_order(sorter(needs)), rounds(sorter(needs))


def sorter(needs: list[tuple[str, str]]) -> TopologicalSorter[str]:
    graph: TopologicalSorter[str] = TopologicalSorter()
    for thing, needed in needs:
        graph.add(thing, needed)
    graph.prepare()
    return graph


def in_order(graph: TopologicalSorter[str]) -> list[str]:
    """One by one, the first by name of what is ready."""
    ready: list[str] = []
    order = []
    while graph.is_active():
        for thing in graph.get_ready():
            heapq.heappush(ready, thing)
        order.append(heapq.heappop(ready))
        graph.done(order[-1])
    return order


def rounds(graph: TopologicalSorter[str]) -> int:
    """How often all that is ready can be built."""
    count = 0
    while graph.is_active():
        graph.done(*graph.get_ready())
        count += 1
    return count
